import { compareVersions } from "../family.ts";
import { measuredVersions, type Product } from "../products.ts";
import { PromqlError } from "./error.ts";
import type { BoundOptions } from "./le.ts";

/** How vLLM's own metrics are spelled: as vLLM serves them, as Ray exports them, or as KServe's monitors rename them. */
export const EngineSpelling = { vllm: "vllm", ray: "ray", kserve: "kserve" } as const;
export type EngineSpelling = (typeof EngineSpelling)[keyof typeof EngineSpelling];

/** One version, or the oldest and the newest that run side by side. */
export type VersionRange = string | { readonly from: string; readonly to: string };

/** Where a query will run; one definition is printed for each. */
export interface ContextOptions extends BoundOptions {
  /** Default: as vLLM serves them. */
  readonly engine?: EngineSpelling;
  /** Versions of the programs; default: those that the catalogue was compared with. */
  readonly versions?: Partial<Readonly<Record<Product, VersionRange>>>;
  /** Seconds between two samples; windows that hold fewer than two are refused. Default: not checked. */
  readonly scrapeInterval?: number;
  /**
   * What becomes of external labels (`cluster`, …), which a Prometheus gives to what it sends away but not to what it
   * answers itself: `refuse` them (rules), `keep` them (queries to Thanos or Mimir), or `drop` conditions on and groupings
   * by them (the same panel on a single Prometheus). Default: `refuse`.
   */
  readonly externalLabels?: "refuse" | "keep" | "drop";
}

/** {@link ContextOptions} with everything filled in. */
export interface Context extends BoundOptions {
  readonly engine: EngineSpelling;
  readonly versions: Readonly<Record<Product, { readonly from: string; readonly to: string }>>;
  readonly scrapeInterval?: number;
  readonly externalLabels: "refuse" | "keep" | "drop";
}

/**
 * Checks options and fills in defaults.
 * @throws PromqlError for a version that isn't one, or a range that ends before it starts.
 */
export function contextOf(options: ContextOptions = {}): Context {
  const products = Object.keys(measuredVersions) as Product[];
  const versions = Object.fromEntries(
    products.map((product) => [product, rangeOf(product, options.versions?.[product])]),
  ) as Record<Product, { from: string; to: string }>;
  return {
    ...options,
    engine: options.engine ?? EngineSpelling.vllm,
    versions,
    externalLabels: options.externalLabels ?? "refuse",
  };
}

function rangeOf(product: Product, range: VersionRange | undefined): { from: string; to: string } {
  const { from, to } =
    typeof range === "object"
      ? range
      : { from: range ?? measuredVersions[product], to: range ?? measuredVersions[product] };
  let order: number;
  try {
    order = compareVersions(from, to);
  } catch (error) {
    throw new PromqlError(`versions.${product}: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (order > 0) {
    throw new PromqlError(`versions.${product} runs from ${from} to ${to}; swap them`);
  }
  return { from, to };
}
