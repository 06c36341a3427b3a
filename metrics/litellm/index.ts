import type { Catalogue } from "../family.ts";
import { defineSeries } from "../promql/series.ts";
import { podTargetLabels } from "../targets.ts";
import { budgets } from "./budgets.ts";
import { deployments } from "./deployments.ts";
import { extras } from "./extras.ts";
import { limits } from "./limits.ts";
import { requests } from "./requests.ts";
import { services } from "./services.ts";
import { tokens } from "./tokens.ts";

export { latencyBuckets } from "./labels.ts";

/**
 * Families of a LiteLLM proxy, with the labels of its default settings: compared with the real package. Settings add labels
 * (stream, rate_limit_category, input_sequence_length, tags and metadata) or leave some out (`include_labels`).
 *
 * With several workers every gauge without a multiprocess mode has a series per worker (`pid`).
 */
export const litellm = {
  ...requests,
  ...deployments,
  ...tokens,
  ...budgets,
  ...limits,
  ...extras,
  ...services,
} as const satisfies Catalogue;

/**
 * Series of the gateway. Its monitor must not add `team` or `model`: the metrics have labels of these names, which would be
 * renamed to `exported_team` and `exported_model`.
 */
export const gateway = defineSeries(
  { product: "litellm", targetLabels: podTargetLabels, nameOf: ({ name }) => name },
  litellm,
);
