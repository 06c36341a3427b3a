/** The whole program of each environment, without an engine. */
import * as pulumi from "@pulumi/pulumi";
import { parse } from "yaml";
import { afterEach, describe, expect, test } from "vitest";
import { environmentProgram, defineStack } from "../../../stacks/program.ts";
import { at, runWithMocks, valueOf, type MockRun } from "../../support/mocks.ts";
import { environments, settingsOf, valuesOf } from "./support.ts";

/** Long enough for a seed. */
const planted = (key: string) => `planted-${key}-0123456789abcdef0123456789abcdef`;
const access = { kubeconfig: "planted-kubeconfig", clusterIdentifier: "this-cluster" };

const runs = new Map<string, Promise<MockRun>>();

/** A run of the program; the same changes are run once. */
function run(environment: string, changes: [string, unknown][] = []): Promise<MockRun> {
  const key = JSON.stringify([environment, changes]);
  const known = runs.get(key) ?? start(environment, changes);
  runs.set(key, known);
  return known;
}

function start(environment: string, changes: [string, unknown][]): Promise<MockRun> {
  const { settings, secretKeys } = settingsOf(environment, changes);
  return runWithMocks(
    () => {
      const secrets = Object.fromEntries(secretKeys.map((key) => [key, pulumi.secret(planted(key))]));
      return defineStack({ settings, secrets, access });
    },
    { stack: environment },
  );
}

const urns = (result: MockRun) => result.resources.map((resource) => resource.urn);

describe.each(environments)("%s", (environment) => {
  test("registers every model with all its parts, each URN once", async () => {
    const result = await run(environment);
    const { settings } = settingsOf(environment);
    expect(new Set(urns(result)).size).toBe(result.resources.length);
    for (const model of settings.fleet.models) {
      const kinds = result.childrenOf(model.name).map((child) => child.type.split(":").at(-1));
      const expected = [
        "Deployment",
        "NetworkPolicy",
        "PodMonitor",
        "PrometheusRule",
        "Service",
        "ServiceAccount",
      ];
      const { autoscaling } = model;
      const scaler = autoscaling?.scaler === "keda" ? "ScaledObject" : "HorizontalPodAutoscaler";
      // A model that may have no replica, and no objectives, has no rules of its own.
      if (model.replicas === 0) expected.splice(expected.indexOf("PrometheusRule"), 1);
      const more = [
        ...(autoscaling === undefined ? [] : [scaler]),
        ...(autoscaling !== undefined || model.replicas > 1 ? ["PodDisruptionBudget"] : []),
      ];
      expect(kinds.sort(), model.name).toEqual([...expected, ...more].sort());
      const deployment = result.find("kubernetes:apps/v1:Deployment", `${model.name}-server`);
      // An autoscaler owns the number: the Deployment that named one too would undo its work.
      if (autoscaling === undefined) expect(at(deployment.inputs, "spec.replicas")).toBe(model.replicas);
      else expect(deployment.inputs["spec"]).not.toHaveProperty("replicas");
      expect(at(deployment.inputs, "spec.template.spec.containers[0].image")).toBe(model.image);
      expect(at(deployment.inputs, "metadata.namespace")).toBe(settings.fleet.namespace);
    }
    for (const type of [
      "KubePrometheus",
      "MonitoringCrds",
      "AlertRoutes",
      "DingTalkBridge",
      "GrafanaDashboards",
    ])
      expect(result.all(type), type).toHaveLength(1);
    // The rules that depend on no model, and those of each.
    const ruled = settings.fleet.models.filter(({ replicas }) => replicas > 0);
    expect(result.all("AlertRules")).toHaveLength(1 + ruled.length);
  });

  test("every object goes through the one provider of its kind", async () => {
    const result = await run(environment);
    const provider = result.find("pulumi:providers:kubernetes", "kubernetes");
    expect(provider.inputs).toMatchObject({
      clusterIdentifier: "this-cluster",
      enableServerSideApply: "true",
      enableConfigMapMutable: "true",
      enableSecretMutable: "true",
    });
    expect(provider.secretPaths).toContain("kubeconfig");
    const objects = result.resources.filter(
      (resource) => resource.custom && !resource.type.startsWith("pulumi:providers:"),
    );
    for (const object of objects) {
      const of = object.type.startsWith("aws:") ? result.find("pulumi:providers:aws", "aws") : provider;
      expect(object.provider, object.urn).toContain(`${of.urn}::`);
    }
  });

  test("no secret stands anywhere in clear", async () => {
    const result = await run(environment);
    const { secretKeys } = settingsOf(environment);
    const found = new Set<string>();
    for (const resource of result.resources) {
      const secret = { paths: resource.secretPaths, value: resource.inputs };
      visit(secret.value, "", (path, text) => {
        const key = secretKeys.find((name) => text.includes(planted(name)));
        if (key === undefined && !text.includes(access.kubeconfig)) return;
        if (key !== undefined) found.add(key);
        const isSecret = secret.paths.some(
          (prefix) => path === prefix || path.startsWith(`${prefix}.`) || path.startsWith(`${prefix}[`),
        );
        expect(isSecret, `${resource.urn} ${path} in clear`).toBe(true);
      });
      expect(JSON.stringify(resource.outputs ?? {})).not.toContain("planted-");
    }
    expect([...found].sort()).toEqual(secretKeys);
  });

  test("the outputs are versioned and hold no secret", async () => {
    const result = await run(environment);
    const outputs = await valueOf(result.result as pulumi.Output<unknown>);
    const { settings } = settingsOf(environment);
    expect(outputs).toMatchObject({
      version: 1,
      environment,
      cluster: settings.cluster.name,
      monitoring: {
        prometheusUrl: "http://prometheus.monitoring.svc:9090",
        alertmanagerUrl: "http://alertmanager.monitoring.svc:9093",
      },
      models: settings.fleet.models.map(({ name, servedModelName }) => ({
        name,
        servedModelName,
        endpoint: `http://${name}.vllm.svc:8000`,
      })),
      nodeGroups: settings.nodeGroups.flatMap(({ name, gpu, maxSize }) =>
        gpu === undefined
          ? []
          : [
              {
                name,
                gpuKind: gpu.kind,
                gpusPerNode: gpu.count,
                maximumNodes: maxSize,
                maximumGpus: maxSize * gpu.count,
              },
            ],
      ),
    });
    expect(JSON.stringify(outputs)).not.toContain("planted-");
  });
});

