import { RayReplicaPlacement } from "../../components/ray/args.ts";
import type { ModelSettings } from "./model.ts";

type Shape = Pick<ModelSettings, "gpu" | "nodes" | "engine" | "pipelineParallelSize">;

/** Pods of one replica: as many as its nodes, and under Ray one, or one for each pipeline stage. */
export function podsPerReplica({ engine, nodes, pipelineParallelSize }: Omit<Shape, "gpu">): number {
  if (engine.kind !== "ray") return nodes;
  return engine.placement === RayReplicaPlacement.PodPerStage ? pipelineParallelSize : 1;
}

/** GPUs of one pod of the model. */
export function gpusPerPod(model: Shape): number {
  return model.gpu.count / podsPerReplica(model);
}

/** Pods of one replica that are scraped with the model's name: of several nodes only the leader, under Ray all. */
export function scrapedPodsPerReplica(model: ModelSettings): number {
  return model.engine.kind === "ray" ? podsPerReplica(model) : 1;
}

/** Replicas that there are at most. */
export function mostReplicas({ engine, replicas, autoscaling }: ModelSettings): number {
  if (engine.kind === "ray") return Math.max(replicas, engine.maxReplicas ?? replicas);
  return autoscaling?.maxReplicas ?? replicas;
}
