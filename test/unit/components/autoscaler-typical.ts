/** Autoscalers whose manifests stand as golden files and are sent to a real API server. */
import { ModelAutoscaler, type ModelAutoscalerArgs } from "../../../components/model-autoscaler.ts";
import { runWithMocks } from "../../support/mocks.ts";

export const MINIMAL_SCALER: ModelAutoscalerArgs = {
  namespace: "vllm",
  deployment: "llama-8b",
  modelName: "meta-llama/Llama-3.1-8B-Instruct",
  kind: "keda",
  keda: { prometheusUrl: "http://prometheus.monitoring.svc:9090" },
  maxReplicas: 4,
  signals: { waitingRequests: { perReplica: 5 } },
  loadSeconds: 300,
};

const ALL_SIGNALS: ModelAutoscalerArgs["signals"] = {
  waitingRequests: { perReplica: 5 },
  runningRequests: { perReplica: 64 },
  kvCacheUsage: { percent: 75 },
  timeToFirstToken: { seconds: 2.5, percentile: 90 },
  gpuUtilisation: { percent: 85 },
};

export const SCALERS: Record<string, Partial<ModelAutoscalerArgs>> = {
  keda: {},
  "keda-all-options": {
    keda: {
      prometheusUrl: "https://prometheus.example.com/",
      auth: {
        kind: "basic",
        username: { name: "prometheus-login", key: "user" },
        password: { name: "prometheus-login", key: "password" },
      },
      pollingSeconds: 30,
      failureThreshold: 5,
    },
    minReplicas: 2,
    maxReplicas: 12,
    signals: ALL_SIGNALS,
    pace: { scaleUpSeconds: 30, scaleDownSeconds: 1200 },
    capacity: { gpusPerReplica: 4, nodes: [{ name: "gpu", maxNodes: 6, gpusPerNode: 8 }] },
    annotations: { "example.com/owner": "chat" },
  },
  "keda-to-zero": {
    minReplicas: 0,
    keda: {
      prometheusUrl: "http://prometheus.monitoring.svc:9090",
      auth: { kind: "bearer", token: { name: "prometheus-token", key: "token" } },
      activation: { gatewayModel: "chat" },
      idleSeconds: 1800,
    },
  },
  hpa: { kind: "hpa", keda: undefined, signals: ALL_SIGNALS },
};

/** Registers an autoscaler with mocks. An option set to undefined is left out. */
export function autoscaler(args: Partial<ModelAutoscalerArgs> = {}) {
  return runWithMocks(() => new ModelAutoscaler("llama-8b", scalerArgs(args)));
}

export function scalerArgs(args: Partial<ModelAutoscalerArgs>): ModelAutoscalerArgs {
  const merged: Record<string, unknown> = { ...MINIMAL_SCALER, ...args };
  return Object.fromEntries(
    Object.entries(merged).filter(([, value]) => value !== undefined),
  ) as unknown as ModelAutoscalerArgs;
}
