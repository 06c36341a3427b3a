import { gunzipSync } from "node:zlib";

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";

import { monitoringCrds } from "../../components/crds/manifests.ts";
import { ruleSets } from "../../alerts/index.ts";
import { AlertRoutes } from "../../components/alert-routes.ts";
import { AlertRules } from "../../components/alert-rules.ts";
import { DingTalkBridge } from "../../components/dingtalk-bridge.ts";
import { KubePrometheus, type KubePrometheusArgs } from "../../components/kube-prometheus.ts";
import { routesExample } from "../support/alert-routes.ts";
import { startApiServer, type ApiServer } from "../support/api-server.ts";
import { Applier, eventually } from "../support/apply.ts";
import { manifestsOf, type Manifest } from "../support/manifests.ts";
import { at, runWithMocks } from "../support/mocks.ts";
import { startOperator, type RunningOperator } from "../support/operator.ts";
import { podsOf } from "../support/pods.ts";

let server: ApiServer;
let applier: Applier;

beforeAll(async () => {
  server = await startApiServer();
  applier = new Applier(server);
  await applier.applyCrds(monitoringCrds());
});

afterAll(async () => {
  await (server as ApiServer | undefined)?.stop();
});

async function manifestsFor(args: Partial<KubePrometheusArgs>): Promise<Manifest[]> {
  const run = await runWithMocks(
    () =>
      new KubePrometheus("monitoring", {
        cluster: "gpu-1",
        alertmanager: { configSecret: "alert-routes" },
        installCrds: false,
        // They have tests of their own.
        nodeExporter: { enabled: false },
        kubeStateMetrics: { enabled: false },
        kubernetesMonitors: { enabled: false },
        ...args,
      }),
  );
  return manifestsOf(run);
}

/** Options that together reach every branch of the component. */
const variants: Record<string, Partial<KubePrometheusArgs>> = {
  defaults: {},
  embedded: {
    prometheus: { replicas: 1, storage: { ephemeral: true }, apiServer: { host: "https://127.0.0.1:6443" } },
    alertmanager: {
      configSecret: "alert-routes",
      secrets: ["alert-routes-credentials"],
      replicas: 1,
      storage: { ephemeral: true },
    },
  },
  sending: {
    imagePullSecrets: ["registry"],
    prometheus: {
      shards: 2,
      antiAffinity: "required",
      nativeHistograms: { keepClassic: false },
      remoteWriteReceiver: true,
      query: { maxConcurrency: 10, maxSamples: 1_000_000, timeout: "1m" },
      outOfOrderTimeWindow: "10m",
      maxExemplars: 1000,
      enableFeatures: ["exemplar-storage"],
      additionalScrapeConfigs: { name: "more", key: "scrape.yaml" },
      remoteWrite: [
        {
          name: "mimir",
          url: "https://mimir.example.com/api/v1/push",
          headers: { "X-Scope-OrgID": "vllm" },
          messageVersion: "V2.0",
          writeRelabelings: [{ sourceLabels: ["__name__"], regex: "vllm:.+", action: "keep" }],
          basicAuth: {
            username: { name: "mimir", key: "user" },
            password: { name: "mimir", key: "password" },
          },
          tls: { serverName: "mimir" },
          sendExemplars: true,
          queue: {
            capacity: 20_000,
            minShards: 2,
            maxShards: 10,
            maxSamplesPerSend: 5000,
            batchSendDeadline: "10s",
            minBackoff: "50ms",
            maxBackoff: "10s",
            sampleAgeLimit: "2h",
          },
        },
        {
          name: "amp",
          url: "https://aps.example.com",
          sigV4: { region: "eu-central-1", roleArn: "arn:aws:iam::1:role/a" },
        },
        {
          name: "other",
          url: "https://other.example.com",
          oauth2: {
            clientId: { name: "other", key: "id" },
            clientSecret: { name: "other", key: "secret" },
            tokenUrl: "https://id.example.com",
            scopes: ["write"],
          },
        },
      ],
    },
  },
  agent: {
    prometheus: {
      mode: "agent",
      shards: 2,
      storage: { size: "10Gi" },
      remoteWrite: [
        { name: "mimir", url: "http://mimir.example.com", bearerToken: { name: "mimir", key: "token" } },
      ],
    },
    alertmanager: undefined,
  },
  everything: {
    externalLabels: { region: "eu-1" },
    watchNamespaces: ["vllm"],
    credentialNamespaces: ["vllm"],
    networkPolicies: { ingressFrom: [{ namespaceSelector: { matchLabels: { team: "web" } } }] },
    operator: {
      repairPolicy: "evict",
      tolerations: [{ key: "a", operator: "Exists" }],
      priorityClassName: "p",
    },
    prometheus: {
      storage: { size: "100Gi", storageClassName: "gp3" },
      sampleLimit: 50_000,
      enforcedSampleLimit: 100_000,
      scrapeClasses: [{ name: "mesh", default: true, tlsConfig: { caFile: "/etc/mesh/ca.crt" } }],
      enableFeatures: ["exemplar-storage"],
      attachNodeMetadata: true,
      externalUrl: "https://prometheus.example.com",
      tolerations: [{ key: "a", operator: "Exists" }],
      priorityClassName: "p",
      thanos: {
        objectStorageConfig: { name: "thanos-objstore", key: "objstore.yml" },
        disableCompaction: true,
        blockDuration: "2h",
        minTime: "3h",
        grpcTls: { certFile: "/tls/tls.crt", keyFile: "/tls/tls.key", clientCaFile: "/tls/ca.crt" },
        volumeMounts: [{ name: "tls", mountPath: "/tls" }],
        ingressFrom: [{ ipBlock: { cidr: "10.1.0.0/16" } }],
      },
      volumes: [{ name: "tls", secret: { secretName: "thanos-tls" } }],
    },
    alertmanager: {
      configSecret: "alert-routes",
      secrets: ["alert-routes-credentials"],
      storage: { size: "5Gi", storageClassName: "gp3" },
      externalUrl: "https://alerts.example.com",
      tolerations: [{ key: "a", operator: "Exists" }],
      priorityClassName: "p",
    },
  },
};

