/** What engines expose only with a feature, and the processes around them. */
import { engine } from "../../metrics/engine/index.ts";
import { by, div, gt, max, not, rate, sum } from "../../metrics/promql/index.ts";
import { vllm } from "../../metrics/vllm/index.ts";
import type { BoardDefinition, BoardTools, Section } from "../board.ts";
import { cachePanels } from "./engine-cache.ts";
import { connectorPanels } from "./engine-connectors.ts";
import { offloadingPanels, simpleOffloadingPanels } from "./engine-offloading.ts";
import { own, perName, WINDOW } from "./engine-series.ts";
import { share, toModel } from "./models.ts";

/** Features of the engine. */
export const engineBoard: BoardDefinition = {
  name: "engine",
  title: "vLLM / Engine features",
  description:
    "Speculative decoding, LoRA, KV transfer and offloading, sleep, and the server process. Panels of features that are off say so.",
  variables: ["cluster", "namespace", "model_name", "pod", "node"],
  kind: "scraped",
  listed: {
    name: vllm.generationTokens.name,
    labels: [...vllm.generationTokens.labels, "namespace", "pod", "node"],
  },
  from: "now-1h",
  sections: (tools): Section[] => [
    { title: "Speculative decoding: does it pay?", panels: speculation(tools) },
    { title: "LoRA and multimodal: what is loaded?", panels: adapters(tools) },
    { title: "KV cache: does it hold what is used?", panels: cachePanels(tools) },
    { title: "KV transfer: does it keep up?", panels: connectorPanels(tools) },
    {
      title: "KV cache in the host: does it pay?",
      panels: [...offloadingPanels(tools), ...simpleOffloadingPanels(tools)],
    },
    { title: "Engine: what else?", panels: others(tools) },
  ],
};

function speculation({ panels, choose }: BoardTools) {
  const condition = "speculative decoding";
  const accepted = sum(rate(choose(engine.specDecodeNumAcceptedTokens.where(own)), WINDOW), perName);
  const drafted = sum(rate(choose(engine.specDecodeNumDraftTokens.where(own)), WINDOW), perName);
  const drafts = sum(rate(choose(engine.specDecodeNumDrafts.where(own)), WINDOW), perName);
  const position = by("model_name", "position");
  return [
    panels.lines({
      title: "Accepted draft tokens",
      description: "Share of drafted tokens that the model accepts. Low: drafting costs more than it saves.",
      condition,
      max: 1,
      drill: toModel,
      queries: [{ expr: share(accepted, drafted), legend: "{{model_name}}" }],
    }),
    panels.lines({
      title: "Accepted tokens per draft",
      description: "Tokens that one step yields beyond its own.",
      condition,
      unit: "tokens",
      drill: toModel,
      queries: [{ expr: div(accepted, gt(drafts, 0)), legend: "{{model_name}}" }],
    }),
    panels.lines({
      title: "Accepted by position",
      description:
        "Drafted tokens accepted per second by their place in the draft: where acceptance falls off, drafts are too long.",
      condition,
      queries: [
        {
          expr: sum(rate(choose(engine.specDecodeNumAcceptedTokensPerPos.where(own)), WINDOW), position),
          legend: "{{model_name}} {{position}}",
        },
      ],
    }),
  ];
}

function adapters({ panels, choose }: BoardTools) {
  const hits = sum(rate(choose(engine.mmCacheHits.where(own)), WINDOW), perName);
  const queries = sum(rate(choose(engine.mmCacheQueries.where(own)), WINDOW), perName);
  return [
    panels.bars({
      title: "LoRA adapters, last seen running",
      description: "Combinations of adapters in the running batch, and when they last were.",
      condition: "LoRA",
      unit: "timestamp",
      queries: [
        {
          expr: max(choose(engine.loraRequestsInfo), by("pod", "running_lora_adapters")),
          legend: "{{pod}} {{running_lora_adapters}}",
        },
      ],
    }),
    panels.lines({
      title: "Multimodal cache hit rate",
      description: "Share of images and the like that the processor found in its cache.",
      condition: "a multimodal model",
      max: 1,
      drill: toModel,
      queries: [{ expr: share(hits, queries), legend: "{{model_name}}" }],
    }),
    panels.lines({
      title: "Tool calls parsed",
      description:
        "Outputs in which the parser looked for tool calls, by outcome; a stream counts once per piece.",
      condition: "a tool call parser",
      stacked: true,
      queries: [
        {
          expr: sum(rate(choose(engine.toolCallParserInvocations.where(own)), WINDOW), by("outcome")),
          legend: "{{outcome}}",
        },
      ],
    }),
  ];
}

