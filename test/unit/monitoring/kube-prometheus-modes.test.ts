import fc from "fast-check";
import { describe, expect, it } from "vitest";

import {
  KubePrometheus,
  type KubePrometheusArgs,
  type PrometheusServerArgs,
  type RemoteWriteArgs,
} from "../../../components/kube-prometheus.ts";
import { SUPPORTED } from "../../../components/kube-prometheus/versions.ts";
import { manifestsOf, renderManifests, type Manifest } from "../../support/manifests.ts";
import { at, runWithMocks } from "../../support/mocks.ts";

function build(prometheus: PrometheusServerArgs, more: Partial<KubePrometheusArgs> = {}) {
  return runWithMocks(
    () =>
      new KubePrometheus("monitoring", {
        cluster: "gpu-1",
        alertmanager: { configSecret: "alert-routes" },
        installCrds: false,
        nodeExporter: { enabled: false },
        kubeStateMetrics: { enabled: false },
        kubernetesMonitors: { enabled: false },
        prometheus,
        ...more,
      }),
  );
}

async function specOf(prometheus: PrometheusServerArgs, more: Partial<KubePrometheusArgs> = {}) {
  const manifests = manifestsOf(await build(prometheus, more));
  return manifests.find(({ kind }) => kind === "Prometheus")?.["spec"];
}

const target: RemoteWriteArgs = { name: "mimir", url: "https://mimir.example.com/api/v1/push" };
const key = (name: string) => ({ name: "mimir", key: name });

describe("Prometheus", () => {
  it("sends samples elsewhere with the queue, tenant and credentials that are asked for", async () => {
    const spec = await specOf({
      nativeHistograms: {},
      remoteWrite: [
        {
          ...target,
          headers: { "X-Scope-OrgID": "vllm" },
          messageVersion: "V2.0",
          writeRelabelings: [{ sourceLabels: ["__name__"], regex: "vllm:.+", action: "keep" }],
          basicAuth: { username: key("user"), password: key("password") },
          tls: { serverName: "mimir" },
          sendExemplars: true,
          queue: { capacity: 20_000, maxShards: 10, maxSamplesPerSend: 5000, sampleAgeLimit: "2h" },
        },
      ],
    });
    expect(at(spec, "remoteWrite")).toEqual([
      {
        ...target,
        remoteTimeout: "30s",
        headers: { "X-Scope-OrgID": "vllm" },
        messageVersion: "V2.0",
        writeRelabelConfigs: [{ sourceLabels: ["__name__"], regex: "vllm:.+", action: "keep" }],
        basicAuth: { username: key("user"), password: key("password") },
        tlsConfig: { serverName: "mimir" },
        sendExemplars: true,
        sendNativeHistograms: true,
        queueConfig: {
          capacity: 20_000,
          maxShards: 10,
          maxSamplesPerSend: 5000,
          sampleAgeLimit: "2h",
          retryOnRateLimit: true,
        },
      },
    ]);
  });

  it.each<[string, Partial<RemoteWriteArgs>, object]>([
    [
      "a bearer token",
      { bearerToken: key("token") },
      { authorization: { type: "Bearer", credentials: key("token") } },
    ],
    ["the pods' AWS identity", { sigV4: { region: "eu-central-1" } }, { sigv4: { region: "eu-central-1" } }],
    [
      "OAuth 2.0",
      { oauth2: { clientId: key("id"), clientSecret: key("secret"), tokenUrl: "https://id.example.com" } },
      {
        oauth2: {
          clientId: { secret: key("id") },
          clientSecret: key("secret"),
          tokenUrl: "https://id.example.com",
        },
      },
    ],
    [
      "no credentials and no retry of a 429",
      { queue: { retryOnRateLimit: false } },
      { sendNativeHistograms: false },
    ],
  ])("sends with %s", async (_, changes, expected) => {
    const spec = await specOf({ remoteWrite: [{ ...target, ...changes }] });
    expect(at(spec, "remoteWrite[0]")).toMatchObject(expected);
    expect(at(spec, "remoteWrite[0].queueConfig.retryOnRateLimit")).toBe(changes.queue === undefined);
  });

  it("takes native histograms beside the classic ones, or alone", async () => {
    const beside = await specOf({ nativeHistograms: {} });
    expect(beside).toMatchObject({ scrapeNativeHistograms: true, scrapeClassicHistograms: true });
    const alone = await specOf({ nativeHistograms: { keepClassic: false } });
    expect(alone).toMatchObject({ scrapeNativeHistograms: true, scrapeClassicHistograms: false });
    expect(at(await specOf({}), "scrapeNativeHistograms")).toBeUndefined();
  });

  it("passes on shards, limits of queries and what else may be set", async () => {
    const spec = await specOf(
      {
        shards: 3,
        thanos: {},
        query: { maxConcurrency: 10, maxSamples: 1_000_000, timeout: "1m" },
        outOfOrderTimeWindow: "10m",
        maxExemplars: 1000,
        remoteWriteReceiver: true,
        additionalScrapeConfigs: { name: "more", key: "scrape.yaml" },
      },
      { imagePullSecrets: ["registry"] },
    );
    expect(spec).toMatchObject({
      shards: 3,
      query: { maxConcurrency: 10, maxSamples: 1_000_000, timeout: "1m" },
      tsdb: { outOfOrderTimeWindow: "10m" },
      exemplars: { maxSize: 1000 },
      enableRemoteWriteReceiver: true,
      additionalScrapeConfigs: { name: "more", key: "scrape.yaml" },
      imagePullSecrets: [{ name: "registry" }],
    });
  });

  it("keeps replicas apart by preference, or by force over nodes", async () => {
    const term = { topologyKey: "kubernetes.io/hostname" };
    const preferred = await specOf({});
    expect(at(preferred, "affinity.podAntiAffinity")).toMatchObject({
      preferredDuringSchedulingIgnoredDuringExecution: [
        { weight: 100, podAffinityTerm: term },
        { weight: 50 },
      ],
    });
    const required = await specOf({ antiAffinity: "required" });
    expect(at(required, "affinity.podAntiAffinity")).toMatchObject({
      requiredDuringSchedulingIgnoredDuringExecution: [term],
      preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 50 }],
    });
  });
});

