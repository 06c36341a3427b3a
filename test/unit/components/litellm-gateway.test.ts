import * as fc from "fast-check";
import * as pulumi from "@pulumi/pulumi";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";

import { isBelow } from "../../../components/litellm/ingress.ts";
import {
  CLIENT_LABELS,
  DEFAULT_LABELS,
  exclusionsFor,
  KNOWN_LABELS,
} from "../../../components/litellm/metric-labels.ts";
import { drainSeconds, gatewayPlan } from "../../../components/litellm/plan.ts";
import type { LiteLlmGatewayArgs } from "../../../components/litellm-gateway.ts";
import { litellm } from "../../../metrics/litellm/index.ts";
import { manifestsOf, renderManifests, type Manifest } from "../../support/manifests.ts";
import { at } from "../../support/mocks.ts";
import { gateway, GATEWAYS, MINIMAL } from "./litellm-typical.ts";

type Args = Partial<LiteLlmGatewayArgs>;

async function only(args: Args, kind: string): Promise<Manifest> {
  const [found, ...more] = manifestsOf(await gateway(args)).filter((manifest) => manifest.kind === kind);
  if (found === undefined || more.length > 0) throw new Error(`${String(more.length)} more ${kind}`);
  return found;
}

async function configOf(args: Args): Promise<unknown> {
  return parse(at(await only(args, "ConfigMap"), 'data["config.yaml"]') as string);
}

const [engine] = MINIMAL.models;
if (engine === undefined) throw new Error("no engine");
const engineName = engine.name as string;

describe("LiteLlmGateway", () => {
  it.each(Object.entries(GATEWAYS))("renders the golden manifests: %s", async (name, args) => {
    await expect(renderManifests(await gateway(args))).toMatchFileSnapshot(
      `./golden/litellm-gateway/${name}.yaml`,
    );
  });

  it("parents every object and names it after the component", async () => {
    const run = await gateway(GATEWAYS["all-options"]);
    const children = run.childrenOf("gateway");
    expect(children.map(({ name }) => name).sort()).toEqual([
      "gateway-account",
      "gateway-autoscaler",
      "gateway-budget",
      "gateway-config",
      "gateway-ingress",
      "gateway-monitor",
      "gateway-nginx",
      "gateway-proxy",
      "gateway-service",
    ]);
    expect(run.find("LiteLlmGateway").outputs).toMatchObject({
      endpoint: "http://front.gateway.svc:4000",
      deploymentName: "front",
      serviceName: "front",
      masterKeySecretName: "gateway-master",
      podMonitorName: "front",
    });
  });

  it("keeps the master key in a Secret only, as a secret", async () => {
    const run = await gateway({ masterKey: "sk-plain-but-kept-0123456789" });
    const everywhere = run.resources.filter((resource) =>
      JSON.stringify(resource.inputs).includes("sk-plain-but-kept"),
    );
    expect(everywhere.map(({ name }) => name)).toEqual(["gateway-key"]);
    expect(everywhere[0]?.secretPaths).toEqual(["stringData"]);
  });

  it("waits for its traffic rules before pods are there", async () => {
    const run = await gateway();
    const needed = run.find("Deployment").dependencies.map((urn) => urn.split("::").at(-1));
    expect(needed).toEqual(
      expect.arrayContaining(["gateway-ingress", "gateway-config", "gateway-key", "gateway-account"]),
    );
  });

  it("starts with endpoints that come later", async () => {
    const endpoint = pulumi.output(Promise.resolve("http://late.vllm.svc:8000"));
    const config = await configOf({ models: [{ ...engine, endpoint }] });
    expect(at(config, "model_list[0].litellm_params.api_base")).toBe("http://late.vllm.svc:8000/v1");
  });

  it("rolls its pods when the configuration changes, and not otherwise", async () => {
    const annotations = async (args: Args) =>
      at(await only(args, "Deployment"), "spec.template.metadata.annotations");
    expect(await annotations({ replicas: 5 })).toEqual(await annotations({}));
    expect(await annotations({ requestTimeoutSeconds: 60 })).not.toEqual(await annotations({}));
  });

  it("leaves the number of pods to the autoscaler", async () => {
    expect(at(await only({}, "Deployment"), "spec.replicas")).toBe(2);
    const deployment = await only({ autoscaling: { maxReplicas: 4 } }, "Deployment");
    expect(at(deployment, "spec")).not.toHaveProperty("replicas");
    expect(
      at(await only({ autoscaling: { maxReplicas: 4 } }, "HorizontalPodAutoscaler"), "spec"),
    ).toMatchObject({
      minReplicas: 2,
      maxReplicas: 4,
      scaleTargetRef: { kind: "Deployment", name: "gateway" },
    });
  });

  it("has a budget unless it is one pod", async () => {
    const budgets = async (args: Args) => (await gateway(args)).all("PodDisruptionBudget").length;
    expect(await budgets({ replicas: 1 })).toBe(0);
    expect(await budgets({})).toBe(1);
    expect(await budgets({ replicas: pulumi.output(Promise.resolve(1)) })).toBe(1);
    expect(await budgets({ autoscaling: { minReplicas: 1, maxReplicas: 2 } })).toBe(1);
  });
});

