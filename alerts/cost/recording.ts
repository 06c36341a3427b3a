/** What nodes, models and idle GPUs cost, from a table of prices per node group. */
import { kube } from "../../metrics/kubernetes/index.ts";
import {
  add,
  by,
  count,
  div,
  group,
  gt,
  labelReplace,
  mul,
  not,
  on,
  recorded,
  sum,
  vector,
  withUnit,
  type RecordedSeries,
} from "../../metrics/promql/index.ts";
import { deviceInfo, gpusByNode } from "../gpu/recording.ts";
import { byModel } from "../vllm/recording.ts";

/** US dollars per hour of one node, by the name of its group (label vllm-monitoring/node-group). */
export type NodeGroupPrices = Readonly<Record<string, number>>;

/** A series for each price. */
export function priceTable(prices: NodeGroupPrices): RecordedSeries<"gauge", "node_group">[] {
  return Object.entries(prices)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([node_group, dollars]) =>
      recorded("node_group:price_dollars_per_hour:table", withUnit(vector(dollars), "dollars/hour"), {
        labels: { node_group },
      }),
    ) as unknown as RecordedSeries<"gauge", "node_group">[];
}

const [table] = priceTable({ any: 0 });
if (table === undefined) throw new Error("no price");

const grouped = group(
  labelReplace(kube.nodeLabels.where({ label_vllm_monitoring_node_group: not("") }), {
    target: "node_group",
    source: "label_vllm_monitoring_node_group",
  }),
  by("node", "node_group"),
);
const nodePrice = recorded(
  "node:price_dollars_per_hour:sum",
  mul(grouped, table, on("node_group").groupLeft()),
);

/** A GPU's share of its node. */
const gpuPrice = recorded(
  "node:gpu_price_dollars_per_hour:ratio",
  withUnit(div(nodePrice, gpusByNode.gpus, on("node")), "ratio"),
);

const holders = deviceInfo.where({ model_name: not("") });
const ofModel = by("namespace", "model_name", "team", "owner");
const ofModelOnNode = by("namespace", "model_name", "team", "owner", "node");
const gpusOfModel = count(
  group(holders, by("namespace", "model_name", "team", "owner", "node", "UUID")),
  ofModelOnNode,
);
const modelCost = recorded(
  "model:cost_dollars_per_hour:sum",
  withUnit(sum(mul(gpusOfModel, gpuPrice, on("node").groupLeft()), ofModel), "dollars"),
);

/** Dollars per hour and tokens per second make dollars per million tokens. */
const MILLION_TOKENS = 1e6 / 3600;
const perMillion = (tokens: typeof allTokens) =>
  withUnit(
    div(mul(modelCost, MILLION_TOKENS), gt(tokens, 0), on("namespace", "model_name", "team", "owner")),
    "dollars",
  );

const allTokens = add(byModel.promptTokens, byModel.generationTokens);

/** Per node and model. A GPU that two models share counts as a whole for each. */
export const costs = {
  nodePrice,
  gpuPrice,
  idle: recorded(
    "node:idle_gpu_cost_dollars_per_hour:sum",
    withUnit(mul(gpusByNode.idle, gpuPrice, on("node")), "dollars"),
  ),
  modelCost,
  perMillionGenerated: recorded(
    "model:dollars_per_million_generated_tokens:ratio",
    perMillion(byModel.generationTokens),
  ),
  perMillion: recorded("model:dollars_per_million_tokens:ratio", perMillion(allTokens)),
} as const;
