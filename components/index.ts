/** Every component. A module of one alone, such as `components/vllm-deployment`, loads faster. */
export * from "./alert-routes.ts";
export * from "./alert-rules.ts";
export * from "./dcgm-exporter.ts";
export * from "./dingtalk-bridge.ts";
export * from "./eks-cluster.ts";
export * from "./gpu-node-group.ts";
export * from "./grafana-dashboards.ts";
export * from "./kube-prometheus.ts";
export * from "./monitoring-crds.ts";
export * from "./nvidia-device-plugin.ts";
export * from "./ray-vllm-service.ts";
export * from "./vllm-deployment.ts";
