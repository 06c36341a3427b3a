import type { Measurement } from "./report.ts";

/** Figures that are measured together: a section of docs/benchmarks.md. */
export interface Group {
  readonly title: string;
  /** Loads what it needs only when it is measured: some start a platform, some only read a fixture. */
  measure(progress: (line: string) => void): Promise<Measurement[]>;
}

/** In the order of the page, by the name that `ONLY=` takes. */
export const groups: Readonly<Record<string, Group>> = {
  series: {
    title: "Series",
    measure: async () => (await import("./series.ts")).seriesBudget(),
  },
  platform: {
    title: "The embedded platform",
    measure: async () => await (await import("./platform.ts")).platformUp(),
  },
  engine: {
    title: "The engine",
    measure: async (progress) => await (await import("./preview.ts")).previewOnPlatform(progress),
  },
  growth: {
    title: "The engine and the size of the fleet",
    measure: async (progress) => await (await import("./preview-growth.ts")).growthOfPreview(progress),
  },
  review: {
    title: "Render and review",
    measure: async () => await (await import("./review.ts")).costOfReview(),
  },
  rules: {
    title: "Rules and dashboards at 1,000 replicas",
    measure: async (progress) => await (await import("./rules.ts")).costOfRules(progress),
  },
  storage: {
    title: "Remote write and history at 1,000 replicas",
    measure: async (progress) => await (await import("./storage.ts")).costOfStorage(progress),
  },
  tests: {
    title: "Tests",
    measure: async () => await (await import("./tests.ts")).costOfTests(),
  },
};