describe("the API server, with the operator's own CRDs, accepts", () => {
  beforeAll(async () => {
    for (const name of ["monitoring", "vllm"]) {
      await applier.apply({ apiVersion: "v1", kind: "Namespace", metadata: { name } });
    }
  });

  it.each(Object.entries(variants))("every manifest: %s", async (_, args) => {
    for (const manifest of await manifestsFor(args)) {
      await applier.apply(manifest, { dryRun: true });
    }
  });

  it("every manifest of AlertRoutes, AlertRules and DingTalkBridge", async () => {
    for (const manifest of await companions()) await applier.apply(manifest, { dryRun: true });
  });

  it("a pod of the bridge under the restricted Pod Security Standard", async () => {
    const pods = podsOf(await companions(), "restricted");
    await applier.apply({
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name: "restricted", labels: { "pod-security.kubernetes.io/enforce": "restricted" } },
    });
    await applier.apply(pods[0] ?? {}, { dryRun: true });
  });

  it("but not a field that no version of the operator has", async () => {
    const [prometheus] = (await manifestsFor({})).filter(({ kind }) => kind === "Prometheus");
    const wrong = { ...prometheus, spec: { ...(prometheus?.["spec"] as object), scrapeIntervall: "15s" } };
    await expect(applier.apply(wrong, { dryRun: true })).rejects.toThrow(/scrapeIntervall/);
  });
});

/** The objects that stand beside KubePrometheus in a stack. */
async function companions(): Promise<Manifest[]> {
  const run = await runWithMocks(() => {
    new AlertRoutes("alert-routes", { ...routesExample, namespace: "monitoring" });
    new AlertRules("alerts", {
      namespace: "monitoring",
      ruleSets,
      runbookBaseUrl: "https://runbooks.example.com",
    });
    new DingTalkBridge("dingtalk-bridge", {
      namespace: "monitoring",
      image: "registry.example.com/dingtalk-bridge:0.1.0",
      robots: [
        { name: "oncall", accessToken: "token", signingSecret: "SEC", mentionMobiles: ["13800000000"] },
        { name: "team", accessToken: "token", keyword: "vLLM", messageType: "actionCard" },
      ],
      alertmanagerUrl: "https://alerts.example.com",
      timezone: "Asia/Shanghai",
      ingressFrom: [{ namespaceSelector: {} }],
      tolerations: [{ key: "a", operator: "Exists" }],
      priorityClassName: "p",
    });
  });
  return manifestsOf(run);
}