describe("a Prometheus agent", () => {
  const agent: PrometheusServerArgs = { mode: "agent", remoteWrite: [target] };
  const only = (manifests: Manifest[], kind: string) => manifests.filter((one) => one.kind === kind);

  it("renders the golden manifests", async () => {
    const run = await build(agent, { alertmanager: undefined });
    await expect(renderManifests(run)).toMatchFileSnapshot("golden/kube-prometheus-agent.yaml");
  });

  it("replaces the server: no rules, no Alertmanager, and its own pods behind each selector", async () => {
    const run = await build(agent, { alertmanager: undefined });
    const manifests = manifestsOf(run);
    expect(only(manifests, "Prometheus")).toEqual([]);
    expect(only(manifests, "Alertmanager")).toEqual([]);
    const [object] = only(manifests, "PrometheusAgent");
    for (const field of ["ruleSelector", "retention", "alerting", "evaluationInterval"])
      expect(at(object, `spec.${field}`), field).toBeUndefined();
    const pods = { "app.kubernetes.io/name": "prometheus-agent", "app.kubernetes.io/instance": "monitoring" };
    for (const service of only(manifests, "Service")) expect(at(service, "spec.selector")).toEqual(pods);
    for (const path of ["PodDisruptionBudget", "PodMonitor"]) {
      const selectors = only(manifests, path).map((one) => at(one, "spec.selector.matchLabels"));
      expect(selectors, path).toContainEqual(pods);
    }
    const policies = only(manifests, "NetworkPolicy").map((one) => at(one, "spec.podSelector.matchLabels"));
    expect(policies).toContainEqual(pods);
    const { outputs } = run.find("vllm-monitoring:index:KubePrometheus");
    expect(outputs?.["alertmanagerUrl"]).toBeUndefined();
    expect(outputs?.["prometheusPodLabels"]).toEqual(pods);
  });
});

