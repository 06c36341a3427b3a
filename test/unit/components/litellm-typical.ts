/** Gateways whose manifests stand as golden files, are sent to a real API server, and are shaped as people use them. */
import * as pulumi from "@pulumi/pulumi";
import { LiteLlmGateway, type LiteLlmGatewayArgs } from "../../../components/litellm-gateway.ts";
import { runWithMocks } from "../../support/mocks.ts";

export const DIGEST = `sha256:${"0".repeat(61)}109`;

export const MINIMAL: LiteLlmGatewayArgs = {
  namespace: "gateway",
  image: `ghcr.io/berriai/litellm:v1.109.1@${DIGEST}`,
  models: [
    { id: "llama-8b", name: "meta-llama/Llama-3.1-8B-Instruct", endpoint: "http://llama-8b.vllm.svc:8000" },
  ],
  masterKey: pulumi.secret("sk-0123456789abcdef0123456789abcdef"),
};

export const GATEWAYS: Record<string, Partial<LiteLlmGatewayArgs>> = {
  minimal: {},
  "all-options": {
    name: "front",
    imagePullSecrets: ["registry"],
    models: [
      {
        id: "llama-8b",
        name: "chat",
        servedName: "meta-llama/Llama-3.1-8B-Instruct",
        endpoint: "http://llama-8b.vllm.svc:8000/",
        apiKeySecret: { name: "llama-8b-key", key: "key" },
        timeoutSeconds: 120,
        maxParallelRequests: 64,
        promptPricePerMillion: 0.2,
        outputPricePerMillion: 0.6,
      },
      { id: "qwen.7b", name: "chat", servedName: "qwen", endpoint: "http://qwen-7b.vllm.svc:8000" },
      { id: "small", name: "small", endpoint: "http://small.vllm.svc:8000" },
    ],
    masterKeySecret: { name: "gateway-master", key: "token" },
    databaseUrlSecret: { name: "gateway-database", key: "url" },
    redis: { host: "redis.data.svc", port: 6380, passwordSecret: { name: "redis", key: "password" } },
    autoscaling: { minReplicas: 3, maxReplicas: 12, targetCpuPercent: 60 },
    workers: 4,
    requestTimeoutSeconds: 900,
    routing: { retries: 1, allowedFailures: 3, cooldownSeconds: 60, fallbacks: { chat: ["small"] } },
    metrics: {
      access: "bearer",
      bearerSecret: { name: "gateway-scrape", key: "token" },
      labels: ["model_id", "requested_model", "team", "status_code"],
      maxSeriesPerMetric: 1000,
      interval: "30s",
      timeout: "20s",
      sampleLimit: 20_000,
      monitorLabels: { release: "prometheus" },
    },
    drain: { preStopSeconds: 20, requestSeconds: 600 },
    resources: { cpuRequest: "4", cpuLimit: "8", memory: "6Gi" },
    network: {
      monitoringNamespace: "observability",
      clients: [{ namespace: "apps" }, { namespace: "batch", podLabels: { "llm-client": "yes" } }],
    },
    ingress: {
      kind: "nginx",
      hosts: ["llm.example.com"],
      paths: ["/v1", "/openai"],
      nginx: {
        className: "internal",
        controllerNamespace: "nginx",
        tlsSecret: "llm-tls",
        maxBodySize: "50m",
        annotations: { "example.com/team": "platform" },
      },
    },
    scheduling: {
      nodeSelector: { "node.kubernetes.io/purpose": "system" },
      tolerations: [{ key: "system" }, { key: "dedicated", value: "gateway", effect: "NoExecute" }],
      priorityClassName: "high",
    },
    userId: 1000,
    env: [
      { name: "LITELLM_LOG", value: "INFO" },
      { name: "SLACK_WEBHOOK_URL", secret: { name: "slack", key: "url" } },
    ],
    annotations: { "example.com/owner": "platform" },
    podLabels: { "example.com/tier": "front" },
  },
  "gateway-api": {
    replicas: 1,
    network: { clients: [] },
    ingress: {
      kind: "gateway-api",
      hosts: ["llm.example.com", "*.llm.example.com"],
      gatewayApi: { gateway: "public", gatewayNamespace: "edge", sectionName: "https" },
    },
  },
};

/** Registers a gateway with mocks. An option set to undefined is left out. */
export function gateway(args: Partial<LiteLlmGatewayArgs> = {}) {
  const merged = {
    ...MINIMAL,
    ...(args.masterKeySecret === undefined ? {} : { masterKey: undefined }),
    ...args,
  };
  const given = Object.fromEntries(
    Object.entries<unknown>(merged).filter(([, value]) => value !== undefined),
  );
  return runWithMocks(() => new LiteLlmGateway("gateway", given as unknown as LiteLlmGatewayArgs));
}