/** A monitor with a bearer token, and a rule, outside the component's namespace. */
const foreign = [
  {
    apiVersion: "monitoring.coreos.com/v1",
    kind: "PodMonitor",
    metadata: { name: "replicas", namespace: "vllm" },
    spec: {
      selector: { matchLabels: { app: "vllm" } },
      podMetricsEndpoints: [
        { port: "http", authorization: { type: "Bearer", credentials: { name: "scrape", key: "token" } } },
      ],
    },
  },
  {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: "scrape", namespace: "vllm" },
    stringData: { token: "s3cr3t" },
  },
  {
    apiVersion: "monitoring.coreos.com/v1",
    kind: "PrometheusRule",
    metadata: { name: "rules", namespace: "vllm" },
    spec: { groups: [{ name: "g", rules: [{ record: "a:b:c", expr: "vector(1)" }] }] },
  },
];

describe.each([
  ["in all namespaces", {}],
  ["in the named namespaces", { watchNamespaces: ["vllm"] }],
])("the real operator, with the rights of its own account %s,", (_, scope) => {
  let operator: RunningOperator;

  beforeAll(async () => {
    const manifests = await manifestsFor({
      ...variants["embedded"],
      ...scope,
      credentialNamespaces: ["vllm"],
    });
    await applier.apply({ apiVersion: "v1", kind: "Namespace", metadata: { name: "monitoring" } });
    await applier.apply({ apiVersion: "v1", kind: "Namespace", metadata: { name: "vllm" } });
    for (const manifest of [...foreign, ...(await companions()), ...manifests]) await applier.apply(manifest);
    const deployment = manifests.find(({ kind }) => kind === "Deployment");
    const args = at(deployment, "spec.template.spec.containers[0].args") as string[];
    operator = await startOperator(server, { namespace: "monitoring", name: "monitoring-operator" }, args);
    await eventually(() => secret("prometheus-monitoring")).catch((error: unknown) => {
      throw new Error(`no configuration came; the operator's log:\n${operator.log()}`, { cause: error });
    });
  });

  afterAll(async () => {
    await operator.stop();
    // Its rights must not help the next one, nor what it has written.
    const list = "/apis/rbac.authorization.k8s.io/v1";
    for (const scoped of ["monitoring", "vllm"]) {
      for (const kind of ["roles", "rolebindings"]) {
        await server.request("DELETE", `${list}/namespaces/${scoped}/${kind}`);
      }
    }
    for (const name of ["operator-cluster", "operator-discovery", "prometheus-discovery"]) {
      for (const kind of ["clusterroles", "clusterrolebindings"]) {
        await server
          .request("DELETE", `${list}/${kind}/monitoring-monitoring-${name}`)
          .catch(() => undefined);
      }
    }
    await server.request("DELETE", "/apis/monitoring.coreos.com/v1/namespaces/monitoring/alertmanagers");
    await server.request("DELETE", "/api/v1/namespaces/monitoring/secrets");
    await server.request("DELETE", "/apis/apps/v1/namespaces/monitoring/statefulsets");
  });

  it("writes Prometheus' configuration with every monitor", async () => {
    const config = await eventually(async () => {
      const parsed = configurationOf(await secret("prometheus-monitoring"));
      if (parsed.scrape_configs.length < 7) throw new Error(`${String(parsed.scrape_configs.length)} jobs`);
      return parsed;
    });
    expect(config.scrape_configs.map(({ job_name }) => job_name).sort()).toEqual([
      "podMonitor/monitoring/dingtalk-bridge/0",
      "podMonitor/monitoring/monitoring-alertmanager/0",
      "podMonitor/monitoring/monitoring-alertmanager/1",
      "podMonitor/monitoring/monitoring-operator/0",
      "podMonitor/monitoring/monitoring-prometheus/0",
      "podMonitor/monitoring/monitoring-prometheus/1",
      "podMonitor/vllm/replicas/0",
    ]);
    expect(config.global).toMatchObject({
      scrape_interval: "15s",
      scrape_timeout: "10s",
      evaluation_interval: "15s",
      external_labels: { cluster: "gpu-1", prometheus_replica: "$(POD_NAME)" },
    });
    const foreignJob = config.scrape_configs.find(({ job_name }) => job_name.startsWith("podMonitor/vllm"));
    expect(at(foreignJob, "authorization.credentials")).toBe("s3cr3t");
    // Discovery of targets and of Alertmanager speak to the same API server in the same way.
    const ways = [foreignJob, at(config, "alerting.alertmanagers[0]")].map((section) => {
      const sd = at(section, "kubernetes_sd_configs[0]") as Record<string, unknown>;
      return [sd["api_server"], sd["authorization"], sd["tls_config"]];
    });
    expect(ways[0]?.[0]).toBe("https://127.0.0.1:6443");
    expect(ways[1]).toEqual(ways[0]);
  });

  it("hands the routes to Alertmanager, also through its own strict decoder", async () => {
    const secretObject = (await companions()).find(({ metadata }) => metadata.name === "alert-routes");
    const written = at(secretObject, 'stringData["alertmanager.yaml"]') as string;
    expect(await eventually(generatedRoutes)).toBe(written);
    // With a selector the operator reads and writes the file anew; a field that it lacks would stop it.
    const path = "/apis/monitoring.coreos.com/v1/namespaces/monitoring/alertmanagers/monitoring";
    const selector = { spec: { alertmanagerConfigSelector: { matchLabels: { any: "none" } } } };
    await server.request("PATCH", path, selector, "application/merge-patch+json");
    const decoded = await eventually(async () => {
      const text = await generatedRoutes();
      if (text === written) throw new Error(`the operator did not write it anew:\n${operator.log()}`);
      return text;
    });
    expect(withoutEmpty(parse(decoded))).toEqual(withoutEmpty(parse(written)));
  });

  it("writes the rule files", async () => {
    const file = await eventually(() =>
      server.request("GET", "/api/v1/namespaces/monitoring/configmaps/prometheus-monitoring-rulefiles-0"),
    );
    const rules = Object.values(file["data"] as Record<string, string>).join();
    for (const part of ["a:b:c", "HighWaitingRequests", "Watchdog"]) expect(rules).toContain(part);
  });

  it("tells the monitors and rules that they were accepted", async () => {
    for (const path of ["podmonitors/replicas", "prometheusrules/rules"]) {
      await eventually(async () => {
        const object = await server.request("GET", `/apis/monitoring.coreos.com/v1/namespaces/vllm/${path}`);
        const condition = at(object, "status.bindings[0].conditions[0]");
        expect(condition, path).toMatchObject({ type: "Accepted", status: "True" });
      });
    }
  });

  it("makes pods that pass the restricted Pod Security Standard", async () => {
    await applier.apply({
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name: "restricted", labels: { "pod-security.kubernetes.io/enforce": "restricted" } },
    });
    for (const name of ["prometheus-monitoring", "alertmanager-monitoring"]) {
      const set = await eventually(() =>
        server.request("GET", `/apis/apps/v1/namespaces/monitoring/statefulsets/${name}`),
      );
      const template = at(set, "spec.template") as { spec: object };
      const pod = {
        apiVersion: "v1",
        kind: "Pod",
        metadata: { name, namespace: "restricted" },
        spec: template.spec,
      };
      await applier.apply(pod, { dryRun: true });
      expect(at(set, "spec.serviceName"), name).toBe(`${name.split("-")[0] ?? ""}-operated`);
    }
  });

  it("lets go of what it served", async () => {
    const object = "/apis/monitoring.coreos.com/v1/namespaces/monitoring/prometheuses/monitoring";
    await eventually(async () => {
      expect(at(await server.request("GET", object), "metadata.finalizers")).toEqual([
        "monitoring.coreos.com/status-cleanup",
      ]);
    });
    await server.request("DELETE", object);
    await eventually(() => expect(server.request("GET", object)).rejects.toThrow(/404/));
    const monitor = await server.request(
      "GET",
      "/apis/monitoring.coreos.com/v1/namespaces/vllm/podmonitors/replicas",
    );
    expect(at(monitor, "status.bindings") ?? []).toEqual([]);
  });

  it("was never refused anything", () => {
    const complaints = operator
      .log()
      .split("\n")
      .filter((line) => /level=error|forbidden|missing permission|lacks required permissions/i.test(line))
      // Two writers met, or the object went while its status or its finalizer was being written: nothing was refused.
      .filter(
        (line) => !/the object has been modified|(?:status subresource|finalizer).* not found/.test(line),
      );
    expect(complaints).toEqual([]);
  });
});