function visit(value: unknown, path: string, text: (path: string, text: string) => void): void {
  if (typeof value === "string") text(path, value);
  else if (Array.isArray(value))
    value.forEach((item, index) => {
      visit(item, `${path}[${String(index)}]`, text);
    });
  else if (typeof value === "object" && value !== null)
    for (const [key, inner] of Object.entries(value)) {
      const step = /^[A-Za-z_$][\w$-]*$/.test(key)
        ? path === ""
          ? key
          : `.${key}`
        : `[${JSON.stringify(key)}]`;
      visit(inner, path + step, text);
    }
}

describe("a fleet that grows", () => {
  const models = (count: number) => {
    const [first] = (valuesOf("prod")["fleet"] as { models: Record<string, unknown>[] }).models.slice(1);
    return Array.from({ length: count }, (_, index) => ({
      ...first,
      name: `model-${String(index)}`,
      servedModelName: `org/model-${String(index)}`,
    }));
  };
  const grown = (count: number) =>
    run("prod", [
      ["fleet.models", models(count)],
      ["nodeGroups[1].maxSize", 1000],
      ["routes.rules", []],
    ]);

  // Four whole programs, which a busy machine takes a minute for.
  test("grows by the same number of resources with each model", { timeout: 240_000 }, async () => {
    const counts = [];
    for (const count of [1, 2, 3, 20]) counts.push((await grown(count)).resources.length);
    const [one = 0, two = 0, three, twenty] = counts;
    const each = two - one;
    expect(each).toBe(11);
    expect(three).toBe(one + 2 * each);
    expect(twenty).toBe(one + 19 * each);
  });

  test("a new model changes nothing but its own resources", async () => {
    const before = await grown(2);
    const after = await grown(3);
    const added = after.resources.filter((resource) => !urns(before).includes(resource.urn));
    for (const resource of added) expect(resource.urn).toMatch(/::model-2(-\w+)?$/);
    for (const old of before.resources) {
      const now = after.resources.find((resource) => resource.urn === old.urn);
      // The gateway serves the new model too: its list of models changes, and its pods roll with it.
      if (/::gateway(-config|-proxy)?$/.test(old.urn)) continue;
      expect(now?.inputs, old.urn).toEqual(old.inputs);
    }
  });
});

