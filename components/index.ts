/** Every component. A module of one alone, such as `components/vllm-deployment`, loads faster. */
export * from "./alert-routes.ts";
export * from "./alert-rules.ts";
export * from "./dcgm-exporter.ts";
export * from "./dingtalk-bridge.ts";
export * from "./eks-cluster.ts";
export * from "./gpu-node-group.ts";
export * from "./grafana-content.ts";
export * from "./grafana-dashboards.ts";
export * from "./grafana.ts";
export * from "./kube-prometheus.ts";
export * from "./kube-state-metrics.ts";
export * from "./kubernetes-monitors.ts";
export * from "./kuberay-operator.ts";
export * from "./litellm-gateway.ts";
export * from "./model-autoscaler.ts";
export * from "./model-weights.ts";
export * from "./monitoring-crds.ts";
export * from "./node-exporter.ts";
export * from "./nvidia-device-plugin.ts";
export * from "./ray-vllm-service.ts";
export * from "./thanos-bucket.ts";
export * from "./thanos-storage.ts";
export * from "./vllm-deployment.ts";
export * from "./vllm-multi-node.ts";
// Two components have a type of this name, of the same shape.
export type { SecretKeyArgs } from "./vllm-deployment.ts";
