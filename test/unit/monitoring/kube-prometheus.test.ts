import * as pulumi from "@pulumi/pulumi";
import { describe, expect, it } from "vitest";

import { KubePrometheus, type KubePrometheusArgs } from "../../../components/kube-prometheus.ts";
import { manifestsOf, renderManifests, type Manifest } from "../../support/manifests.ts";
import { at, runWithMocks } from "../../support/mocks.ts";

/** Without the CRDs, whose size would be most of a test's time, and the exporters, which have tests of their own. */
const base: KubePrometheusArgs = {
  cluster: "gpu-1",
  alertmanager: { configSecret: "alert-routes" },
  installCrds: false,
  nodeExporter: { enabled: false },
  kubeStateMetrics: { enabled: false },
  kubernetesMonitors: { enabled: false },
};

function build(args: Partial<KubePrometheusArgs> = {}) {
  return runWithMocks(() => new KubePrometheus("monitoring", { ...base, ...args }));
}

async function objects(args: Partial<KubePrometheusArgs> = {}): Promise<Manifest[]> {
  return manifestsOf(await build(args));
}

function only(manifests: Manifest[], kind: string, name?: string): Manifest {
  const found = manifests.filter(
    (manifest) => manifest.kind === kind && (name === undefined || manifest.metadata.name === name),
  );
  if (found[0] === undefined || found.length > 1)
    throw new Error(`${String(found.length)} ${kind} ${name ?? ""}`);
  return found[0];
}