describe("the metrics", () => {
  it("come from a listener that only Prometheus' namespace reaches, and that no Service carries", async () => {
    const policy = await only({}, "NetworkPolicy");
    expect(at(policy, "spec.ingress")).toEqual([
      {
        from: [{ namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "monitoring" } } }],
        ports: [{ port: 4001, protocol: "TCP" }],
      },
    ]);
    expect(at(await only({}, "Service"), "spec.ports")).toEqual([
      { name: "http", port: 4000, targetPort: "http", protocol: "TCP" },
    ]);
    const endpoint = at(await only({}, "PodMonitor"), "spec.podMetricsEndpoints[0]");
    expect(endpoint).toMatchObject({ port: "metrics", path: "/metrics/" });
    expect(endpoint).not.toHaveProperty("authorization");
  });

  it("or from the gateway itself with a key", async () => {
    const args: Args = { metrics: { access: "bearer" } };
    expect(at(await only(args, "PodMonitor"), "spec.podMetricsEndpoints[0]")).toMatchObject({
      port: "http",
      authorization: { type: "Bearer", credentials: { name: "gateway", key: "master-key" } },
    });
    const container = at(await only(args, "Deployment"), "spec.template.spec.containers[0]");
    expect(JSON.stringify(container)).not.toContain("4001");
    expect(at(await only(args, "NetworkPolicy"), "spec.ingress")).toHaveLength(1);
  });

  it("are never open without a key at the gateway itself", async () => {
    for (const access of ["listener", "bearer"] as const) {
      const config = await configOf({ metrics: { access } });
      expect(at(config, "litellm_settings.require_auth_for_metrics_endpoint")).toBe(true);
    }
  });

  it("get no labels of the target that the metrics have themselves", async () => {
    const relabelings = at(await only({}, "PodMonitor"), "spec.podMetricsEndpoints[0].relabelings") as {
      targetLabel: string;
    }[];
    const own = new Set(Object.values(litellm).flatMap(({ labels }) => labels as readonly string[]));
    expect(relabelings.map(({ targetLabel }) => targetLabel)).toEqual(["node"]);
    expect(own.has("node")).toBe(false);
  });

  it("bring their own timeout with a short interval", async () => {
    const endpoint = async (interval: string) =>
      at(await only({ metrics: { interval } }, "PodMonitor"), "spec.podMetricsEndpoints[0]");
    expect(await endpoint("5s")).toMatchObject({ interval: "5s", scrapeTimeout: "5s" });
    expect(await endpoint("1m")).toMatchObject({ interval: "1m", scrapeTimeout: "10s" });
  });
});

describe("the allow-list of labels", () => {
  it("leaves out what multiplies with clients", () => {
    const { labels } = exclusionsFor(DEFAULT_LABELS);
    expect(labels).toEqual([...CLIENT_LABELS]);
    expect(KNOWN_LABELS).toEqual(expect.arrayContaining([...CLIENT_LABELS]));
  });

  it("leaves out gauges that would stand for everybody, and keeps those that another label tells apart", () => {
    const { metrics } = exclusionsFor(DEFAULT_LABELS);
    expect(metrics).toContain("litellm_remaining_user_budget_metric");
    expect(metrics).not.toContain("litellm_remaining_api_key_budget_metric");
    expect(exclusionsFor(KNOWN_LABELS)).toEqual({ labels: [], metrics: [] });
  });

  it("holds for any list: what is neither allowed nor left out does not exist", () => {
    fc.assert(
      fc.property(fc.subarray([...KNOWN_LABELS]), (allowed) => {
        const { labels, metrics } = exclusionsFor(allowed);
        expect([...labels, ...allowed].sort()).toEqual([...KNOWN_LABELS].sort());
        const exposed = Object.values(litellm).filter(({ name }) => !metrics.includes(name));
        for (const family of exposed.filter(({ type }) => type === "gauge")) {
          if ((family.labels as readonly string[]).includes("user")) {
            const fixed = family.name === "litellm_managed_file_size_bytes";
            expect(allowed.includes("user") || fixed, family.name).toBe(true);
          }
        }
      }),
    );
  });
});