function others(tools: BoardTools) {
  const { panels, choose } = tools;
  const preempted = sum(rate(choose(engine.requestNumPreemptions.bucket.where(own)), WINDOW), by("le"));
  const asked = sum(rate(choose(engine.requestParamsMaxTokens.bucket.where(own)), WINDOW), by("le"));
  const computed = sum(
    rate(choose(engine.requestPrefillKvComputedTokens.bucket.where(own)), WINDOW),
    by("le"),
  );
  return [
    panels.distribution({
      title: "Preemptions of a request",
      description:
        "How many requests per second were preempted how often; up to 1 are those that never were, too.",
      query: preempted,
      observed: "events",
    }),
    panels.distribution({
      title: "max_tokens asked for",
      description: "How many requests per second allow an answer of how many tokens.",
      query: asked,
      observed: "tokens",
    }),
    panels.distribution({
      title: "Prompt tokens computed",
      description: "Tokens of a prompt that no cache held.",
      query: computed,
      observed: "tokens",
    }),
    panels.lines({
      title: "Estimated work of a GPU",
      description: "Floating point operations per second and GPU, estimated from the model's shape.",
      condition: "--enable-mfu-metrics",
      drill: toModel,
      queries: [
        {
          expr: sum(rate(choose(engine.estimatedFlops.where(own)), WINDOW), perName),
          legend: "{{model_name}}",
        },
      ],
    }),
    panels.lines({
      title: "Asleep",
      description: "Engines whose weights are offloaded or dropped.",
      queries: [
        {
          expr: sum(
            choose(
              engine.engineSleepState.where({ ...own, sleep_state: ["weights_offloaded", "discard_all"] }),
            ),
            by("model_name", "sleep_state"),
          ),
          legend: "{{model_name}} {{sleep_state}}",
        },
      ],
      unit: "engines",
    }),
    panels.lines({
      title: "Sleep, wake and weight updates, mean",
      description: "How long an operation takes.",
      condition: "sleep mode, or weights that are updated",
      unit: "seconds",
      queries: [
        { expr: sleeping(tools), legend: "{{operation}}" },
        { expr: updating(tools), legend: "weights: {{operation}}" },
      ],
    }),
    panels.lines({
      title: "Corrupted requests",
      description: "Requests per second whose logits held NaN.",
      condition: "VLLM_COMPUTE_NANS_IN_LOGITS",
      drill: toModel,
      queries: [
        {
          expr: sum(rate(choose(engine.corruptedRequests.where(own)), WINDOW), perName),
          legend: "{{model_name}}",
        },
      ],
    }),
  ];
}

const operation = by("operation");
/** Which a model's server counts, without the model's name. */
const ofModel = { model: not("") } as const;

const sleeping = ({ choose }: BoardTools) => {
  const duration = engine.sleepModeOperationDuration.where(ofModel);
  return share(
    sum(rate(choose(duration.sum), WINDOW), operation),
    sum(rate(choose(duration.count), WINDOW), operation),
  );
};

const updating = ({ choose }: BoardTools) => {
  const duration = engine.weightUpdateOperationDuration.where(ofModel);
  return share(
    sum(rate(choose(duration.sum), WINDOW), operation),
    sum(rate(choose(duration.count), WINDOW), operation),
  );
};
