import { customBucketsOf, objectiveProblems } from "../../alerts/slo/objectives.ts";
import { findReservedFlag } from "../../components/vllm/reserved-flags.ts";
import { duplicates, type Finding } from "./findings.ts";
import type { ModelSettings } from "./model.ts";
import type { GpuKind, NodeGroupSettings } from "./node-groups.ts";
import { gpusPerPod, mostReplicas, podsPerReplica } from "./replicas.ts";
import { suggestion, type Path } from "./problems.ts";
import type { Element, View } from "./view.ts";

/** Checks of the models, each alone, against each other, and against the node groups. */
export function fleetChecks(view: View): Finding[] {
  const groups = view.complete.nodeGroups ? view.nodeGroups.map(({ value }) => value) : undefined;
  return [
    ...duplicates(view.names.models, "model"),
    ...servedNameChecks(view),
    ...view.models.flatMap(({ path, value }) => [
      ...parallelismChecks(path, value),
      ...adapterChecks(path, value),
      ...argumentChecks(path, value),
      ...objectiveChecks(path, value),
      ...rayChecks(path, value),
      ...(groups === undefined ? [] : placementChecks(path, value, groups)),
    ]),
    ...(groups === undefined || !view.complete.models ? [] : capacityChecks(view.models, groups)),
  ];
}

/** Two models under one served name would share every series and every SLO. */
function servedNameChecks({ models }: View): Finding[] {
  return duplicates(
    models.map(({ path, value }) => ({ path: [...path, "servedModelName"], value: value.servedModelName })),
    "model",
  );
}

function parallelismChecks(path: Path, model: ModelSettings): Finding[] {
  const { tensorParallelSize: tensor, pipelineParallelSize: pipeline, dataParallelSize: data, gpu } = model;
  const findings: Finding[] = [];
  if (tensor * pipeline * data !== gpu.count)
    findings.push({
      path: [...path, "gpu", "count"],
      got: String(gpu.count),
      expected: `${String(tensor * pipeline * data)} = tensor ${String(tensor)} × pipeline ${String(pipeline)} × data parallel size ${String(data)}`,
      remedy: "correct the count or the parallel sizes",
    });
  if (!Number.isSafeInteger(gpu.count / model.nodes))
    findings.push({
      path: [...path, "nodes"],
      got: String(model.nodes),
      expected: `a number that divides gpu.count (${String(gpu.count)}) evenly`,
      remedy: "correct it, or leave it out for a replica on one node",
    });
  return findings;
}

function adapterChecks(path: Path, model: ModelSettings): Finding[] {
  const names = model.loraAdapters.map((adapter, index) => ({
    path: [...path, "loraAdapters", index, "name"],
    value: adapter.name,
  }));
  const findings = duplicates(names, "LoRA adapter of the model");
  for (const { path: at, value } of names.filter(({ value }) => value === model.servedModelName))
    findings.push({
      path: at,
      got: JSON.stringify(value),
      expected: "a name other than the model's servedModelName: requests could not tell them apart",
      remedy: "rename the adapter",
    });
  return findings;
}

/** Fields of this schema that stand for an argument, where the component calls them otherwise. */
const fieldOfArgument: Record<string, string> = {
  "--model": "source",
  "--revision": "source.revision",
  "--hf-token": "source.tokenFromSecret",
  "--served-model-name": "servedModelName",
  "--max-model-len": "maxModelLength",
  "--quantization": "quantization",
  "--kv-cache-dtype": "kvCacheDtype",
  "--gpu-memory-utilization": "gpuMemoryUtilization",
  "--enable-lora": "loraAdapters",
  "--lora-modules": "loraAdapters",
  "--max-lora-rank": "maxLoraRank",
  "--tensor-parallel-size": "tensorParallelSize",
  "--pipeline-parallel-size": "pipelineParallelSize",
  "--data-parallel-size": "dataParallelSize",
  "--api-server-count": "apiServerCount",
  "--max-num-seqs": "maxNumSeqs",
};

function argumentChecks(path: Path, model: ModelSettings): Finding[] {
  const seen = new Set<string>();
  return model.extraArguments.flatMap((argument, index): Finding[] => {
    // The value is left out of every message: it may be a credential.
    const name = argument.split("=", 1)[0] ?? argument;
    const finding = { path: [...path, "extraArguments", index], got: name };
    const reserved = findReservedFlag(argument);
    if (reserved !== undefined) {
      const field = fieldOfArgument[name];
      const remedy = field === undefined ? reserved.remedy : `use the field ${field}`;
      return [{ ...finding, expected: `no ${name}: it ${reserved.reason}`, remedy }];
    }
    if (seen.has(name))
      return [{ ...finding, expected: "each argument once", remedy: "remove one of the two" }];
    seen.add(name);
    return [];
  });
}

/** What only vLLM's own server knows. The rest is for the component to refuse. */
function rayChecks(
  path: Path,
  { engine, loraAdapters, apiServerCount, autoscaling, nodes, replicas }: ModelSettings,
): Finding[] {
  if (engine.kind !== "ray") return [];
  const findings: Finding[] = [];
  const refuse = (field: Path, got: string, expected: string, remedy: string) => {
    findings.push({ path: [...path, ...field], got, expected, remedy });
  };
  if (loraAdapters.length > 0)
    refuse(
      ["loraAdapters"],
      `${String(loraAdapters.length)} adapters`,
      "no adapters that are loaded at start, which Ray can't",
      "put them into an object store and set engine.loraDirectory",
    );
  if (autoscaling !== undefined)
    refuse(
      ["autoscaling"],
      autoscaling.scaler,
      "no autoscaler of pods: Ray Serve scales by itself",
      "remove it and set engine.maxReplicas",
    );
  if (nodes > 1) refuse(["nodes"], String(nodes), "1 with Ray", 'set engine.placement to "pod-per-stage"');
  if (apiServerCount !== undefined)
    refuse(
      ["apiServerCount"],
      String(apiServerCount),
      "no such field with Ray, which has front ends of its own",
      "remove it",
    );
  if (engine.maxReplicas !== undefined && engine.maxReplicas < replicas)
    refuse(
      ["engine", "maxReplicas"],
      String(engine.maxReplicas),
      `at least replicas (${String(replicas)})`,
      "raise it, or leave it out for a fixed number",
    );
  return findings;
}

