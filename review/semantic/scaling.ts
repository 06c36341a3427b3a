/** Between which numbers of replicas autoscalers keep a model. */

import { isKubernetes, kindOf, parseYaml } from "../model/documents.ts";
import { at, textOf, type Json } from "../model/json.ts";
import type { ResourceRecord } from "../model/snapshot.ts";

export interface Bounds {
  minimum: number;
  maximum: number;
}

/** Bounds of every workload that an autoscaler of pods owns, by `namespace/name`. */
export function autoscaledWorkloads(resources: readonly ResourceRecord[]): Map<string, Bounds> {
  const found = new Map<string, Bounds>();
  for (const resource of resources) {
    if (!isKubernetes(resource)) continue;
    const spec = at(resource.inputs, "spec");
    const bounds = boundsOf(kindOf(resource), spec);
    const target = textOf(at(spec, "scaleTargetRef", "name"));
    if (bounds !== undefined && target !== "")
      found.set(`${textOf(at(resource.inputs, "metadata", "namespace"))}/${target}`, bounds);
  }
  return found;
}

function boundsOf(kind: string, spec: Json | undefined): Bounds | undefined {
  switch (kind) {
    // KEDA's defaults: https://keda.sh/docs/latest/reference/scaledobject-spec/
    case "ScaledObject":
      return {
        minimum: Number(at(spec, "minReplicaCount") ?? 0),
        maximum: Number(at(spec, "maxReplicaCount") ?? 100),
      };
    case "HorizontalPodAutoscaler":
      return { minimum: Number(at(spec, "minReplicas") ?? 1), maximum: Number(at(spec, "maxReplicas") ?? 1) };
    default:
      return undefined;
  }
}

/** What a replica of Ray Serve LLM needs, and how many there are. */
export interface RayScale {
  /** Model name that requests ask for. */
  servedName: string;
  gpusPerReplica: number;
  bounds: Bounds;
}

/** Scale of the model that a RayService serves; undefined for one that serves something else. */
export function rayScaleOf(service: ResourceRecord): RayScale | undefined {
  const serve = parseYaml(textOf(at(service.inputs, "spec", "serveConfigV2")));
  const model = at(serve, "applications", 0, "args", "llm_configs", 0);
  if (model === undefined) return undefined;
  const engine = at(model, "engine_kwargs");
  const scaling = at(model, "deployment_config", "autoscaling_config");
  const fixed = Number(at(model, "deployment_config", "num_replicas") ?? 1);
  return {
    servedName: textOf(at(model, "model_loading_config", "model_id")),
    // One per bundle of the placement group, which has a bundle for each worker of the engine.
    gpusPerReplica:
      Number(at(engine, "tensor_parallel_size") ?? 1) * Number(at(engine, "pipeline_parallel_size") ?? 1),
    bounds: {
      minimum: Number(at(scaling, "min_replicas") ?? fixed),
      maximum: Number(at(scaling, "max_replicas") ?? fixed),
    },
  };
}
