/** Each field wrong in turn: the error names its path, the value and a remedy. */
import { describe, expect, test } from "vitest";
import { change, problemsOf, valuesOf } from "./support.ts";

interface Case {
  path: string;
  value: unknown;
  /** Path of the problem, where it is not that of the field. */
  at?: string;
  expected: RegExp;
  remedy?: RegExp;
}

const model = "fleet.models[0]";
const digest = "a".repeat(64);

const cases: Case[] = [
  { path: "environment", value: "pord", expected: /local, dev, staging, prod/, remedy: /did you mean prod/ },
  { path: "environment", value: undefined, expected: /local, dev/, remedy: /add it/ },
  { path: "cluster", value: "embedded", expected: /mapping/ },
  {
    path: "cluster.kind",
    value: "embeded",
    expected: /embedded, kubeconfig, eks/,
    remedy: /did you mean embedded/,
  },
  { path: "cluster.name", value: "Prod_1", expected: /DNS label/ },
  { path: "cluster.region", value: "Frankfurt", expected: /AWS region/ },
  { path: "cluster.accountId", value: 12345, expected: /12 digits/, remedy: /quote/ },
  { path: "cluster.endpoint", value: "http://x", expected: /https endpoint/, remedy: /describe-cluster/ },
  { path: "cluster.certificateAuthorityData", value: "no", expected: /base64/, remedy: /describe-cluster/ },
  { path: "cluster.roleArn", value: "admin", expected: /ARN of an IAM role/ },
  { path: "cluster.adoptExistingObjects", value: "yes", expected: /true or false/, remedy: /without quotes/ },
  { path: "monitoring.namespace", value: "My Space", expected: /DNS label/ },
  { path: "monitoring.scrapeInterval", value: 15, expected: /duration/, remedy: /unit/ },
  { path: "monitoring.scrapeInterval", value: "0s", expected: /duration/ },
  { path: "monitoring.scrapeTimeout", value: "fast", expected: /duration/ },
  {
    path: "monitoring.evaluationInterval",
    value: "1s5m",
    expected: /duration/,
    remedy: /largest unit first/,
  },
  { path: "monitoring.retention.time", value: "forever", expected: /duration/ },
  { path: "monitoring.retention.size", value: "50Gi", expected: /50GiB/, remedy: /with B/ },
  { path: "monitoring.prometheus.replicas", value: 0, expected: /from 1 to 5/ },
  { path: "monitoring.prometheus.storage.kind", value: "disk", expected: /claim, ephemeral/ },
  { path: "monitoring.prometheus.storage.size", value: 200, expected: /byte quantity/, remedy: /unit/ },
  { path: "monitoring.prometheus.storage.className", value: "GP3!", expected: /DNS label/ },
  { path: "monitoring.prometheus.resources.cpu", value: "two", expected: /CPU quantity/ },
  {
    path: "monitoring.prometheus.resources.memory",
    value: "512m",
    expected: /byte quantity/,
    remedy: /thousandths/,
  },
  { path: "monitoring.dashboardBaseUrl", value: "grafana", expected: /URL/ },
  {
    path: "monitoring.vllmVersions",
    value: { oldest: 0.32, newest: "0.33.0" },
    at: "monitoring.vllmVersions.oldest",
    expected: /version/,
    remedy: /quotes/,
  },
  {
    path: "monitoring.vllmVersions",
    value: { oldest: "0.32.0", newest: "latest" },
    at: "monitoring.vllmVersions.newest",
    expected: /version/,
  },
  { path: "monitoring.engineMetrics", value: "some", expected: /all, used/ },
  { path: "monitoring.prometheus.externalUrl", value: "prometheus.example.com", expected: /URL/ },
  { path: "monitoring.alertmanager.replicas", value: 2.5, expected: /whole number/ },
  { path: "monitoring.alertmanager.retention", value: "", expected: /duration/ },
  { path: "monitoring.externalLabels.region", value: 5, expected: /label value/ },
  { path: "monitoring.clientNamespaces[0]", value: "Grafana", expected: /DNS label/ },
  { path: "monitoring.waitForAvailability", value: 1, expected: /true or false/ },
  {
    path: "monitoring.images.registry",
    value: "https://registry.example.com",
    expected: /registry/,
    remedy: /https/,
  },
  {
    path: "monitoring.images.prometheus",
    value: "quay.io/prometheus/prometheus:latest",
    expected: /version tag/,
    remedy: /latest/,
  },
  { path: "monitoring.images.operator", value: "quay.io/x/operator", expected: /version tag/ },
  {
    path: "monitoring.nodeExporter",
    value: { enabled: "yes" },
    at: "monitoring.nodeExporter.enabled",
    expected: /true or false/,
  },
  {
    path: "monitoring.nodeExporter",
    value: { hostNetwork: 1 },
    at: "monitoring.nodeExporter.hostNetwork",
    expected: /true or false/,
  },
  {
    path: "monitoring.kubeStateMetrics",
    value: { enabled: "no" },
    at: "monitoring.kubeStateMetrics.enabled",
    expected: /true or false/,
  },
  {
    path: "monitoring.kubernetes",
    value: { kubelet: "on" },
    at: "monitoring.kubernetes.kubelet",
    expected: /true or false/,
  },
  {
    path: "monitoring.kubernetes",
    value: { verifyKubelets: "on" },
    at: "monitoring.kubernetes.verifyKubelets",
    expected: /true or false/,
  },
  {
    path: "monitoring.kubernetes",
    value: { apiServer: "on" },
    at: "monitoring.kubernetes.apiServer",
    expected: /true or false/,
  },
  {
    path: "monitoring.kubernetes",
    value: { coreDns: "on" },
    at: "monitoring.kubernetes.coreDns",
    expected: /true or false/,
  },
  { path: "monitoring.grafana.server.externalUrl", value: "grafana", expected: /URL/ },
  {
    path: "monitoring.grafana.server.ingressNamespaces",
    value: ["A"],
    at: "monitoring.grafana.server.ingressNamespaces[0]",
    expected: /DNS label/,
  },
  { path: "monitoring.grafana.server.oidc.authUrl", value: "id", expected: /URL/ },
  { path: "monitoring.grafana.server.oidc.clientId", value: "a b", expected: /client's identifier/ },
  { path: "monitoring.grafana.sidecarLabel", value: "a b", expected: /label key/ },
  { path: "monitoring.grafana.folder", value: "", expected: /folder/ },
  { path: "monitoring.grafana.refresh", value: "1m", expected: /5s to 30s/ },
  { path: "objectStore.kind", value: "S3", expected: /s3, aliyun-oss/, remedy: /did you mean s3/ },
  { path: "objectStore.bucket", value: "s3://bucket", expected: /bucket name/, remedy: /without s3/ },
  { path: "objectStore.region", value: undefined, expected: /AWS region/, remedy: /add it/ },
  { path: "objectStore.prefix", value: "/thanos/", expected: /path within/, remedy: /slashes/ },
  { path: "objectStore.kmsKeyArn", value: "key", expected: /ARN of a KMS key/ },
  {
    path: "objectStore.manage",
    value: "buckets",
    expected: /nothing, roles, bucket/,
    remedy: /did you mean/,
  },
  { path: "thanos.expectedSeries", value: 0, expected: /whole number/ },
  { path: "thanos.blockDuration", value: "0s", expected: /duration/ },
  { path: "thanos.replicaLabels", value: ["__r"], at: "thanos.replicaLabels[0]", expected: /label name/ },
  { path: "thanos.store.replicas", value: 0, expected: /from 1 to 10/ },
  { path: "thanos.store.shards.by", value: "name", expected: /hash, time/ },
  { path: "thanos.store.shards.boundaries", value: [], expected: /at least one age/ },
  { path: "thanos.store.indexCache.kind", value: "redis", expected: /in-memory, memcached/ },
  { path: "thanos.store.indexCache.size", value: undefined, expected: /byte quantity/, remedy: /add it/ },
  { path: "thanos.store.indexCache.replicas", value: 0, expected: /from 1 to 20/ },
  { path: "thanos.store.syncInterval", value: 3, expected: /duration/ },
  { path: "thanos.store.volume.size", value: "100", expected: /byte quantity/ },
  { path: "thanos.store.volume.ephemeral", value: "no", expected: /true or false/ },
  { path: "thanos.compactor.enabled", value: "yes", expected: /true or false/ },
  { path: "thanos.compactor.retention.raw", value: "for ever", expected: /0d for ever/ },
  { path: "thanos.compactor.concurrency", value: 0, expected: /from 1 to 16/ },
  { path: "thanos.compactor.deleteDelay", value: "two days", expected: /duration/ },
  { path: "thanos.queryFrontend.cache.size", value: 1, expected: /byte quantity/ },
  { path: "thanos.query", value: { replicas: 0 }, at: "thanos.query.replicas", expected: /from 1 to 20/ },
  {
    path: "thanos.globalQueryNamespaces",
    value: ["A"],
    at: "thanos.globalQueryNamespaces[0]",
    expected: /DNS label/,
  },
  { path: "receivers", value: [], expected: /at least one receiver/ },
  {
    path: "receivers[0].kind",
    value: "dingding",
    expected: /dingtalk, email/,
    remedy: /did you mean dingtalk/,
  },
  { path: "receivers[0].name", value: "On Call", expected: /DNS label/ },
  { path: "receivers[0].endpoint", value: "oapi.dingtalk.com", expected: /URL/ },
  { path: "receivers[0].messageType", value: "card", expected: /markdown, actionCard/ },
  { path: "receivers[0].keyword", value: "", expected: /keyword/ },
  { path: "receivers[0].sendResolved", value: "no", expected: /true or false/ },
  {
    path: "receivers[0].mention",
    value: { mobiles: [13800000000] },
    at: "receivers[0].mention.mobiles[0]",
    expected: /mobile number/,
    remedy: /quote/,
  },
  { path: "receivers[1].routingKeyFromSecret", value: undefined, expected: /secret configuration key/ },
  { path: "receivers[2].to[0]", value: "oncall", expected: /e-mail address/ },
  { path: "receivers[2].to", value: [], expected: /at least one/ },
  { path: "receivers[2].from", value: "alertmanager", expected: /e-mail address/ },
  {
    path: "receivers[2].smarthost",
    value: "smtp://smtp.example.com",
    expected: /host:port/,
    remedy: /scheme/,
  },
  { path: "receivers[3].channel", value: "# alerts", expected: /channel/ },
  { path: "receivers[4].maxAlerts", value: -1, expected: /whole number from 0/ },
  { path: "routes.groupBy", value: [], expected: /at least one label/ },
  { path: "routes.groupBy[0]", value: "model-name", expected: /label name/ },
  { path: "routes.groupWait", value: "soon", expected: /duration/ },
  { path: "routes.rules[0].severities[0]", value: "page", expected: /critical, warning, info/ },
  {
    path: "routes.rules[0].severities",
    value: [],
    expected: /at least one value/,
    remedy: /leave the key out/,
  },
  { path: "routes.inhibitSymptoms", value: "no", expected: /true or false/ },
  {
    path: "routes.timeIntervals",
    value: [{ name: "a" }],
    at: "routes.timeIntervals[0].timeZone",
    expected: /time zone/,
  },
  {
    path: "routes.timeIntervals",
    value: [{ name: "a", timeZone: "CEST+2", windows: [{ weekdays: ["monday"] }] }],
    at: "routes.timeIntervals[0].timeZone",
    expected: /IANA/,
  },
  {
    path: "routes.timeIntervals",
    value: [{ name: "a", timeZone: "UTC", windows: [{ times: [{ start: "8", end: "9:00" }] }] }],
    at: "routes.timeIntervals[0].windows[0].times[0].start",
    expected: /08:00/,
  },
  { path: "routes.rules[0].activeTimeIntervals", value: [], expected: /at least one value/ },
  { path: "routes.rules[0].continue", value: "true", expected: /true or false/ },
  { path: "nodeGroups", value: [], expected: /at least one node group/ },
  { path: "nodeGroups[0].gpu.kind", value: "h2oo", expected: /h200/, remedy: /did you mean h200/ },
  { path: "nodeGroups[0].gpu.count", value: 0, expected: /from 1 to 16 GPUs/ },
  { path: "nodeGroups[0].minSize", value: -1, expected: /whole number/ },
  {
    path: "nodeGroups[0].capacityType",
    value: "SPOT",
    expected: /on-demand, spot/,
    remedy: /did you mean spot/,
  },
  { path: "nodeGroups[0].instanceType", value: "P5 large", expected: /instance type/ },
  {
    path: "nodeGroups[0].taints[0].effect",
    value: "NoScheduling",
    expected: /NoSchedule/,
    remedy: /did you mean NoSchedule/,
  },
  { path: "nodeGroups[0].taints[0].key", value: "", expected: /label key/ },
  {
    path: "nodeGroups[0].labels",
    value: { tier: true },
    at: "nodeGroups[0].labels.tier",
    expected: /label value/,
    remedy: /quote/,
  },
  { path: "fleet.namespace", value: "VLLM", expected: /DNS label/ },
  { path: "fleet.models", value: [], expected: /at least one model/ },
  { path: "fleet.models", value: "all", expected: /list of models/ },
  { path: `${model}.name`, value: "1-model", expected: /starting with a letter/ },
  { path: `${model}.name`, value: "m".repeat(47), expected: /46 characters/ },
  { path: `${model}.servedModelName`, value: "two words", expected: /model name/ },
  {
    path: `${model}.image`,
    value: "vllm/vllm-openai:latest",
    expected: /digest/,
    remedy: /imagetools inspect/,
  },
  { path: `${model}.image`, value: `vllm/vllm-openai@sha256:${digest.toUpperCase()}`, expected: /digest/ },
  { path: `${model}.image`, value: `vllm/vllm-openai@sha256:${digest.slice(1)}`, expected: /64 hexadecimal/ },
  { path: `${model}.replicas`, value: "2", expected: /whole number/, remedy: /without quotes/ },
  { path: `${model}.replicas`, value: 1.5, expected: /whole number/ },
  { path: `${model}.gpu`, value: 8, expected: /mapping/ },
  { path: `${model}.gpu.count`, value: 257, expected: /from 1 to 256/ },
  { path: `${model}.nodes`, value: 0, expected: /from 1 to 32 nodes/ },
  { path: `${model}.tensorParallelSize`, value: 0, expected: /whole number from 1/ },
  { path: `${model}.pipelineParallelSize`, value: null, expected: /whole number/ },
  { path: `${model}.dataParallelSize`, value: -1, expected: /whole number/ },
  { path: `${model}.apiServerCount`, value: 0, expected: /whole number/ },
  { path: `${model}.quantization`, value: "AWQ", expected: /awq, awq_marlin/, remedy: /did you mean awq/ },
  { path: `${model}.kvCacheDtype`, value: "int8", expected: /fp8/ },
  { path: `${model}.gpuMemoryUtilization`, value: 90, expected: /up to 1/, remedy: /0\.9/ },
  { path: `${model}.maxModelLength`, value: "128k", expected: /tokens/ },
  { path: `${model}.maxNumSeqs`, value: 0, expected: /sequences/ },
  { path: `${model}.maxLoraRank`, value: 20, expected: /16, 32/, remedy: /next one above/ },
  {
    path: `${model}.loraAdapters`,
    value: [{ name: "a", source: "../x" }],
    at: `${model}.loraAdapters[0].source`,
    expected: /hub repository/,
  },
  { path: `${model}.source.kind`, value: "huggingface", expected: /hub, s3, nfs/ },
  {
    path: `${model}.source`,
    value: { kind: "hub", repository: "https://huggingface.co/a/b", revision: "v1" },
    at: `${model}.source.repository`,
    expected: /repository such as/,
    remedy: /leave out/,
  },
  {
    path: `${model}.source`,
    value: { kind: "hub", repository: "a/b", revision: "main" },
    at: `${model}.source.revision`,
    expected: /no branch/,
  },
  { path: `${model}.source.uri`, value: "models/llama", expected: /S3 address/, remedy: /s3:\/\// },
  {
    path: `${model}.source`,
    value: { kind: "nfs", server: "nfs://host", path: "/x" },
    at: `${model}.source.server`,
    expected: /host name/,
  },
  {
    path: `${model}.source`,
    value: { kind: "nfs", server: "host", path: "x" },
    at: `${model}.source.path`,
    expected: /absolute path/,
  },
  {
    path: `${model}.source`,
    value: { kind: "nfs", server: "host", path: "/x", subPath: "../y" },
    at: `${model}.source.subPath`,
    expected: /without \.\./,
  },
  { path: `${model}.loadSeconds`, value: "10m", expected: /seconds/ },
  { path: `${model}.resources.cpu`, value: -1, expected: /CPU quantity/ },
  { path: `${model}.resources.memory`, value: "256GB", expected: /byte quantity/ },
  { path: `${model}.resources.sharedMemory`, value: "lots", expected: /byte quantity/ },
  { path: `${model}.slos.periodDays`, value: 0, expected: /days/ },
  {
    path: `${model}.slos.availability.objectivePercent`,
    value: 0.995,
    expected: /percentage/,
    remedy: /percent, not a ratio/,
  },
  {
    path: `${model}.slos.availability.objectivePercent`,
    value: 100,
    expected: /99\.999/,
    remedy: /no error budget/,
  },
  { path: `${model}.slos.timeToFirstToken.thresholdSeconds`, value: "5s", expected: /number of seconds/ },
  { path: `${model}.slos.interTokenLatency.thresholdSeconds`, value: 0, expected: /over 0/ },
  {
    path: `${model}.slos.queueTime.thresholdSeconds`,
    value: undefined,
    expected: /number of seconds/,
    remedy: /add it/,
  },
  { path: `${model}.owner`, value: undefined, expected: /team, contact/, remedy: /add it/ },
  { path: `${model}.owner.team`, value: "The Team", expected: /DNS label/ },
  { path: `${model}.owner.contact`, value: "", expected: /e-mail address/ },
  { path: `${model}.labels`, value: { "a b": "x" }, at: `${model}.labels["a b"]`, expected: /label key/ },
  { path: `${model}.extraArguments[0]`, value: "enable-prefix-caching", expected: /starts with --/ },
  { path: "fleet.kedaNamespace", value: "KEDA", expected: /DNS label/ },
  { path: "fleet.models[1].autoscaling.scaler", value: "vpa", expected: /keda, hpa/ },
  { path: "fleet.models[1].autoscaling.maxReplicas", value: "many", expected: /whole number/ },
  { path: "fleet.models[1].autoscaling.signals", value: undefined, expected: /mapping/, remedy: /add it/ },
  {
    path: "fleet.models[1].autoscaling.signals.waitingRequests.perReplica",
    value: 0,
    expected: /number over 0/,
  },
  { path: "fleet.models[1].autoscaling.signals.kvCacheUsage.percent", value: 0.75, expected: /from 1 to 99/ },
  {
    path: "fleet.models[1].autoscaling.signals.timeToFirstToken.seconds",
    value: "2s",
    expected: /number of seconds/,
  },
  {
    path: "fleet.models[1].autoscaling.signals.timeToFirstToken.percentile",
    value: 99.9,
    expected: /whole number/,
  },
  {
    path: "fleet.models[1].autoscaling.signals.gpuUtilisation",
    value: { percent: 100 },
    at: "fleet.models[1].autoscaling.signals.gpuUtilisation.percent",
    expected: /from 1 to 99/,
  },
  {
    path: "fleet.models[1].autoscaling.signals.runningRequests",
    value: 64,
    expected: /mapping/,
  },
  { path: "fleet.models[1].autoscaling.scaleDownSeconds", value: "20m", expected: /whole number/ },
  { path: "fleet.models[1].autoscaling.idleSeconds", value: 0, expected: /from 1 to 86400/ },
  {
    path: "fleet.models[1].autoscaling.signals.waiting",
    value: { perReplica: 5 },
    expected: /one of|keys/,
    remedy: /waitingRequests|remove/,
  },
  { path: "gateway", value: "litellm", expected: /mapping/ },
  { path: "gateway.namespace", value: "Gate Way", expected: /DNS label/ },
  { path: "gateway.image", value: "ghcr.io/berriai/litellm:v1", expected: /pinned by digest/ },
  { path: "gateway.replicas", value: 0, expected: /from 1 to 1000/ },
  { path: "gateway.autoscaling.minReplicas", value: "2", expected: /whole number/ },
  { path: "gateway.autoscaling.maxReplicas", value: undefined, expected: /whole number/, remedy: /add it/ },
  { path: "gateway.autoscaling.targetCpuPercent", value: 101, expected: /from 1 to 100/ },
  { path: "gateway.workers", value: 65, expected: /from 1 to 64/ },
  { path: "gateway.requestTimeoutSeconds", value: "10m", expected: /whole number/ },
  { path: "gateway.drainSeconds", value: 0, expected: /from 1 to 3600/ },
  {
    path: "gateway.metricsAccess",
    value: "barer",
    expected: /listener, bearer/,
    remedy: /did you mean bearer/,
  },
  { path: "gateway.masterKeyFromSecret", value: undefined, expected: /secret configuration key/ },
  {
    path: "gateway.databaseUrlFromSecret",
    value: "postgres://u:p@db/x",
    expected: /secret configuration key/,
  },
  { path: "gateway.clientNamespaces[0]", value: "Apps", expected: /DNS label/ },
  { path: "gateway.resources.cpu", value: "two", expected: /CPU quantity/ },
  { path: "gateway.resources.memory", value: 2, expected: /byte quantity/ },
  {
    path: "gateway.ingress.kind",
    value: "nginks",
    expected: /nginx, gateway-api/,
    remedy: /did you mean nginx/,
  },
  { path: "gateway.ingress.hosts", value: [], expected: /at least one host/ },
  { path: "gateway.ingress.hosts[0]", value: "https://llm.example.com", expected: /host name/ },
  { path: "gateway.ingress.paths", value: ["v1"], at: "gateway.ingress.paths[0]", expected: /absolute path/ },
  { path: "gateway.ingress.gateway", value: undefined, expected: /DNS label/ },
  { path: "gateway.ingress.gatewayNamespace", value: "Edge", expected: /DNS label/ },
  { path: "gateway.ingress.sectionName", value: 443, expected: /DNS label/ },
  { path: "gateway.ingress.dataPlaneNamespace", value: "", expected: /DNS label/ },
  { path: "gateway.tls", value: true, expected: /one of|keys/ },
];

describe("a field that is wrong", () => {
  test.each(cases)("$path = $value", ({ path, value, at = path, expected, remedy }) => {
    const problems = problemsOf(change(valuesOf("prod"), path, value));
    const problem = problems.find((candidate) => candidate.path === at);
    expect(
      problem,
      `no problem at ${at}, only: ${problems.map((other) => other.path).join(", ")}`,
    ).toBeDefined();
    expect(problem?.expected).toMatch(expected);
    expect(problem?.remedy).not.toBe("");
    if (remedy !== undefined) expect(problem?.remedy).toMatch(remedy);
  });

  test("shows the value as it was written, shortened", () => {
    const [short] = problemsOf(change(valuesOf("prod"), `${model}.replicas`, "two"));
    expect(short?.got).toBe('"two"');
    const [long] = problemsOf(change(valuesOf("prod"), `${model}.servedModelName`, "x".repeat(300)));
    expect(long?.got).toMatch(/^"x{79}… \(302 characters\)$/);
    const [missing] = problemsOf(change(valuesOf("prod"), `${model}.image`, undefined));
    expect(missing?.got).toBe("nothing");
  });
});

describe("an unknown key", () => {
  test.each([
    ["monitring", /did you mean monitoring/],
    ["monitoring.scrapeIntervall", /did you mean scrapeInterval/],
    [`${model}.tensor_parallel_size`, /did you mean tensorParallelSize/],
    [`${model}.replica`, /did you mean replicas/],
    [`${model}.zzz`, /remove it/],
    ["receivers[0].token", /remove it/],
    ["routes.rules[0].reciever", /did you mean receiver/],
  ])("%s", (path, remedy) => {
    const problems = problemsOf(change(valuesOf("prod"), path, "x"));
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatchObject({ path, got: "an unknown key" });
    expect(problems[0]?.expected).toContain("one of the keys");
    expect(problems[0]?.remedy).toMatch(remedy);
  });
});