describe("the way in", () => {
  const ways: Record<string, Args> = {
    nginx: { ingress: { kind: "nginx", hosts: ["llm.example.com"], nginx: { tlsSecret: "tls" } } },
    "gateway-api": {
      ingress: { kind: "gateway-api", hosts: ["llm.example.com"], gatewayApi: { gateway: "public" } },
    },
  };

  /** The prefixes that a manifest lets through. */
  async function prefixes(args: Args): Promise<string[]> {
    const run = await gateway(args);
    const [route] = manifestsOf(run).filter(({ kind }) => ["Ingress", "HTTPRoute"].includes(kind));
    if (route?.kind === "Ingress") {
      const rules = at(route, "spec.rules") as { http: { paths: { path: string; pathType: string }[] } }[];
      const paths = rules.flatMap(({ http }) => http.paths);
      expect(new Set(paths.map(({ pathType }) => pathType))).toEqual(new Set(["Prefix"]));
      expect(at(route, "spec")).not.toHaveProperty("defaultBackend");
      return paths.map(({ path }) => path);
    }
    const rules = at(route, "spec.rules") as { matches: { path: { type: string; value: string } }[] }[];
    // A rule without matches would match everything.
    expect(rules.every(({ matches }) => matches.length > 0)).toBe(true);
    return rules.flatMap(({ matches }) => matches.map(({ path }) => path.value));
  }

  it.each(Object.entries(ways))(
    "%s lets the API through, and neither metrics nor administration",
    async (_, args) => {
      const open = await prefixes(args);
      const isOpen = (path: string) => open.some((prefix) => isBelow(path, prefix));
      expect(isOpen("/v1/chat/completions")).toBe(true);
      for (const path of [
        "/metrics",
        "/metrics/",
        "/",
        "/key/generate",
        "/v1x",
        "/health/drain",
        "/model/new",
      ]) {
        expect(isOpen(path), path).toBe(false);
      }
    },
  );

  it.each(Object.entries(ways))("%s reaches the requests' port and not the listener's", async (_, args) => {
    const policy = await only(args, "NetworkPolicy");
    const ports = (at(policy, "spec.ingress") as { from: unknown[]; ports: { port: number }[] }[]).map(
      ({ from, ports: [port] }) => [from.length, port?.port],
    );
    expect(ports).toEqual([
      [1, 4000],
      [1, 4001],
    ]);
    const backend = JSON.stringify(
      manifestsOf(await gateway(args)).find(({ kind }) => kind === "Ingress" || kind === "HTTPRoute"),
    );
    expect(backend).not.toContain("4001");
  });

  it("is closed by default: nobody may send requests", async () => {
    const run = await gateway();
    expect(run.all("Ingress")).toEqual([]);
    expect(run.all("HTTPRoute")).toEqual([]);
    expect(JSON.stringify(at(await only({}, "NetworkPolicy"), "spec.ingress"))).not.toContain("4000");
  });
});

describe("arithmetic", () => {
  it("gives a pod the time it needs to stop, whatever the numbers", () => {
    const seconds = fc.integer({ min: 0, max: 3600 });
    fc.assert(
      fc.property(
        seconds,
        fc.integer({ min: 1, max: 3600 }),
        fc.integer({ min: 1, max: 32 }),
        (pre, requests, workers) => {
          const plan = gatewayPlan(workers, { preStopSeconds: pre, requestSeconds: requests });
          expect(plan.terminationGracePeriodSeconds).toBe(drainSeconds(pre, requests));
          expect(plan.terminationGracePeriodSeconds).toBeGreaterThan(
            plan.preStopSeconds + plan.requestSeconds,
          );
          expect(Number.parseInt(plan.memory, 10)).toBeGreaterThanOrEqual(workers * 768);
        },
      ),
    );
  });
});

const model = (change: object): Args => ({ models: [{ ...engine, ...change }] });
const nginx = { kind: "nginx", hosts: ["llm.example.com"], nginx: { tlsSecret: "t" } };
const api = { kind: "gateway-api", hosts: ["llm.example.com"], gatewayApi: { gateway: "g" } };