const STATEFUL_SETS = "/apis/apps/v1/namespaces/monitoring/statefulsets";

it("the real operator makes an agent from a PrometheusAgent, with the rights of its account", async () => {
  // The monitor of another namespace names a Secret there.
  const manifests = await manifestsFor({ ...variants["agent"], credentialNamespaces: ["vllm"] });
  const token = { apiVersion: "v1", kind: "Secret", metadata: { name: "mimir", namespace: "monitoring" } };
  await applier.apply({ ...token, stringData: { token: "s3cr3t" } });
  for (const manifest of manifests) await applier.apply(manifest);
  const deployment = manifests.find(({ kind }) => kind === "Deployment");
  const args = at(deployment, "spec.template.spec.containers[0].args") as string[];
  const account = { namespace: "monitoring", name: "monitoring-operator" };
  const operator = await startOperator(server, account, args);
  try {
    for (const name of ["prom-agent-monitoring", "prom-agent-monitoring-shard-1"]) {
      const set = await eventually(() => server.request("GET", `${STATEFUL_SETS}/${name}`));
      expect(at(set, "spec.serviceName")).toBe("prometheus-agent-operated");
      expect(at(set, "spec.template.spec.containers[0].args")).toContain("--agent");
    }
    const data = await eventually(() => secret("prom-agent-monitoring"));
    const config = configurationOf(data) as unknown as { remote_write: unknown[] };
    expect(at(config.remote_write[0], "authorization")).toEqual({ type: "Bearer", credentials: "s3cr3t" });
    expect(operator.log()).not.toMatch(/forbidden|level=error/);
  } finally {
    await operator.stop();
    await server.request(
      "DELETE",
      "/apis/monitoring.coreos.com/v1alpha1/namespaces/monitoring/prometheusagents",
    );
    await server.request("DELETE", STATEFUL_SETS);
  }
});

