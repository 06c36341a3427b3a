import type { MetricFamily } from "../family.ts";
import type { Product } from "../products.ts";
import type { Context } from "./context.ts";

/** A catalogue with what scraping adds to it. */
export interface Source {
  /** The program whose version decides what exists. */
  readonly product: Product;
  /** Labels that Prometheus or its relabelling puts on every series of the source's targets. */
  readonly targetLabels: readonly string[];
  /** Labels of the families that the monitor drops: no query may ask for them. */
  readonly droppedLabels?: readonly string[];
  /**
   * The family's name under a context, without the suffixes of histograms.
   * @throws PromqlError when the family does not exist there at all.
   */
  readonly nameOf: (family: MetricFamily, context: Context) => string;
}