describe("order", () => {
  test("namespaces and CRDs come before what needs them, the configuration before Alertmanager", async () => {
    const { resources } = await run("prod");
    const position = (name: string, type = "") =>
      resources.findIndex((resource) => resource.name === name && resource.type.includes(type));
    const crds = resources.filter((resource) => resource.type.endsWith("CustomResourceDefinition"));
    const lastCrd = Math.max(...crds.map((crd) => resources.indexOf(crd)));
    expect(crds).toHaveLength(10);
    for (const monitor of resources.filter((resource) =>
      /PodMonitor|PrometheusRule|monitoring.coreos.com\/v1:(Prometheus|Alertmanager)$/.test(resource.type),
    ))
      expect(resources.indexOf(monitor), monitor.urn).toBeGreaterThan(lastCrd);
    expect(position("llama-70b-fp8-server")).toBeGreaterThan(position("namespace-vllm"));
    expect(position("alert-routes", "Secret")).toBeGreaterThan(position("namespace-monitoring"));
    expect(position("monitoring-alertmanager", "Alertmanager")).toBeGreaterThan(
      position("alert-routes", "Secret"),
    );
  });

  test("a model waits for its hub token", async () => {
    const result = await run("prod");
    const token = result.find("kubernetes:core/v1:Secret", "vllm-hugging-face-token");
    expect(token.inputs).toMatchObject({ metadata: { name: "hugging-face-token", namespace: "vllm" } });
    expect(result.find("VllmDeployment", "llama-8b-dp").dependencies).toContain(token.urn);
  });
});

describe("namespaces", () => {
  test("enforce the restricted standard, the baseline where a pod mounts NFS", async () => {
    const enforced = (result: MockRun, name: string) =>
      at(
        result.find("kubernetes:core/v1:Namespace", name).inputs,
        'metadata.labels["pod-security.kubernetes.io/enforce"]',
      );
    expect(enforced(await run("staging"), "namespace-vllm")).toBe("restricted");
    const prod = await run("prod");
    expect(enforced(prod, "namespace-vllm")).toBe("baseline");
    expect(enforced(prod, "namespace-monitoring")).toBe("restricted");
  });

  test("one for each that a model names", async () => {
    const result = await run("dev", [["fleet.models[1].namespace", "chat"]]);
    expect(
      result
        .all("Namespace")
        .map((namespace) => namespace.name)
        .filter((name) => name.startsWith("namespace-"))
        .sort(),
    ).toEqual(["namespace-chat", "namespace-gateway", "namespace-monitoring", "namespace-vllm"]);
  });
});

describe("autoscalers", () => {
  test("of models that prometheus-adapter answers have its rules, all in one ConfigMap", async () => {
    const result = await run("prod");
    const rules = at(
      result.find("ConfigMap", "prometheus-adapter-rules").inputs,
      'data["config.yaml"]',
    ) as string;
    const metrics = at(
      result.find("HorizontalPodAutoscaler", "mistral-7b-lora-autoscaler").inputs,
      "spec.metrics",
    ) as { external: { metric: { name: string } } }[];
    expect(metrics).toHaveLength(2);
    for (const { external } of metrics) expect(rules).toContain(`as: ${external.metric.name}`);
    expect((await run("dev")).all("ConfigMap").map(({ name }) => name)).not.toContain(
      "prometheus-adapter-rules",
    );
  });

  test("ask the Prometheus of the stack, which lets KEDA in", async () => {
    const result = await run("staging");
    const scaled = result.find("ScaledObject", "mistral-7b-lora-scaler");
    expect(at(scaled.inputs, "spec.triggers[0].metadata.serverAddress")).toBe(
      "http://prometheus.monitoring.svc:9090",
    );
    const policies = result
      .all("NetworkPolicy")
      .filter(({ inputs }) => JSON.stringify(inputs).includes('"keda"'));
    expect(policies.length).toBeGreaterThan(0);
    const none = await run("local");
    expect(JSON.stringify(none.all("NetworkPolicy").map(({ inputs }) => inputs))).not.toContain('"keda"');
  });

  test("wake a model that has no replica by the gateway's requests", async () => {
    const triggers = at((await run("dev")).find("ScaledObject").inputs, "spec.triggers") as {
      name: string;
    }[];
    expect(triggers.map(({ name }) => name)).toEqual(["waiting-requests", "gateway-requests"]);
  });
});

describe("the gateway", () => {
  test("knows the models' endpoints, has a namespace and a database of its own", async () => {
    const result = await run("prod");
    const config = at(result.find("ConfigMap", "gateway-config").inputs, 'data["config.yaml"]');
    expect(config).toContain("api_base: http://deepseek-v3.vllm.svc:8000/v1");
    expect(config).not.toContain("planted-");
    const database = result.find("Secret", "gateway-database");
    expect(database.inputs).toMatchObject({ stringData: { url: planted("gatewayDatabaseUrl") } });
    expect(result.find("LiteLlmGateway").dependencies).toEqual(
      expect.arrayContaining([database.urn, result.find("Namespace", "namespace-gateway").urn]),
    );
    const outputs = await valueOf(result.result as pulumi.Output<unknown>);
    expect(outputs).toMatchObject({ gateway: { endpoint: "http://gateway.gateway.svc:4000" } });
  });

  test("and none where the configuration has none", async () => {
    const result = await run("local");
    expect(result.all("LiteLlmGateway")).toEqual([]);
    expect(await valueOf(result.result as pulumi.Output<unknown>)).not.toHaveProperty("gateway");
  });
});

