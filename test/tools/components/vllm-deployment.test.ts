import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { monitoringCrds } from "../../../components/crds/manifests.ts";
import { GrafanaDashboards } from "../../../components/grafana-dashboards.ts";
import { dashboards } from "../../../dashboards/index.ts";
import { toolPath } from "../../../local/toolchain/tools.ts";
import { startApiServer, type ApiServer } from "../../support/api-server.ts";
import { Applier, eventually } from "../../support/apply.ts";
import { manifestsOf, type Manifest } from "../../support/manifests.ts";
import { at, runWithMocks } from "../../support/mocks.ts";
import { podsOf } from "../../support/pods.ts";
import { startOperator } from "../../support/operator.ts";
import { deploy } from "../../unit/components/vllm-args.ts";
import { TYPICAL } from "../../unit/components/vllm-typical.ts";

let server: ApiServer;
let applier: Applier;

beforeAll(async () => {
  server = await startApiServer();
  applier = new Applier(server);
  await applier.applyCrds(monitoringCrds());
  const enforced = { "pod-security.kubernetes.io/enforce": "restricted" };
  await applier.apply({
    apiVersion: "v1",
    kind: "Namespace",
    metadata: { name: "serving", labels: enforced },
  });
});

afterAll(async () => {
  await server.stop();
});

async function manifests(args: object): Promise<Manifest[]> {
  return manifestsOf(await deploy(args));
}

/** Without volumes of NFS, which the restricted standard admits in claims only. */
function admissible(spec: Record<string, unknown>): Record<string, unknown> {
  const volumes = (spec["volumes"] as Record<string, unknown>[]).filter((volume) => !("nfs" in volume));
  const names = volumes.map(({ name }) => name);
  const containers = (spec["containers"] as { volumeMounts: { name: string }[] }[]).map((container) => ({
    ...container,
    volumeMounts: container.volumeMounts.filter(({ name }) => names.includes(name)),
  }));
  return { ...spec, volumes, containers };
}

function without(object: Record<string, unknown>, ...keys: string[]): Record<string, unknown> {
  return Object.fromEntries(Object.entries(object).filter(([key]) => !keys.includes(key)));
}

describe.each(Object.entries(TYPICAL))("%s", (_, args) => {
  it("is accepted by the API server, field by field", async () => {
    for (const manifest of await manifests(args)) {
      await applier.apply(manifest, { dryRun: true });
    }
  });

  it("makes pods that the restricted pod security standard admits", async () => {
    const [pod] = podsOf(await manifests(args), "serving");
    await applier.apply({ ...pod, spec: admissible(pod?.spec ?? {}) }, { dryRun: true });
  });
});

it("the standard is in force, so that the test above can fail", async () => {
  const [pod] = podsOf(await manifests({}), "serving");
  const spec = pod?.spec as { securityContext: object };
  const rooted = {
    ...pod,
    spec: { ...spec, securityContext: { ...spec.securityContext, runAsNonRoot: false } },
  };
  await expect(applier.apply(rooted, { dryRun: true })).rejects.toThrow(/violates PodSecurity/);
});

it("applying the same again changes nothing", async () => {
  const list = await manifests({ replicas: 2, parallelism: { data: 2 }, monitor: { interval: "30s" } });
  const first = await Promise.all(list.map((manifest) => applier.apply(manifest)));
  const second = await Promise.all(list.map((manifest) => applier.apply(manifest)));
  const versions = (objects: Manifest[]) => objects.map(({ metadata }) => at(metadata, "resourceVersion"));
  expect(versions(second)).toEqual(versions(first));
});

it("the dashboards' ConfigMap is accepted with the real dashboard in it", async () => {
  const run = await runWithMocks(
    () =>
      new GrafanaDashboards("dashboards", {
        namespace: "serving",
        folder: "vLLM",
        dashboards: dashboards().map(({ name, dashboard }) => ({ name, json: JSON.stringify(dashboard) })),
      }),
  );
  for (const manifest of manifestsOf(run)) await applier.apply(manifest, { dryRun: true });
});

describe("the scrape configuration that the real operator makes of the PodMonitor", () => {
  let config: string;

  beforeAll(async () => {
    const account = { name: "operator", namespace: "serving" };
    const objects = [
      { apiVersion: "v1", kind: "ServiceAccount", metadata: account },
      {
        apiVersion: "rbac.authorization.k8s.io/v1",
        kind: "ClusterRoleBinding",
        metadata: { name: "operator" },
        roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "cluster-admin" },
        subjects: [{ kind: "ServiceAccount", ...account }],
      },
      {
        apiVersion: "monitoring.coreos.com/v1",
        kind: "Prometheus",
        metadata: { name: "all", namespace: "serving" },
        spec: { podMonitorSelector: {}, podMonitorNamespaceSelector: {}, serviceAccountName: "default" },
      },
      ...(await manifests({ monitor: { interval: "5s", sampleLimit: 5000 } })),
    ];
    for (const object of objects) await applier.apply(object);
    const operator = await startOperator(server, account, []);
    try {
      config = await eventually(async () => {
        const secret = await server.request("GET", "/api/v1/namespaces/serving/secrets/prometheus-all");
        const data = secret["data"] as Record<string, string>;
        const text = gunzipSync(Buffer.from(data["prometheus.yaml.gz"] ?? "", "base64")).toString();
        if (!text.includes("podMonitor/serving/chat/0")) throw new Error("the monitor is not in it yet");
        return text;
      });
    } finally {
      await operator.stop();
    }
  });

  it("names job, limits and the labels that dashboards and rules use", () => {
    const { scrape_configs: jobs } = parse(config) as { scrape_configs: Record<string, unknown>[] };
    const job = jobs.find(({ job_name: name }) => name === "podMonitor/serving/chat/0");
    expect(job).toMatchObject({
      honor_labels: false,
      scrape_interval: "5s",
      scrape_timeout: "5s",
      metrics_path: "/metrics",
      sample_limit: 5000,
    });
    const relabelings = job?.["relabel_configs"] as { target_label?: string; source_labels?: string[] }[];
    const targets = relabelings.map(({ target_label: label }) => label);
    for (const label of ["namespace", "pod", "node", "owner", "team", "model", "job", "container"]) {
      expect(targets).toContain(label);
    }
    // A target label of that name would push the metrics' own aside.
    expect(targets).not.toContain("model_name");
    expect(targets).not.toContain("engine");
  });

  it("is one that Prometheus takes", async () => {
    const directory = await mkdtemp(join(tmpdir(), "vllm-scrape-"));
    try {
      // Rule files are mounted by the operator's pod.
      const alone = without(parse(config) as Record<string, unknown>, "rule_files");
      const file = join(directory, "prometheus.yaml");
      await writeFile(file, JSON.stringify(alone));
      const check = await promisify(execFile)(toolPath("promtool"), [
        "check",
        "config",
        "--syntax-only",
        file,
      ]);
      expect(check.stdout).toContain("SUCCESS");
    } finally {
      await rm(directory, { recursive: true });
    }
  });
});