describe("refusals", () => {
  it.each<[string, string, object]>([
    ["name", "DNS label", { name: "Front" }],
    ["name", "DNS label", { name: "a".repeat(47) }],
    ["name", "start with a letter", { name: "1a" }],
    ["namespace", "is required", { namespace: "" }],
    ["namespace", "DNS label", { namespace: "a_b" }],
    ["image", "is no image reference", { image: "a b" }],
    ["image", "malformed digest", { image: "litellm@sha256:12" }],
    ["image", "has no digest", { image: "ghcr.io/berriai/litellm:v1" }],
    ["userId", "at least 1", { userId: 0 }],
    ["masterKey", "is required", { masterKey: undefined }],
    [
      "masterKey",
      "is required",
      { masterKey: "sk-0123456789abcdef", masterKeySecret: { name: "a", key: "b" } },
    ],
    ["masterKey", "no spaces", { masterKey: "secret 0123456789 abcdef" }],
    ["masterKey", "at least 16", { masterKey: "sk-short" }],
    ["models", "must hold an engine", { models: [] }],
    ["models[0].id", "at most 63", model({ id: "a b" })],
    ["models[1].id", "models[0] too", { models: [engine, engine] }],
    [
      "models[1].id",
      "same variable",
      {
        models: ["a-b", "a.b"].map((id) => ({ ...engine, id, apiKeySecret: { name: "k", key: "k" } })),
      },
    ],
    ["models[0].name", "model name", model({ name: "a b" })],
    ["models[0].servedName", "model name", model({ servedName: "" })],
    ["models[0].endpoint", "http(s) URL", model({ endpoint: "llama.vllm.svc:8000" })],
    ["models[0].endpoint", "without path", model({ endpoint: "http://a:8000/v1" })],
    ["models[0].timeoutSeconds", "at least 1", model({ timeoutSeconds: 0 })],
    ["models[0].maxParallelRequests", "at least 1", model({ maxParallelRequests: 0.5 })],
    ["models[0].promptPricePerMillion", "dollars", model({ promptPricePerMillion: -1 })],
    ["models[0].outputPricePerMillion", "dollars", model({ outputPricePerMillion: Number.NaN })],
    ['routing.fallbacks["x"]', "name of no model", { routing: { fallbacks: { x: [] } } }],
    [
      `routing.fallbacks["${engineName}"]`,
      "falls back to itself",
      { routing: { fallbacks: { [engineName]: [engineName] } } },
    ],
    [
      `routing.fallbacks["${engineName}"]`,
      "name of no model",
      { routing: { fallbacks: { [engineName]: ["gone"] } } },
    ],
    ["routing.retries", "at least 0", { routing: { retries: -1 } }],
    ["routing.allowedFailures", "at least 0", { routing: { allowedFailures: -1 } }],
    ["routing.cooldownSeconds", "at least 1", { routing: { cooldownSeconds: 0 } }],
    ["replicas", "at least 1", { replicas: 0 }],
    ["replicas", "belongs to the autoscaler", { replicas: 2, autoscaling: { maxReplicas: 3 } }],
    ["workers", "at least 1", { workers: 0 }],
    ["requestTimeoutSeconds", "at least 1", { requestTimeoutSeconds: 0 }],
    ["autoscaling.minReplicas", "at least 1", { autoscaling: { minReplicas: 0, maxReplicas: 3 } }],
    ["autoscaling.maxReplicas", "at least minReplicas (2)", { autoscaling: { maxReplicas: 1 } }],
    ["autoscaling.targetCpuPercent", "at least 1", { autoscaling: { maxReplicas: 3, targetCpuPercent: 0 } }],
    ["redis.host", "host name", { redis: { host: "redis://a" } }],
    ["redis.port", "at least 1", { redis: { host: "a", port: 0 } }],
    ["resources.memory", "quantity", { resources: { memory: "lots" } }],
    ["resources.cpuRequest", "quantity", { resources: { cpuRequest: "0" } }],
    ["drain.preStopSeconds", "at least 0", { drain: { preStopSeconds: -1 } }],
    ["drain.requestSeconds", "at least 1", { drain: { requestSeconds: 0 } }],
    [
      "drain.terminationGracePeriodSeconds",
      "10 + 120 + 15 = 145",
      { drain: { terminationGracePeriodSeconds: 144 } },
    ],
    ["metrics.access", "one of listener, bearer", { metrics: { access: "open" } }],
    ["metrics.bearerSecret", "not used", { metrics: { bearerSecret: { name: "a", key: "b" } } }],
    ["metrics.labels[1]", "is no label", { metrics: { labels: ["team", "pod"] } }],
    ["metrics.maxSeriesPerMetric", "at least 1", { metrics: { maxSeriesPerMetric: 0 } }],
    ["metrics.sampleLimit", "at least 1", { metrics: { sampleLimit: 0 } }],
    ["metrics.interval", "duration", { metrics: { interval: "15" } }],
    ["metrics.timeout", "at most metrics.interval", { metrics: { interval: "5s", timeout: "10s" } }],
    ["ingress.kind", "one of nginx, gateway-api", { ingress: { ...nginx, kind: "traefik" } }],
    ["ingress.gatewayApi", "not used by kind nginx", { ingress: { ...nginx, gatewayApi: { gateway: "g" } } }],
    ["ingress.nginx", "not used by kind gateway-api", { ingress: { ...api, nginx: {} } }],
    ["ingress.hosts", "must name a host", { ingress: { ...nginx, hosts: [] } }],
    ["ingress.hosts[0]", "host name", { ingress: { ...nginx, hosts: ["https://a.example.com"] } }],
    ["ingress.paths", "must hold a path", { ingress: { ...nginx, paths: [] } }],
    ["ingress.paths[0]", "plain elements", { ingress: { ...nginx, paths: ["/v1/../metrics"] } }],
    ["ingress.paths[0]", "plain elements", { ingress: { ...nginx, paths: ["/v1/(.*)"] } }],
    ["ingress.paths[0]", "/metrics", { ingress: { ...nginx, paths: ["/"] } }],
    ["ingress.paths[1]", "would open /metrics", { ingress: { ...api, paths: ["/v1", "/metrics/x"] } }],
    ["ingress.paths[0]", "would open /key", { ingress: { ...api, paths: ["/key"] } }],
    ["ingress.nginx.tlsSecret", "travel in clear", { ingress: { ...nginx, nginx: {} } }],
    [
      "ingress.nginx.className",
      "DNS label",
      { ingress: { ...nginx, nginx: { tlsSecret: "t", className: "A" } } },
    ],
    [
      "ingress.nginx.controllerNamespace",
      "DNS label",
      { ingress: { ...nginx, nginx: { tlsSecret: "t", controllerNamespace: "" } } },
    ],
    ["ingress.gatewayApi.gateway", "is required", { ingress: { ...api, gatewayApi: undefined } }],
    [
      "ingress.gatewayApi.gatewayNamespace",
      "DNS label",
      { ingress: { ...api, gatewayApi: { gateway: "g", gatewayNamespace: "A" } } },
    ],
    [
      "ingress.gatewayApi.dataPlaneNamespace",
      "DNS label",
      { ingress: { ...api, gatewayApi: { gateway: "g", dataPlaneNamespace: "A" } } },
    ],
    ["network.monitoringNamespace", "DNS label", { network: { monitoringNamespace: "A" } }],
    ["network.clients[0].namespace", "DNS label", { network: { clients: [{ namespace: "A" }] } }],
    ["env[0].name", "is set by the component", { env: [{ name: "LITELLM_MASTER_KEY", value: "x" }] }],
    ["env[0].name", "is set by the component", { env: [{ name: "ENGINE_KEY_A", value: "x" }] }],
    ["env[0].name", "no name of a variable", { env: [{ name: "a-b", value: "x" }] }],
    ["env[1].name", "is there twice", { env: [1, 2].map(() => ({ name: "A", value: "x" })) }],
    ["env[0]", "one of the two", { env: [{ name: "A" }] }],
  ])("%s: %s", async (path, reason, args) => {
    await expect(gateway(args as Args)).rejects.toThrow(
      new RegExp(`^ *${escape(path)} .*${escape(reason)}`, "m"),
    );
  });

  it("show no master key", async () => {
    await expect(gateway({ masterKey: "geheim" })).rejects.toThrow(/masterKey must/);
    await expect(gateway({ masterKey: "geheim" })).rejects.not.toThrow(/geheim/);
  });

  it("come later for values that come later", async () => {
    const endpoint = pulumi.output(Promise.resolve("nonsense"));
    await expect(gateway(model({ endpoint }))).rejects.toThrow(/models\[0\]\.endpoint must be an http/);
  });
});

function escape(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