/** Objectives that nothing would measure, or whose alerts could never fire. */
function objectiveChecks(path: Path, model: ModelSettings): Finding[] {
  return objectiveProblems(model.slos, customBucketsOf(model.extraArguments)).map(
    ({ path: field, value, expected, remedy }) => ({
      path: [...path, "slos", ...field],
      got: String(value),
      expected,
      remedy,
    }),
  );
}

function placementChecks(path: Path, model: ModelSettings, groups: NodeGroupSettings[]): Finding[] {
  const kinds = [...new Set(groups.flatMap((group) => group.gpu?.kind ?? []))];
  const ofKind = groups.filter((group) => group.gpu?.kind === model.gpu.kind);
  if (ofKind.length === 0) {
    const near = suggestion(model.gpu.kind, kinds);
    return [
      {
        path: [...path, "gpu", "kind"],
        got: JSON.stringify(model.gpu.kind),
        expected: `a kind of GPU that a node group provides: ${kinds.length === 0 ? "there is none" : kinds.join(", ")}`,
        remedy:
          near === undefined
            ? `add a node group with gpu.kind ${model.gpu.kind}`
            : `did you mean ${near}? Or add a node group`,
      },
    ];
  }
  const largest = Math.max(...ofKind.map((group) => group.gpu?.count ?? 0));
  const pods = podsPerReplica(model);
  if (gpusPerPod(model) > largest)
    return [
      {
        path: [...path, "gpu", "count"],
        got: String(model.gpu.count),
        expected: `at most ${String(largest * pods)}, the GPUs of ${pods === 1 ? "the largest" : `${String(pods)} of the largest`} ${model.gpu.kind} node${pods === 1 ? ": a replica runs on one node" : "s"}`,
        remedy: "use smaller parallel sizes, larger nodes, or more nodes for a replica (nodes)",
      },
    ];
  const places = placesOn(model, ofKind);
  if (mostReplicas(model) > places)
    return [
      {
        path: [...path, ...fieldOfMost(model)],
        got: String(mostReplicas(model)),
        expected: `at most ${String(places)}: so many replicas with ${String(model.gpu.count)} ${model.gpu.kind} GPUs fit on the node groups at their maxSize`,
        remedy: `raise maxSize of ${ofKind.map((group) => group.name).join(" or ")}, or lower the replicas`,
      },
    ];
  return [];
}

/** Field that says how many replicas there are at most. */
function fieldOfMost({ autoscaling, engine }: ModelSettings): Path {
  if (engine.kind === "ray" && engine.maxReplicas !== undefined) return ["engine", "maxReplicas"];
  return autoscaling === undefined ? ["replicas"] : ["autoscaling", "maxReplicas"];
}

/** Replicas that fit on the groups at their greatest size. A replica of several nodes takes them of one group, except under Ray. */
function placesOn(model: ModelSettings, groups: NodeGroupSettings[]): number {
  const perReplica = podsPerReplica(model);
  const pods = groups.map(({ maxSize, gpu }) => maxSize * Math.floor((gpu?.count ?? 0) / gpusPerPod(model)));
  if (model.engine.kind === "ray") return Math.floor(sum(pods) / perReplica);
  return sum(pods.map((count) => Math.floor(count / perReplica)));
}

/** The fleet as a whole against the node groups' maximum, kind by kind. */
function capacityChecks(models: Element<ModelSettings>[], groups: NodeGroupSettings[]): Finding[] {
  const kinds = [...new Set(models.map(({ value }) => value.gpu.kind))];
  return kinds.flatMap((kind): Finding[] => {
    const ofKind = models.filter(({ value }) => value.gpu.kind === kind);
    const wanted = sum(ofKind.map(({ value }) => mostReplicas(value) * value.gpu.count));
    const there = capacityOf(kind, groups);
    // A model that alone exceeds the capacity is reported by itself, with its own path.
    const isReported = ofKind.some(
      ({ value }) =>
        mostReplicas(value) >
        placesOn(
          value,
          groups.filter((group) => group.gpu?.kind === kind),
        ),
    );
    if (wanted <= there || isReported) return [];
    return [
      {
        path: ["fleet", "models"],
        got: `${String(wanted)} ${kind} GPUs (${ofKind.map(({ value }) => `${value.name} ${String(mostReplicas(value))} × ${String(value.gpu.count)}`).join(", ")})`,
        expected: `at most ${String(there)}, what the node groups provide at their maxSize`,
        remedy: `raise maxSize of a node group with ${kind} GPUs, or lower replicas`,
      },
    ];
  });
}

function capacityOf(kind: GpuKind, groups: NodeGroupSettings[]): number {
  return sum(
    groups
      .filter((group) => group.gpu?.kind === kind)
      .map((group) => group.maxSize * (group.gpu?.count ?? 0)),
  );
}

function sum(numbers: number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
