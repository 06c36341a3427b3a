// A model and its rules, for a cluster that runs a Prometheus operator. Needs: npm install vllm-monitoring
// @pulumi/pulumi @pulumi/kubernetes @pulumi/aws @pulumiverse/grafana
import * as k8s from "@pulumi/kubernetes";
import { ruleSets } from "vllm-monitoring/alerts";
import { AlertRules } from "vllm-monitoring/components/alert-rules";
import { VllmDeployment, VllmModelSourceKind } from "vllm-monitoring/components/vllm-deployment";

const serving = new k8s.core.v1.Namespace("serving", { metadata: { name: "serving" } });

const llama = new VllmDeployment("llama", {
  namespace: serving.metadata.name,
  owner: "search",
  image: "vllm/vllm-openai:v0.33.0@sha256:0000000000000000000000000000000000000000000000000000000000000330",
  model: {
    source: {
      kind: VllmModelSourceKind.Hub,
      hub: { id: "Qwen/Qwen2.5-0.5B-Instruct", revision: "0000000000000000000000000000000000000a01" },
    },
  },
  replicas: 2,
});

new AlertRules("vllm", {
  namespace: "monitoring",
  ruleSets,
  runbookBaseUrl: "https://git.example.com/platform/vllm-monitoring/alerts/runbooks",
});

export const endpoint = llama.endpoint;
