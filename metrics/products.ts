/**
 * The programs whose metrics are known, each with the version that the catalogue was compared with: by running it, or
 * by reading its source. A context without a version assumes this one.
 */
export const measuredVersions = {
  vllm: "0.32.0",
  litellm: "1.109.1",
  "dcgm-exporter": "4.5.3",
  ray: "2.60.0",
  "kube-state-metrics": "2.19.1",
  kubelet: "1.37.2",
  "node-exporter": "1.12.1",
  prometheus: "3.13.2",
  alertmanager: "0.31.1",
  "prometheus-operator": "0.93.1",
  "config-reloader": "0.93.1",
  thanos: "0.42.4",
  "dingtalk-bridge": "0.1.0",
} as const;

/** A program whose metrics are known. */
export type Product = keyof typeof measuredVersions;