describe("KubePrometheus refuses", () => {
  const image = (version: string) => ({
    images: { prometheus: `quay.io/prometheus/prometheus:v${version}` },
  });
  const write = (changes: Partial<RemoteWriteArgs>): PrometheusServerArgs => ({
    remoteWrite: [{ ...target, ...changes }],
  });
  const refusals: [string, PrometheusServerArgs, Partial<KubePrometheusArgs>, RegExp][] = [
    ["an unknown mode", { mode: "both" as never }, {}, /prometheus\.mode must be one of server, agent/],
    [
      "an unknown anti-affinity",
      { antiAffinity: "a" as never },
      {},
      /prometheus\.antiAffinity must be one of/,
    ],
    [
      "an unknown anti-affinity of Alertmanager",
      {},
      { alertmanager: { configSecret: "a", antiAffinity: "a" as never } },
      /alertmanager\.antiAffinity must be one of/,
    ],
    ["a server without Alertmanager", {}, { alertmanager: undefined }, /alertmanager is required/],
    [
      "an agent that keeps everything",
      { mode: "agent" },
      {},
      /remoteWrite must name a place for the samples/,
    ],
    [
      "an agent with a server's fields",
      { mode: "agent", remoteWrite: [target], retention: "1d", thanos: {}, query: {}, maxExemplars: 1 },
      {},
      /retention is nothing[^]*thanos is nothing[^]*query is nothing[^]*maxExemplars is nothing/,
    ],
    ["no shard", { shards: 0 }, {}, /prometheus\.shards must be a whole number of at least 1/],
    ["shards that nobody sees together", { shards: 2 }, {}, /prometheus\.shards must be 1 without/],
    [
      "a Prometheus that is too old",
      {},
      image("2.44.0"),
      /images\.prometheus must be between 2\.45 and 3\.13/,
    ],
    [
      "a Prometheus that is too new",
      {},
      image("3.14.0"),
      /images\.prometheus must be between .* newer operator/,
    ],
    [
      "an Alertmanager that is too old",
      {},
      { images: { alertmanager: "a/alertmanager:v0.21.0" } },
      /images\.alertmanager must be between 0\.22 and any newer series/,
    ],
    [
      "a Thanos that is too old",
      {},
      { images: { thanos: "a/thanos:v0.23.1" } },
      /images\.thanos must be between/,
    ],
    [
      "an operator of another series than the CRDs",
      {},
      { images: { operator: "a/operator:v0.92.0" } },
      /images\.operator must be of the series 0\.93/,
    ],
    [
      "native histograms with a Prometheus without them",
      { nativeHistograms: {} },
      image("3.7.3"),
      /nativeHistograms needs Prometheus 3\.8 or newer, is "3\.7\.3"/,
    ],
    [
      "remote write 2.0 with a Prometheus without it",
      write({ messageVersion: "V2.0" }),
      image("2.53.0"),
      /remoteWrite\[0\]\.messageVersion needs Prometheus 2\.54/,
    ],
    ["a place without a name", write({ name: " " }), {}, /remoteWrite\[0\]\.name must not be empty/],
    [
      "two places of one name",
      { remoteWrite: [target, target] },
      {},
      /remoteWrite\[1\]\.name must be unique/,
    ],
    ["a place without a scheme", write({ url: "mimir:9009" }), {}, /remoteWrite\[0\]\.url must be an http/],
    [
      "a password in a URL",
      write({ url: "https://user:hunter2@mimir.example.com/push" }),
      {},
      /remoteWrite\[0\]\.url must hold no credentials.*is "mimir\.example\.com"/,
    ],
    [
      "a credential in a header",
      write({ headers: { Authorization: "Bearer x" } }),
      {},
      /headers\.Authorization is set by Prometheus itself.*use basicAuth/,
    ],
    [
      "a reserved header",
      write({ headers: { "Content-Type": "a" } }),
      {},
      /headers\.Content-Type is set.*remove/,
    ],
    [
      "two kinds of credentials",
      write({ bearerToken: key("t"), sigV4: { region: "eu-central-1" } }),
      {},
      /remoteWrite\[0\] must authenticate in one way/,
    ],
    [
      "half a key pair",
      write({ sigV4: { region: "eu-central-1", accessKey: key("a") } }),
      {},
      /remoteWrite\[0\]\.sigV4 needs both keys or neither/,
    ],
    ["an unknown protocol", write({ messageVersion: "3" }), {}, /messageVersion must be one of V1\.0, V2\.0/],
    ["no time for a request", write({ timeout: "0s" }), {}, /remoteWrite\[0\]\.timeout must be a duration/],
    [
      "a queue without shards",
      write({ queue: { maxShards: 0 } }),
      {},
      /queue\.maxShards must be a whole number/,
    ],
    ["a deadline of nothing", write({ queue: { batchSendDeadline: "x" } }), {}, /batchSendDeadline must be/],
    [
      "requests that are never full",
      write({ queue: { maxSamplesPerSend: 20_000 } }),
      {},
      /queue\.capacity must be at least maxSamplesPerSend \(20000\)/,
    ],
    [
      "more shards at the start than at most",
      write({ queue: { minShards: 51 } }),
      {},
      /queue\.minShards must be at most maxShards \(50\)/,
    ],
    [
      "a first pause over the longest",
      write({ queue: { minBackoff: "10s" } }),
      {},
      /queue\.minBackoff must be at most maxBackoff/,
    ],
    ["no query at a time", { query: { maxConcurrency: 0 } }, {}, /prometheus\.query\.maxConcurrency must be/],
    [
      "queries without time",
      { query: { timeout: "0s" } },
      {},
      /prometheus\.query\.timeout must be a duration/,
    ],
    [
      "a late window of nothing",
      { outOfOrderTimeWindow: "0s" },
      {},
      /outOfOrderTimeWindow must be a duration/,
    ],
    ["no exemplar", { maxExemplars: 0 }, {}, /prometheus\.maxExemplars must be a whole number/],
  ];

  it.each(refusals)("%s", async (_, prometheus, more, message) => {
    const failure = await build(prometheus, more).then(
      () => "nothing was refused",
      (error: unknown) => String(error),
    );
    expect(failure).toMatch(message);
    expect(failure).not.toContain("hunter2");
  });

  it("exactly the versions outside of the operator's range", async () => {
    const { oldest, newest = [0, 0] } = SUPPORTED.prometheus;
    const number = ([major, minor]: readonly [number, number]) => major * 1000 + minor;
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 4 }), fc.nat(60), fc.nat(9), async (major, minor, patch) => {
        const own = number([major, minor]);
        const fits = own >= number(oldest) && own <= number(newest);
        const version = [major, minor, patch].join(".");
        const isRefused = await build({}, image(version)).then(
          () => false,
          () => true,
        );
        expect(isRefused, version).toBe(!fits);
      }),
      { numRuns: 25 },
    );
  });
});
