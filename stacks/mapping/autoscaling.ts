import type * as pulumi from "@pulumi/pulumi";
import type { ModelAutoscalerArgs } from "../../components/model-autoscaler.ts";
import type { ModelSettings } from "../config/model.ts";
import type { Settings } from "../config/settings.ts";
import { loadSecondsOf } from "./load-time.ts";
import { given } from "./fields.ts";
import { namespaceOf } from "./model.ts";

/** Arguments of the autoscaler of a model; undefined when it has none. */
export function modelAutoscalerArgs(
  model: ModelSettings,
  settings: Settings,
  prometheusUrl: pulumi.Input<string>,
): ModelAutoscalerArgs | undefined {
  const { autoscaling } = model;
  if (autoscaling === undefined) return undefined;
  const { scaler, maxReplicas, signals, scaleDownSeconds, idleSeconds } = autoscaling;
  const { waitingRequests, runningRequests, kvCacheUsage, timeToFirstToken, gpuUtilisation } = signals;
  return {
    namespace: namespaceOf(model, settings),
    deployment: model.name,
    modelName: model.servedModelName,
    kind: scaler,
    ...(scaler === "keda"
      ? {
          keda: {
            prometheusUrl,
            // Without a gateway nothing tells of requests for a model that is not there, which the component refuses.
            ...(model.replicas === 0 && settings.gateway !== undefined
              ? { activation: { gatewayModel: model.servedModelName } }
              : {}),
            ...given("idleSeconds", idleSeconds),
          },
        }
      : {}),
    minReplicas: model.replicas,
    maxReplicas,
    signals: {
      ...given("waitingRequests", waitingRequests),
      ...given("runningRequests", runningRequests),
      ...given("kvCacheUsage", kvCacheUsage),
      ...given("timeToFirstToken", timeToFirstToken),
      ...given("gpuUtilisation", gpuUtilisation),
    },
    loadSeconds: loadSecondsOf(model),
    pace: { ...given("scaleDownSeconds", scaleDownSeconds) },
    capacity: {
      gpusPerReplica: model.gpu.count,
      nodes: settings.nodeGroups
        .filter((group) => group.gpu?.kind === model.gpu.kind)
        .map(({ name, maxSize, gpu }) => ({ name, maxNodes: maxSize, gpusPerNode: gpu?.count ?? 0 })),
    },
  };
}