it("the operator notices when a right is missing, so that the test above can fail", async () => {
  const manifests = await manifestsFor(variants["embedded"] ?? {});
  for (const manifest of manifests) {
    const weaker = structuredClone(manifest);
    if (weaker.kind === "ClusterRole" && weaker.metadata.name.endsWith("discovery")) {
      const rules = weaker["rules"] as { resources: string[] }[];
      rules.forEach((rule) => (rule.resources = rule.resources.filter((name) => name !== "podmonitors")));
    }
    await applier.apply(weaker);
  }
  const args = at(
    manifests.find(({ kind }) => kind === "Deployment"),
    "spec.template.spec.containers[0].args",
  ) as string[];
  const operator = await startOperator(
    server,
    { namespace: "monitoring", name: "monitoring-operator" },
    args,
  );
  try {
    await eventually(() => {
      expect(operator.log()).toMatch(/podmonitors.* is forbidden/);
      return Promise.resolve();
    });
  } finally {
    await operator.stop();
  }
});

/** alertmanager.yaml as Alertmanager's pods get it. */
async function generatedRoutes(): Promise<string> {
  const data = await secret("alertmanager-monitoring-generated");
  return gunzipSync(Buffer.from(data["alertmanager.yaml.gz"] ?? "", "base64")).toString();
}

/** A configuration without fields that are empty, which the operator leaves out or adds. */
function withoutEmpty(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutEmpty);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, inner]) => !(Array.isArray(inner) && inner.length === 0))
      .map(([key, inner]) => [key, withoutEmpty(inner)]),
  );
}

interface PrometheusConfiguration {
  global: Record<string, unknown>;
  scrape_configs: { job_name: string }[];
}

function configurationOf(data: Record<string, string>): PrometheusConfiguration {
  const text = gunzipSync(Buffer.from(data["prometheus.yaml.gz"] ?? "", "base64")).toString();
  return parse(text) as PrometheusConfiguration;
}

async function secret(name: string): Promise<Record<string, string>> {
  const object = await server.request("GET", `/api/v1/namespaces/monitoring/secrets/${name}`);
  return object["data"] as Record<string, string>;
}