test("without a DingTalk robot there is no bridge", async () => {
  const result = await run("dev", [
    ["receivers", [{ kind: "webhook", name: "hook", url: "https://hook.example.com" }]],
    ["routes.defaultReceiver", "hook"],
    ["monitoring.images.dingtalkBridge", undefined],
  ]);
  expect(result.all("DingTalkBridge")).toEqual([]);
});

describe("the program as the engine runs it", () => {
  const kubeconfig = process.env["KUBECONFIG"];
  afterEach(() => {
    if (kubeconfig === undefined) delete process.env["KUBECONFIG"];
    else process.env["KUBECONFIG"] = kubeconfig;
  });
  const engineConfig = (environment: string) =>
    Object.fromEntries(
      Object.entries(valuesOf(environment)).map(([key, value]) => [
        `vllm-monitoring:${key}`,
        typeof value === "string" ? value : JSON.stringify(value),
      ]),
    );
  const prodSecrets = () => settingsOf("prod").secretKeys;
  const options = (): { stack: string; config: Record<string, string>; secretKeys: string[] } => ({
    stack: "prod",
    config: {
      ...engineConfig("prod"),
      ...Object.fromEntries(prodSecrets().map((key) => [`vllm-monitoring:${key}`, planted(key)])),
      "aws:region": "eu-central-1",
    },
    secretKeys: prodSecrets().map((key) => `vllm-monitoring:${key}`),
  });

  test("reads its configuration and secrets from the engine", async () => {
    const result = await runWithMocks(environmentProgram({ root: "/" }), options());
    expect(result.resources).toHaveLength((await run("prod")).resources.length);
    const token = result.find("kubernetes:core/v1:Secret", "vllm-hugging-face-token");
    expect(token.inputs).toMatchObject({ stringData: { token: planted("huggingFaceToken") } });
    expect(token.secretPaths).not.toEqual([]);
  });

  test("registers nothing when the configuration is wrong", async () => {
    const wrong = options();
    wrong.config["vllm-monitoring:environment"] = "staging";
    let registered: unknown;
    const program = async () => {
      try {
        await environmentProgram({ root: "/" })();
      } catch (error) {
        registered = error;
      }
    };
    const result = await runWithMocks(program, wrong);
    expect(result.resources).toEqual([]);
    expect(String(registered)).toContain('environment: got "staging"; expected prod');
  });

  test("says how to get a cluster when there is none", async () => {
    delete process.env["KUBECONFIG"];
    const config = { stack: "local", config: engineConfig("local") };
    const given = Object.fromEntries(settingsOf("local").secretKeys.map((key) => [key, "x"]));
    await expect(runWithMocks(environmentProgram({ root: "/", secrets: given }), config)).rejects.toThrow(
      /run make up first/,
    );
  });
});

describe("a Grafana of the stack's own", () => {
  const sourcesOf = async (environment: string) => {
    const result = await run(environment);
    const files = result
      .all("kubernetes:core/v1:Secret")
      .map(
        ({ inputs }) => (inputs["stringData"] as Record<string, string> | undefined)?.["datasources.yaml"],
      );
    const text = files.find((file) => file !== undefined) ?? "";
    return (parse(text) as { datasources: { name: string; url: string; isDefault?: boolean }[] }).datasources;
  };

  test("asks Prometheus first, and Thanos for what is older or of other clusters", async () => {
    const sources = await sourcesOf("prod");
    expect(sources.map(({ name }) => name)).toEqual(["Prometheus", "Thanos", "Alertmanager"]);
    expect(sources.filter(({ isDefault }) => isDefault === true).map(({ name }) => name)).toEqual([
      "Prometheus",
    ]);
    expect(sources[1]?.url).toMatch(/^http:\/\/thanos-query-frontend\.monitoring\.svc/);
  });
});

test("dashboards go through Grafana's HTTP API where the configuration says so, by a provider of their own", async () => {
  const delivery = { kind: "api", url: "https://example.grafana.net", tokenFromSecret: "grafanaToken" };
  const result = await run("local", [["monitoring.grafana", { delivery }]]);
  const provider = result.find("pulumi:providers:grafana", "grafana");
  expect(provider.inputs).toMatchObject({
    url: "https://example.grafana.net",
    auth: planted("grafanaToken"),
  });
  expect(provider.secretPaths).toEqual(["auth"]);
  const boards = result.resources.filter(({ type }) => type === "grafana:oss/dashboard:Dashboard");
  expect(boards.length).toBeGreaterThan(9);
  expect(
    result.resources.filter(({ name }) => name.startsWith("dashboards-")).map(({ type }) => type),
  ).not.toContain("kubernetes:core/v1:ConfigMap");
});
