/** From settings to the arguments of the components. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { clusterAccess, minimalKubeconfig } from "../../../stacks/mapping/kubeconfig.ts";
import { alertRoutesArgs, dingTalkBridgeArgs } from "../../../stacks/mapping/alerting.ts";
import { loadSecondsOf } from "../../../stacks/mapping/load-time.ts";
import { gatewayArgs, gatewayPodLabels } from "../../../stacks/mapping/gateway.ts";
import { tolerationsOf, vllmDeploymentArgs } from "../../../stacks/mapping/model.ts";
import { kubePrometheusArgs, prometheusSize } from "../../../stacks/mapping/monitoring.ts";
import { fleetSecrets, secretName } from "../../../stacks/mapping/secrets.ts";
import { settingsOf } from "./support.ts";

const { settings: prod } = settingsOf("prod");
const { settings: local } = settingsOf("local");
const modelOf = (name: string, settings = prod) => {
  const model = settings.fleet.models.find((candidate) => candidate.name === name);
  if (model === undefined) throw new Error(name);
  return vllmDeploymentArgs(model, settings);
};

describe("a model", () => {
  test("from S3, with tensor parallelism and FP8", () => {
    expect(modelOf("llama-70b-fp8")).toMatchObject({
      name: "llama-70b-fp8",
      namespace: "vllm",
      team: "chat",
      autoscaled: true,
      model: {
        source: { kind: "s3", s3: { uri: "s3://example-vllm-models-prod/llama-3.3-70b-instruct-fp8/" } },
        quantization: "fp8",
        maxLength: 131072,
      },
      parallelism: { tensor: 4, pipeline: 1, data: 1 },
      gpu: { count: 4, product: "NVIDIA-H100-80GB-HBM3" },
      maxSequences: 256,
      resources: { cpuRequest: "16", memoryLimit: "256Gi", sharedMemory: "32Gi" },
      startup: { expectedLoadSeconds: 1200 },
      monitor: { interval: "15s", timeout: "10s" },
      network: {
        monitoringNamespace: "monitoring",
        clients: [{ namespace: "gateway", podLabels: gatewayPodLabels }],
      },
    });
  });

  test("loads as long as it says, or as its size tells, or else ten minutes", () => {
    const seconds = (changes: [string, unknown][]) => {
      const { settings } = settingsOf("local", changes);
      const [first] = settings.fleet.models;
      return first === undefined ? 0 : loadSecondsOf(first);
    };
    const path = "fleet.models[0]";
    expect(seconds([])).toBe(60);
    // 8.03 billion parameters in 16 bit are 15 GiB: 154 s at 100 MiB a second.
    expect(seconds([[`${path}.loadSeconds`, undefined]])).toBe(180 + 154);
    expect(
      seconds([
        [`${path}.loadSeconds`, undefined],
        [`${path}.size`, undefined],
      ]),
    ).toBe(600);
  });

  test("from NFS, with adapters and two API servers", () => {
    expect(modelOf("mistral-7b-lora")).toMatchObject({
      apiServerCount: 2,
      model: {
        source: { kind: "nfs", nfs: { path: "/models", directory: "mistral-7b-instruct-v0.3" } },
        lora: {
          maxAdapters: 3,
          adapters: [{ name: "sql-writer", path: "example-org/mistral-7b-sql-writer" }, {}, {}],
        },
      },
    });
  });

  test("from the hub, with a token", () => {
    expect(modelOf("llama-8b-dp")).toMatchObject({
      parallelism: { data: 4 },
      model: { source: { kind: "hub", hub: { tokenSecret: { name: "hugging-face-token", key: "token" } } } },
    });
  });

  test("leaves out what the settings leave out", () => {
    const args = modelOf("llama-8b", local);
    for (const key of ["apiServerCount", "gpuMemoryUtilization"]) expect(args).not.toHaveProperty(key);
    expect(args.model).not.toHaveProperty("lora");
    expect(args.resources).toEqual({});
  });

  test("tolerates the taints of its kind of nodes, each once", () => {
    const [first] = prod.fleet.models;
    const taint = { key: "nvidia.com/gpu", value: "true", effect: "NoSchedule" as const };
    const soft = { key: "spare", effect: "PreferNoSchedule" as const };
    const [group] = prod.nodeGroups;
    if (first === undefined || group === undefined) throw new Error("prod has no models or groups");
    const groups = [
      { ...group, taints: [taint, soft] },
      { ...group, name: "more", taints: [taint, { key: "reserved", effect: "NoExecute" as const }] },
      {
        ...group,
        name: "other",
        gpu: { kind: "t4" as const, count: 1 },
        taints: [{ key: "t4", effect: "NoSchedule" as const }],
      },
    ];
    expect(tolerationsOf(first, groups)).toEqual([taint, { key: "reserved", effect: "NoExecute" }]);
  });
});

describe("the monitoring", () => {
  const wiring = { configSecret: "c", secrets: ["s"] };

  test("of production", () => {
    expect(kubePrometheusArgs(prod, wiring)).toMatchObject({
      cluster: "vllm-prod",
      externalLabels: { environment: "prod", region: "eu-central-1" },
      installCrds: false,
      images: { registry: "registry.example.com/quay" },
      prometheus: {
        replicas: 2,
        retention: "15d",
        retentionSize: "170GB",
        storage: { size: "200Gi", storageClassName: "gp3" },
        resources: { requests: { cpu: "2", memory: "16Gi" }, limits: { memory: "16Gi" } },
      },
      alertmanager: { ...wiring, replicas: 3, retention: "240h", storage: { size: "4Gi" } },
      networkPolicies: {
        ingressFrom: ["grafana", "keda"].map((name) => ({
          namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": name } },
        })),
      },
    });
    expect(kubePrometheusArgs(prod, wiring).images).not.toHaveProperty("dingtalkBridge");
  });

  test("of the embedded cluster, which keeps what is not uploaded yet", () => {
    expect(kubePrometheusArgs(local, wiring)).toMatchObject({ prometheus: { storage: { size: "5Gi" } } });
  });

  test.each([
    ["50GiB", "50GB"],
    ["512MB", "512MB"],
  ])("size %s", (size, expected) => {
    expect(prometheusSize(size)).toBe(expected);
  });
});

describe("the alerting", () => {
  const secretOf = (key: string) => `value of ${key}`;

  test("every kind of receiver, credentials from the secrets", () => {
    const { receivers, heartbeat, retention } = alertRoutesArgs(prod, secretOf, "http://bridge");
    expect(receivers).toMatchObject([
      { name: "heartbeat", webhook: [{ secretUrl: "value of heartbeatUrl", sendResolved: false }] },
      { name: "oncall-dingtalk", dingtalk: [{ bridgeUrl: "http://bridge", robot: "oncall-dingtalk" }] },
      { name: "oncall-pagerduty", pagerduty: [{ routingKey: "value of pagerdutyRoutingKey" }] },
      {
        name: "search-slack",
        slack: [{ channel: "#search-llm-alerts", webhookUrl: "value of slackWebhookUrl" }],
      },
      {
        name: "team-email",
        email: [{ username: "alertmanager", password: "value of smtpPassword", requireTls: true }],
      },
    ]);
    expect(heartbeat).toEqual({ receiver: "heartbeat" });
    expect(retention).toBe("240h");
  });

  test("a WeCom application, and times for a rule", () => {
    const office = { name: "office", timeZone: "Asia/Shanghai", windows: [{ weekdays: ["monday"] }] };
    const { settings } = settingsOf("prod", [
      [
        "receivers[2]",
        {
          kind: "wecom",
          name: "team-email",
          corpId: "ww1",
          agentId: "1000002",
          apiSecretFromSecret: "wecomSecret",
          toTags: ["2", "1"],
        },
      ],
      ["routes.timeIntervals", [office]],
      ["routes.rules[1].activeTimeIntervals", ["office"]],
    ]);
    const { receivers, route, timeIntervals } = alertRoutesArgs(settings, secretOf, "http://bridge");
    expect(receivers.find(({ name }) => name === "team-email")).toEqual({
      name: "team-email",
      wecom: [
        {
          corpId: "ww1",
          agentId: "1000002",
          apiSecret: "value of wecomSecret",
          toUsers: [],
          toParties: [],
          toTags: ["1", "2"],
          messageType: "markdown",
          sendResolved: true,
        },
      ],
    });
    expect(timeIntervals).toEqual([office]);
    expect(route.routes?.[1]?.activeTimeIntervals).toEqual(["office"]);
  });

  test("causes mute their symptoms unless the configuration says otherwise", () => {
    const { inhibitions } = alertRoutesArgs(prod, secretOf, "http://bridge");
    expect(inhibitions?.length).toBeGreaterThan(0);
    const without = settingsOf("prod", [["routes.inhibitSymptoms", false]]);
    expect(alertRoutesArgs(without.settings, secretOf, "http://bridge").inhibitions).toEqual([]);
  });

  test("routes match severities, teams, and models by the name that they are served under", () => {
    const { settings } = settingsOf("prod", [
      [
        "routes.rules",
        [
          {
            severities: ["critical", "warning"],
            teams: ["chat"],
            models: ["llama-70b-fp8"],
            receiver: "team-email",
            groupWait: "10s",
          },
        ],
      ],
    ]);
    expect(alertRoutesArgs(settings, secretOf, "").route.routes).toEqual([
      {
        matchers: [
          { label: "severity", operator: "=~", value: "critical|warning" },
          { label: "team", operator: "=", value: "chat" },
          { label: "model_name", operator: "=", value: "meta-llama/Llama-3.3-70B-Instruct" },
        ],
        receiver: "team-email",
        continueMatching: false,
        groupWait: "10s",
      },
    ]);
  });

  test("one robot for each DingTalk receiver", () => {
    expect(dingTalkBridgeArgs(local, secretOf)).toMatchObject({
      replicas: 1,
      robots: [
        {
          name: "oncall-dingtalk",
          accessToken: "value of dingtalkAccessToken",
          signingSecret: "value of dingtalkSigningSecret",
        },
      ],
    });
  });
});

describe("secrets of the fleet", () => {
  test.each([
    ["huggingFaceToken", "hugging-face-token"],
    ["hfToken2", "hf-token2"],
    ["smtpURLKey", "smtp-url-key"],
    ["already-kebab", "already-kebab"],
  ])("%s is the Secret %s", (key, name) => {
    expect(secretName(key)).toBe(name);
  });

  test("one for each namespace and token", () => {
    const hub = { kind: "hub", repository: "a/b", revision: "v1", tokenFromSecret: "huggingFaceToken" };
    const { settings } = settingsOf("prod", [
      ["fleet.models[3].source", hub],
      ["fleet.models[7].source", hub],
      ["fleet.models[7].namespace", "embeddings"],
    ]);
    expect(fleetSecrets(settings).map(({ namespace, name }) => `${namespace}/${name}`)).toEqual([
      "embeddings/hugging-face-token",
      "vllm/hugging-face-token",
    ]);
  });
});

describe("the way to the cluster", () => {
  const directory = mkdtempSync(join(tmpdir(), "vllm-monitoring-unit-"));
  afterAll(() => {
    rmSync(directory, { recursive: true });
  });
  const kubeconfig = `
apiVersion: v1
kind: Config
current-context: one
contexts:
  - {name: one, context: {cluster: first, user: me}}
  - {name: two, context: {cluster: second, user: you}}
  - {name: broken, context: {cluster: third, user: me}}
clusters:
  - {name: first, cluster: {server: "https://1.example", certificate-authority: ca.crt}}
  - {name: second, cluster: {server: "https://2.example"}}
users:
  - {name: me, user: {client-certificate: me.crt, client-key: /keys/me.key}}
  - {name: you, user: {token: other-credential}}
`;
  const path = join(directory, "kubeconfig");
  writeFileSync(path, kubeconfig);

  test("holds the one context that is used, with absolute paths", () => {
    const text = minimalKubeconfig(kubeconfig, undefined, path);
    expect(text).not.toContain("other-credential");
    expect(parse(text)).toEqual({
      apiVersion: "v1",
      kind: "Config",
      "current-context": "one",
      contexts: [{ name: "one", context: { cluster: "one", user: "one" } }],
      clusters: [
        {
          name: "one",
          cluster: { server: "https://1.example", "certificate-authority": join(directory, "ca.crt") },
        },
      ],
      users: [
        {
          name: "one",
          user: { "client-certificate": join(directory, "me.crt"), "client-key": "/keys/me.key" },
        },
      ],
    });
  });

  test.each([
    ["three", /cluster\.context: got "three"; expected a context of .*: one, two, broken/],
    ["broken", /a context whose cluster third is in/],
  ])("context %s", (context, message) => {
    expect(() => minimalKubeconfig(kubeconfig, context, path)).toThrow(message);
  });

  const options = { root: directory, variables: {} };
  const cluster = { kind: "kubeconfig", name: "c", adoptExistingObjects: false } as const;

  test("from the option, the configuration, or KUBECONFIG, in this order", () => {
    const variables = { KUBECONFIG: `/no/such/file:${path}` };
    expect(clusterAccess(cluster, { ...options, variables }).clusterIdentifier).toBe("c");
    expect(
      clusterAccess({ ...cluster, kubeconfigPath: "kubeconfig", context: "two" }, options).kubeconfig,
    ).toContain("https://2.example");
    expect(() => clusterAccess({ ...cluster, kubeconfigPath: "other" }, { ...options, variables })).toThrow(
      /kubeconfigPath: got "other"; expected a file that exists/,
    );
    expect(
      clusterAccess({ ...cluster, kubeconfigPath: "other" }, { ...options, kubeconfig: path }).kubeconfig,
    ).toContain("https://1.example");
    expect(() => clusterAccess(cluster, options)).toThrow(/KUBECONFIG is not set/);
  });

  test("to EKS through the aws command, without a stored token", () => {
    const access = clusterAccess(prod.cluster, options);
    expect(access.clusterIdentifier).toBe("arn:aws:eks:eu-central-1:444455556666:cluster/vllm-prod");
    expect(parse(access.kubeconfig ?? "")).toMatchObject({
      users: [
        {
          user: {
            exec: {
              command: "aws",
              args: expect.arrayContaining(["get-token", "vllm-prod", "--role-arn"]) as unknown,
            },
          },
        },
      ],
    });
  });
});

describe("the gateway", () => {
  const secretOf = (key: string) => `value of ${key}`;
  const endpointOf = (model: string) => `http://${model}.vllm.svc:8000`;
  const argsOf = (environment: string) => gatewayArgs(settingsOf(environment).settings, secretOf, endpointOf);

  test("serves every model under the name that clients use, in an order of its own", () => {
    const models = argsOf("prod")?.models ?? [];
    expect(models.map(({ id }) => id)).toEqual([...prod.fleet.models.map(({ name }) => name)].sort());
    expect(models).toContainEqual({
      id: "deepseek-v3",
      name: "deepseek-ai/DeepSeek-V3.1",
      endpoint: "http://deepseek-v3.vllm.svc:8000",
    });
  });

  test("with an autoscaler, a database and a route", () => {
    const args = argsOf("prod");
    expect(args).toMatchObject({
      namespace: "gateway",
      masterKey: "value of gatewayMasterKey",
      databaseUrlSecret: { name: "gateway-database", key: "url" },
      autoscaling: { minReplicas: 3, maxReplicas: 12, targetCpuPercent: 70 },
      workers: 4,
      metrics: { access: "listener", interval: "15s", timeout: "10s" },
      network: { monitoringNamespace: "monitoring", clients: [{ namespace: "apps" }] },
      ingress: {
        kind: "gateway-api",
        hosts: ["llm.example.com"],
        paths: ["/v1"],
        gatewayApi: { gateway: "public", gatewayNamespace: "edge", sectionName: "https" },
      },
    });
    expect(args).not.toHaveProperty("replicas");
  });

  test("behind an NGINX controller, scraped with its key", () => {
    const args = argsOf("staging");
    expect(args).toMatchObject({
      replicas: 2,
      metrics: { access: "bearer" },
      ingress: {
        kind: "nginx",
        nginx: { className: "nginx", controllerNamespace: "ingress-nginx", tlsSecret: "llm-staging-tls" },
      },
    });
    expect(args).not.toHaveProperty("databaseUrlSecret");
  });

  test("is left out, and lets nobody into the models, where there is none", () => {
    expect(argsOf("local")).toBeUndefined();
    const { clients } = modelOf("llama-8b", local).network as { clients: unknown[] };
    expect(clients).toEqual([]);
  });
});
