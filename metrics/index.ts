/**
 * The catalogues of metric families, and what they are made of. The typed series and the query builder are modules of
 * their own: `metrics/engine`, `metrics/kubernetes`, …, and `metrics/promql`.
 */
export { catalogues, type CatalogueEntry } from "./catalogues.ts";
export * from "./family.ts";
export { measuredVersions, type Product } from "./products.ts";
export * from "./targets.ts";