describe("KubePrometheus", () => {
  it("renders the golden manifests of a production set-up", async () => {
    const run = await build({ externalLabels: { region: "eu-1" } });
    await expect(renderManifests(run)).toMatchFileSnapshot("golden/kube-prometheus.yaml");
  });

  it("renders the golden manifests of an embedded set-up", async () => {
    const run = await build({
      namespace: "observability",
      watchNamespaces: ["vllm"],
      credentialNamespaces: ["gateway"],
      prometheus: {
        replicas: 1,
        storage: { ephemeral: true },
        retention: "2d",
        apiServer: { host: "https://127.0.0.1:6443" },
      },
      alertmanager: { configSecret: "alert-routes", replicas: 1, storage: { ephemeral: true } },
      networkPolicies: { enabled: false },
      installCrds: false,
    });
    await expect(renderManifests(run)).toMatchFileSnapshot("golden/kube-prometheus-embedded.yaml");
  });

  it("brings the exporters, in its own registry's images, each unless it is switched off", async () => {
    const exporters = { nodeExporter: {}, kubeStateMetrics: {}, kubernetesMonitors: {} };
    const images = {
      registry: "registry.example.com/quay",
      kubeStateMetrics: "registry.example.com/ksm:v2.19.1",
    };
    const run = await build({
      ...exporters,
      images,
      imagePullSecrets: ["registry"],
      watchNamespaces: ["vllm"],
    });
    const manifests = manifestsOf(run);
    const pod = "spec.template.spec";
    const daemonSet = only(manifests, "DaemonSet", "monitoring-node-exporter");
    expect(at(daemonSet, `${pod}.containers[0].image`)).toBe(
      "registry.example.com/quay/prometheus/node-exporter:v1.12.1",
    );
    expect(daemonSet.metadata.namespace).toBe("node-monitoring");
    const deployment = only(manifests, "Deployment", "monitoring-kube-state-metrics");
    expect(at(deployment, `${pod}.containers[0].image`)).toBe("registry.example.com/ksm:v2.19.1");
    for (const workload of [daemonSet, deployment])
      expect(at(workload, `${pod}.imagePullSecrets`)).toEqual([{ name: "registry" }]);
    // A Prometheus that may look into some namespaces only is let into those of the API server and of CoreDNS.
    for (const [suffix, namespace] of [
      ["default", "default"],
      ["kube-system", "kube-system"],
    ] as const) {
      const { metadata } = only(manifests, "RoleBinding", `monitoring-kubernetes-${suffix}`);
      expect(metadata.namespace).toBe(namespace);
    }
    const own = (token: string) => run.all(`vllm-monitoring:index:${token}`);
    for (const token of ["NodeExporter", "KubeStateMetrics", "KubernetesMonitors"])
      expect(own(token), token).toHaveLength(1);
    const off = await build();
    for (const token of ["NodeExporter", "KubeStateMetrics", "KubernetesMonitors"])
      expect(off.all(`vllm-monitoring:index:${token}`), token).toEqual([]);
  });

  it("makes the exporters by default", async () => {
    const { cluster, alertmanager, installCrds } = base as Required<KubePrometheusArgs>;
    const run = await runWithMocks(
      () => new KubePrometheus("monitoring", { cluster, alertmanager, installCrds }),
    );
    for (const token of ["NodeExporter", "KubeStateMetrics", "KubernetesMonitors"])
      expect(run.all(`vllm-monitoring:index:${token}`), token).toHaveLength(1);
  });

  it("selects every monitor and rule of every namespace", async () => {
    const { spec } = only(await objects(), "Prometheus");
    for (const kind of ["podMonitor", "serviceMonitor", "probe", "scrapeConfig", "rule"]) {
      expect(at(spec, `${kind}Selector`), kind).toEqual({});
      expect(at(spec, `${kind}NamespaceSelector`), kind).toEqual({});
    }
  });

  it("always limits the data by time and by size", async () => {
    const { spec } = only(await objects({ prometheus: { storage: { size: "100Gi" } } }), "Prometheus");
    expect(at(spec, "retention")).toBe("15d");
    expect(at(spec, "retentionSize")).toBe("81920MB");
    expect(at(spec, "storage.volumeClaimTemplate.spec.resources.requests.storage")).toBe("100Gi");
  });

  it("uses an emptyDir only when asked", async () => {
    const persistent = only(await objects(), "Prometheus");
    expect(at(persistent.spec, "storage.emptyDir")).toBeUndefined();
    const ephemeral = only(await objects({ prometheus: { storage: { ephemeral: true } } }), "Prometheus");
    expect(at(ephemeral.spec, "storage")).toEqual({ emptyDir: { sizeLimit: "10Gi" } });
    expect(at(ephemeral.spec, "retentionSize")).toBe("8192MB");
  });

  it("keeps the scrape timeout within a short interval", async () => {
    const { spec } = only(await objects({ prometheus: { scrapeInterval: "5s" } }), "Prometheus");
    expect(at(spec, "scrapeTimeout")).toBe("5s");
  });

  it("makes the namespace, in which only restricted pods may run, unless it is given", async () => {
    const made = await objects();
    expect(only(made, "Namespace").metadata).toMatchObject({
      name: "monitoring",
      labels: { "pod-security.kubernetes.io/enforce": "restricted" },
    });
    const given = await objects({ namespace: "observability" });
    expect(given.filter(({ kind }) => kind === "Namespace")).toEqual([]);
    expect(new Set(given.map(({ metadata }) => metadata.namespace ?? "none"))).toEqual(
      new Set(["observability", "none"]),
    );
  });

  it("makes the CRDs before everything that needs them, and leaves them out on request", async () => {
    const run = await build({ installCrds: true });
    const crds = run.all("CustomResourceDefinition");
    expect(crds).toHaveLength(10);
    const urns = crds.map(({ urn }) => urn);
    for (const dependent of [
      ...run.all("kubernetes:monitoring.coreos.com/v1:PodMonitor"),
      run.find("kubernetes:monitoring.coreos.com/v1:Prometheus"),
      run.find("kubernetes:monitoring.coreos.com/v1:Alertmanager"),
      run.find("kubernetes:apps/v1:Deployment"),
    ]) {
      expect(dependent.dependencies, dependent.name).toEqual(expect.arrayContaining(urns));
    }
    expect((await build()).all("CustomResourceDefinition")).toEqual([]);
  });

  it("deletes Prometheus and Alertmanager before the operator that takes their finalizers off", async () => {
    const run = await build();
    const needed = [...run.all("Deployment"), ...run.all("RoleBinding"), ...run.all("ClusterRoleBinding")]
      .filter(({ name }) => name.startsWith("monitoring-operator"))
      .map(({ urn }) => urn);
    expect(needed).toHaveLength(4);
    for (const kind of ["Prometheus", "Alertmanager"]) {
      const { dependencies } = run.find(`kubernetes:monitoring.coreos.com/v1:${kind}`);
      expect(dependencies, kind).toEqual(expect.arrayContaining(needed));
    }
  });

  it("finds Alertmanager through its Service", async () => {
    const { spec } = only(await objects(), "Prometheus");
    expect(at(spec, "alerting.alertmanagers[0]")).toMatchObject({ name: "alertmanager", port: "web" });
  });

  it("gives rights in the named namespaces only, and nothing cluster-wide there", async () => {
    const manifests = await objects({ namespace: "monitoring", watchNamespaces: ["vllm", "gateway"] });
    const roles = manifests.filter(({ kind }) => kind === "Role").map(({ metadata }) => metadata.namespace);
    expect(roles.sort()).toEqual(
      ["gateway", "gateway", "monitoring", "monitoring", "monitoring", "vllm", "vllm"].sort(),
    );
    const cluster = manifests.filter(({ kind }) => kind === "ClusterRole");
    const resources = cluster.flatMap((role) => at(role, "rules") as { resources: string[] }[]);
    expect(resources.flatMap((rule) => rule.resources).sort()).toEqual([
      "events",
      "namespaces",
      "storageclasses",
    ]);
    const args = at(only(manifests, "Deployment"), "spec.template.spec.containers[0].args") as string[];
    expect(args).toContain("--namespaces=monitoring,vllm,gateway");
  });

  it("never gives wildcards, writes of Secrets or of workloads outside the namespace", async () => {
    const manifests = await objects({ credentialNamespaces: ["gateway"] });
    for (const role of manifests.filter(({ kind }) => kind === "Role" || kind === "ClusterRole")) {
      for (const rule of at(role, "rules") as Record<string, string[]>[]) {
        expect(JSON.stringify(rule), role.metadata.name).not.toContain('"*"');
        const isOwn = role.kind === "Role" && role.metadata.namespace === "monitoring";
        if (isOwn || !rule["resources"]?.some((resource) => ["secrets", "statefulsets"].includes(resource)))
          continue;
        expect(rule["verbs"], role.metadata.name).toEqual(["get"]);
      }
    }
  });

  it("takes images from another registry and by digest", async () => {
    const digest = `sha256:${"a".repeat(64)}`;
    const manifests = await objects({
      images: {
        registry: "registry.example.com/mirror/",
        prometheus: `localhost:5000/prometheus:v3.13.1-distroless@${digest}`,
      },
    });
    const { spec } = only(manifests, "Prometheus");
    expect(at(spec, "image")).toBe(`localhost:5000/prometheus:v3.13.1-distroless@${digest}`);
    expect(at(spec, "version")).toBe("3.13.1");
    expect(at(only(manifests, "Deployment"), "spec.template.spec.containers[0].image")).toBe(
      "registry.example.com/mirror/prometheus-operator/prometheus-operator:v0.93.1",
    );
  });

  it("runs every container of its own without privileges", async () => {
    const pod = at(only(await objects(), "Deployment"), "spec.template.spec");
    expect(at(pod, "securityContext")).toMatchObject({
      runAsNonRoot: true,
      seccompProfile: { type: "RuntimeDefault" },
    });
    expect(at(pod, "containers[0].securityContext")).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ["ALL"] },
    });
  });

  it("lets callers into the web ports only, and gossip between Alertmanagers by both protocols", async () => {
    const ingressFrom = [{ namespaceSelector: { matchLabels: { team: "web" } } }];
    const manifests = await objects({ networkPolicies: { ingressFrom } });
    const policy = only(manifests, "NetworkPolicy", "monitoring-alertmanager");
    expect(at(policy, "spec.ingress[0]")).toEqual({
      from: [{ podSelector: {} }, ...ingressFrom],
      ports: [{ protocol: "TCP", port: 9093 }],
    });
    expect(at(policy, "spec.ingress[2].ports")).toEqual([
      { protocol: "TCP", port: 9094 },
      { protocol: "UDP", port: 9094 },
    ]);
  });

  it("runs a Thanos sidecar that uploads, is scraped, and is found by name", async () => {
    const peer = { ipBlock: { cidr: "10.1.0.0/16" } };
    const run = await build({
      images: { registry: "registry.example.com/quay" },
      prometheus: {
        thanos: {
          objectStorageConfig: { name: "thanos-objstore", key: "objstore.yml" },
          grpcTls: { certFile: "/tls/tls.crt", keyFile: "/tls/tls.key", clientCaFile: "/tls/ca.crt" },
          minTime: "3h",
          volumeMounts: [{ name: "tls", mountPath: "/tls" }],
          ingressFrom: [peer],
        },
        volumes: [{ name: "tls", secret: { secretName: "thanos-tls" } }],
      },
    });
    const manifests = manifestsOf(run);
    const { spec } = only(manifests, "Prometheus");
    expect(at(spec, "thanos")).toEqual({
      image: "registry.example.com/quay/thanos/thanos:v0.42.4",
      version: "0.42.4",
      resources: { requests: { cpu: "50m", memory: "128Mi" }, limits: { memory: "512Mi" } },
      objectStorageConfig: { name: "thanos-objstore", key: "objstore.yml" },
      minTime: "3h",
      readyTimeout: "10m",
      logLevel: "info",
      grpcServerTlsConfig: { certFile: "/tls/tls.crt", keyFile: "/tls/tls.key", caFile: "/tls/ca.crt" },
      volumeMounts: [{ name: "tls", mountPath: "/tls" }],
    });
    expect(at(spec, "disableCompaction")).toBeUndefined();
    expect(at(spec, "volumes")).toEqual([{ name: "tls", secret: { secretName: "thanos-tls" } }]);
    expect(at(only(manifests, "Service", "prometheus-operated"), "spec.ports[1]")).toMatchObject({
      name: "grpc",
      port: 10901,
    });
    const policy = only(manifests, "NetworkPolicy", "monitoring-prometheus");
    expect(at(policy, "spec.ingress[2]")).toEqual({
      from: [{ podSelector: {} }, peer],
      ports: [{ protocol: "TCP", port: 10901 }],
    });
    const monitor = only(manifests, "PodMonitor", "monitoring-thanos-sidecar");
    expect(at(monitor, "spec.podMetricsEndpoints[0].relabelings[0].replacement")).toBe("thanos-sidecar");
    expect(run.find("vllm-monitoring:index:KubePrometheus").outputs).toMatchObject({
      thanosEndpoint: "dnssrv+_grpc._tcp.prometheus-operated.monitoring.svc",
    });
  });

  it("leaves compaction to Thanos on request, with blocks of the length that is asked for", async () => {
    const thanos = { disableCompaction: true, blockDuration: "30m" };
    const { spec } = only(await objects({ prometheus: { thanos } }), "Prometheus");
    expect(at(spec, "disableCompaction")).toBe(true);
    expect(at(spec, "thanos.blockSize")).toBe("30m");
    const standard = only(
      await objects({ prometheus: { thanos: { disableCompaction: true } } }),
      "Prometheus",
    );
    expect(at(standard.spec, "thanos.blockSize")).toBe("2h");
  });

  it("waits for availability unless told not to", async () => {
    const waitFor = 'metadata.annotations["pulumi.com/waitFor"]';
    expect(at(only(await objects(), "Prometheus"), waitFor)).toBe("condition=Available");
    expect(at(only(await objects({ waitForAvailability: false }), "Prometheus"), waitFor)).toBeUndefined();
  });

  it("returns addresses and labels for others", async () => {
    const run = await build();
    expect(run.find("vllm-monitoring:index:KubePrometheus").outputs).toMatchObject({
      namespace: "monitoring",
      prometheusUrl: "http://prometheus.monitoring.svc:9090",
      alertmanagerUrl: "http://alertmanager.monitoring.svc:9093",
      prometheusPodLabels: { prometheus: "monitoring" },
    });
  });

  it("is previewed without values that come later", async () => {
    const run = await runWithMocks(
      () =>
        new KubePrometheus("monitoring", {
          ...base,
          namespace: pulumi.output(new Promise<string>((resolve) => setTimeout(resolve, 1, "later"))),
        }),
      { preview: true },
    );
    expect(at(run.find("kubernetes:monitoring.coreos.com/v1:Prometheus").inputs, "metadata.namespace")).toBe(
      "later",
    );
  });
});

