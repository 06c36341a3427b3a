/** What models cost: series that alerts/cost records from the prices of the node groups. */
import { costs } from "../../alerts/cost/recording.ts";
import { byModel } from "../../alerts/vllm/recording.ts";
import { add, div, gt, mul, sum, withUnit, type Vector } from "../../metrics/promql/index.ts";
import type { Choose } from "../choice.ts";
import { inTotal } from "./models.ts";

/** What costs need. */
export const COST = "prices of the node groups, kube-state-metrics and the DCGM exporter";

/** Dollars per hour and tokens per second make dollars per million tokens. */
const MILLION_TOKENS = 1e6 / 3600;

/** Dollars per million tokens of all chosen models together. */
export function dollarsPerMillion(choose: Choose): Vector<"quotient", never> {
  const tokens = add(inTotal(choose, byModel.promptTokens), inTotal(choose, byModel.generationTokens));
  const dollars = mul(sum(choose(costs.modelCost)), MILLION_TOKENS);
  return withUnit(div(dollars, gt(tokens, 0)), "dollars");
}