describe("KubePrometheus refuses", () => {
  const objectStorageConfig = { name: "thanos-objstore", key: "objstore.yml" };
  const refusals: [string, Partial<KubePrometheusArgs>, RegExp][] = [
    ["an empty cluster", { cluster: " " }, /cluster must name the cluster/],
    [
      "no Alertmanager configuration",
      { alertmanager: { configSecret: "" } },
      /alertmanager\.configSecret must name/,
    ],
    ["the label cluster", { externalLabels: { cluster: "b" } }, /externalLabels\.cluster must not be set/],
    [
      "a reserved label",
      { externalLabels: { prometheus_replica: "b" } },
      /externalLabels\.prometheus_replica is set by/,
    ],
    [
      "an own replica label",
      { externalLabels: { r: "b" }, prometheus: { replicaLabel: "r" } },
      /externalLabels\.r is set/,
    ],
    ["a bad label name", { externalLabels: { "a-b": "b" } }, /externalLabels\.a-b must have a label name/],
    ["an empty label", { externalLabels: { a: "" } }, /externalLabels\.a must not be empty/],
    ["a bad namespace", { namespace: "Mon_1" }, /namespace must be a DNS label/],
    ["no watched namespace", { watchNamespaces: [] }, /watchNamespaces must name a namespace/],
    ["one watched twice", { watchNamespaces: ["a", "a"] }, /watchNamespaces\[1\] must not stand there twice/],
    [
      "both kinds of limits",
      { watchNamespaces: ["a"], operator: { denyNamespaces: ["b"] } },
      /operator\.denyNamespaces must be absent/,
    ],
    [
      "an unknown repair",
      { operator: { repairPolicy: "x" as never } },
      /operator\.repairPolicy must be one of/,
    ],
    ["no replica", { prometheus: { replicas: 0 } }, /prometheus\.replicas must be a whole number/],
    [
      "half an Alertmanager",
      { alertmanager: { configSecret: "a", replicas: 1.5 } },
      /alertmanager\.replicas must be/,
    ],
    [
      "a scrape interval of nothing",
      { prometheus: { scrapeInterval: "0s" } },
      /prometheus\.scrapeInterval must be a duration/,
    ],
    [
      "an interval without unit",
      { prometheus: { evaluationInterval: "15" } },
      /prometheus\.evaluationInterval must be/,
    ],
    [
      "a timeout over the interval",
      { prometheus: { scrapeTimeout: "20s" } },
      /scrapeTimeout must not be longer than .* 15s/,
    ],
    ["a bad retention", { prometheus: { retention: "ever" } }, /prometheus\.retention must be a duration/],
    [
      "a retention size without unit",
      { prometheus: { retentionSize: "40" } },
      /prometheus\.retentionSize must be a size/,
    ],
    [
      "more data than disk",
      { prometheus: { retentionSize: "50GB" } },
      /must leave 10 % of the volume of 50Gi free/,
    ],
    [
      "a bad size",
      { prometheus: { storage: { size: "50 GB" } } },
      /prometheus\.storage\.size must be a quantity/,
    ],
    [
      "two kinds of storage",
      { prometheus: { storage: { ephemeral: true, size: "1Gi" } } },
      /prometheus\.storage\.size must be absent/,
    ],
    [
      "a limit of no emptyDir",
      { alertmanager: { configSecret: "a", storage: { ephemeralSizeLimit: "1Gi" } } },
      /alertmanager\.storage\.ephemeralSizeLimit only counts/,
    ],
    [
      "no time for Alertmanager",
      { alertmanager: { configSecret: "a", retention: "0h" } },
      /alertmanager\.retention must be/,
    ],
    ["a sample limit of nothing", { prometheus: { sampleLimit: 0 } }, /prometheus\.sampleLimit must be/],
    [
      "two default scrape classes",
      {
        prometheus: {
          scrapeClasses: [
            { name: "a", default: true },
            { name: "b", default: true },
          ],
        },
      },
      /prometheus\.scrapeClasses must have at most one default/,
    ],
    [
      "two scrape classes of one name",
      { prometheus: { scrapeClasses: [{ name: "a" }, { name: "a" }] } },
      /prometheus\.scrapeClasses must have different names/,
    ],
    [
      "half a digest",
      { images: { operator: "a/b@sha256:12" } },
      /images\.operator must be an image reference/,
    ],
    [
      "a moving tag",
      { images: { configReloader: "a/b:latest" } },
      /images\.configReloader must name a fixed version/,
    ],
    [
      "a tag without version",
      { images: { prometheus: "a/b:main" } },
      /images\.prometheus must have a tag that begins/,
    ],
    ["Thanos without a version", { images: { thanos: "a/b:main" } }, /images\.thanos must have a tag/],
    [
      "an object store without a name",
      { prometheus: { thanos: { objectStorageConfig: { name: "", key: "" } } } },
      /objectStorageConfig\.name must not be empty[^]*objectStorageConfig\.key must not be empty/,
    ],
    [
      "uploads from a disk that goes with its pod",
      { prometheus: { storage: { ephemeral: true }, thanos: { objectStorageConfig } } },
      /prometheus\.storage\.ephemeral must be absent with an object store/,
    ],
    [
      "a retention under three blocks",
      { prometheus: { retention: "5h", thanos: { objectStorageConfig } } },
      /prometheus\.retention must be at least 3 blocks of 2h/,
    ],
    [
      "a retention under three blocks of another length",
      {
        prometheus: {
          retention: "11h",
          thanos: { objectStorageConfig, disableCompaction: true, blockDuration: "4h" },
        },
      },
      /prometheus\.retention must be at least 3 blocks of 4h/,
    ],
    [
      "a length of blocks that Prometheus compacts",
      { prometheus: { thanos: { blockDuration: "2h" } } },
      /blockDuration only counts where Prometheus does not compact/,
    ],
    [
      "blocks of no length",
      { prometheus: { thanos: { disableCompaction: true, blockDuration: "0s" } } },
      /blockDuration must be a duration above zero/,
    ],
    [
      "no time to get ready",
      { prometheus: { thanos: { readyTimeout: "soon" } } },
      /readyTimeout must be a duration above zero/,
    ],
  ];

  it.each(refusals)("%s", async (_, args, message) => {
    await expect(build(args)).rejects.toThrow(message);
  });

  it("says everything at once", async () => {
    await expect(build({ cluster: "", prometheus: { replicas: 0 } })).rejects.toThrow(
      /cluster[^]*prometheus\.replicas/,
    );
  });

  it("a value that comes later", async () => {
    const later = pulumi.output(Promise.resolve("20s"));
    await expect(build({ prometheus: { scrapeTimeout: later } })).rejects.toThrow(
      /scrapeTimeout must not be longer/,
    );
  });
});
