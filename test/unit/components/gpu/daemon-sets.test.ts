import { describe, expect, it } from "vitest";

import { countersFile, dcgmCounters } from "../../../../components/dcgm/counters.ts";
import { DcgmExporter, type DcgmExporterArgs } from "../../../../components/dcgm-exporter.ts";
import {
  NvidiaDevicePlugin,
  type NvidiaDevicePluginArgs,
} from "../../../../components/nvidia-device-plugin.ts";
import { manifestsOf, renderManifests, type Manifest } from "../../../support/manifests.ts";
import { at, runWithMocks, type MockRun } from "../../../support/mocks.ts";

function exporter(args: DcgmExporterArgs = {}) {
  return runWithMocks(() => new DcgmExporter("dcgm-exporter", args));
}

function plugin(args: NvidiaDevicePluginArgs = {}) {
  return runWithMocks(() => new NvidiaDevicePlugin("nvidia-device-plugin", args));
}

async function only(run: Promise<MockRun>, kind: string): Promise<Manifest> {
  const [found, ...more] = manifestsOf(await run).filter((manifest) => manifest.kind === kind);
  if (found === undefined || more.length > 0) throw new Error(`${String(more.length)} more ${kind}`);
  return found;
}

const placement = {
  nodeSelector: { "example.com/gpu": "yes" },
  tolerations: [{ key: "nvidia.com/gpu" }, { key: "dedicated", value: "llm", effect: "NoExecute" }],
  priorityClassName: "gpu-daemons",
  runtimeClassName: "nvidia",
};
const resources = { cpuRequest: "20m", cpuLimit: "1", memoryRequest: "100Mi", memoryLimit: "2Gi" };

describe("DcgmExporter", () => {
  it.each<[string, DcgmExporterArgs]>([
    ["defaults", {}],
    [
      "all-options",
      {
        namespace: "gpu",
        image:
          "registry.example.com/dcgm-exporter@sha256:0000000000000000000000000000000000000000000000000000000000000001",
        imagePullSecrets: ["registry"],
        interval: "30s",
        scrapeTimeout: "5s",
        profiling: false,
        extraCounters: [{ name: "DCGM_FI_DEV_FAN_SPEED", kind: "gauge", help: "Fan speed (in %)." }],
        eventWindow: "10m",
        podLabels: ["app\\.kubernetes\\.io/.*", "team"],
        placement,
        resources,
        maxUnavailable: "3",
        monitoringNamespace: "observability",
        monitorLabels: { release: "prometheus" },
      },
    ],
  ])("renders the golden manifests: %s", async (name, args) => {
    await expect(renderManifests(await exporter(args))).toMatchFileSnapshot(
      `../golden/dcgm-exporter/${name}.yaml`,
    );
  });

  it("counts throttling, ECC errors and XIDs, which the exporter's own list leaves out", () => {
    const file = countersFile(dcgmCounters(true));
    for (const name of [
      "DCGM_FI_DEV_POWER_VIOLATION",
      "DCGM_FI_DEV_THERMAL_VIOLATION",
      "DCGM_EXP_CLOCK_EVENTS_COUNT",
      "DCGM_EXP_XID_ERRORS_COUNT",
      "DCGM_FI_DEV_ECC_DBE_VOL_TOTAL",
      "DCGM_FI_DEV_ROW_REMAP_FAILURE",
      "DCGM_FI_DEV_FB_USED",
      "DCGM_FI_PROF_SM_ACTIVE",
    ]) {
      expect(file).toMatch(new RegExp(`^${name}, (gauge|counter), `, "m"));
    }
  });

  it("writes a file that the exporter can read: three columns, no name twice", () => {
    for (const profiling of [true, false]) {
      const counters = dcgmCounters(profiling);
      const lines = countersFile(counters).trimEnd().split("\n").slice(1);
      expect(lines).toHaveLength(counters.length);
      for (const line of lines)
        expect(line).toMatch(/^DCGM_(FI|EXP)_[A-Z0-9_]+, (gauge|counter|label), [^,"]+$/);
      expect(new Set(counters.map(({ name }) => name)).size).toBe(counters.length);
    }
    expect(dcgmCounters(false).some(({ name }) => name.includes("_PROF_"))).toBe(false);
  });

  it("has SYS_ADMIN for profiling only", async () => {
    const capabilities = async (args: DcgmExporterArgs) =>
      at(
        await only(exporter(args), "DaemonSet"),
        "spec.template.spec.containers[0].securityContext.capabilities",
      );
    expect(await capabilities({})).toEqual({ drop: ["ALL"], add: ["SYS_ADMIN"] });
    expect(await capabilities({ profiling: false })).toEqual({ drop: ["ALL"] });
  });

  it("samples as often as it is scraped", async () => {
    const env = at(
      await only(exporter({ interval: "5s" }), "DaemonSet"),
      "spec.template.spec.containers[0].env",
    );
    expect(env).toContainEqual({ name: "DCGM_EXPORTER_INTERVAL", value: "5000" });
    const endpoint = at(
      await only(exporter({ interval: "5s" }), "PodMonitor"),
      "spec.podMetricsEndpoints[0]",
    );
    expect(endpoint).toMatchObject({ interval: "5s", scrapeTimeout: "5s" });
  });

  it("restarts when the counters change, and not otherwise", async () => {
    const hash = async (args: DcgmExporterArgs) =>
      at(await only(exporter(args), "DaemonSet"), "spec.template.metadata.annotations");
    expect(await hash({ interval: "30s" })).toEqual(await hash({}));
    expect(await hash({ profiling: false })).not.toEqual(await hash({}));
  });

  it("asks nothing of the API server unless pod labels are wanted", async () => {
    const kinds = (await exporter()).all("ClusterRole");
    expect(kinds).toEqual([]);
    expect(at(await only(exporter(), "DaemonSet"), "spec.template.spec.automountServiceAccountToken")).toBe(
      false,
    );
    const asked = exporter({ podLabels: ["team"] });
    expect(at(await only(asked, "ClusterRole"), "rules")).toEqual([
      { apiGroups: [""], resources: ["pods"], verbs: ["get", "list", "watch"] },
    ]);
    expect(at(await only(asked, "DaemonSet"), "spec.template.spec.automountServiceAccountToken")).toBe(true);
  });

  it("lets only Prometheus' namespace read the metrics", async () => {
    const policy = await only(exporter({ monitoringNamespace: "observability" }), "NetworkPolicy");
    expect(at(policy, "spec.ingress")).toEqual([
      {
        from: [{ namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "observability" } } }],
        ports: [{ port: 9400, protocol: "TCP" }],
      },
    ]);
  });

  it.each<[string, string, Record<string, unknown>]>([
    ["namespace", "DNS label", { namespace: "GPU" }],
    ["image", "has the tag latest", { image: "registry.example.com/dcgm-exporter:latest" }],
    ["monitoringNamespace", "DNS label", { monitoringNamespace: "a_b" }],
    ["interval", "must be a duration", { interval: "15" }],
    ["interval", "at least a second", { interval: "500ms" }],
    ["scrapeTimeout", "must be a duration", { scrapeTimeout: "ten" }],
    ["scrapeTimeout", "at most interval (15s)", { scrapeTimeout: "20s" }],
    ["eventWindow", "must be a duration", { eventWindow: "5 m" }],
    ["eventWindow", "at least twice interval", { eventWindow: "20s" }],
    ["extraCounters[0].name", "is no DCGM field", { extraCounters: [counter({ name: "GPU_UTIL" })] }],
    [
      "extraCounters[0].name",
      "is there already",
      { extraCounters: [counter({ name: "DCGM_FI_DEV_GPU_UTIL" })] },
    ],
    [
      "extraCounters[0].name",
      "needs profiling",
      { profiling: false, extraCounters: [counter({ name: "DCGM_FI_PROF_PIPE_FP64_ACTIVE" })] },
    ],
    ["extraCounters[0].kind", "must be one of", { extraCounters: [counter({ kind: "histogram" })] }],
    ["extraCounters[0].help", "without commas", { extraCounters: [counter({ help: "a, b" })] }],
    ["podLabels[0]", "regular expression", { podLabels: ["a,b"] }],
    ["maxUnavailable", "above 0", { maxUnavailable: "0" }],
  ])("refuses %s: %s", async (path, reason, args) => {
    await expect(exporter(args)).rejects.toThrow(new RegExp(`${escape(path)} .*${escape(reason)}`));
  });
});

describe("NvidiaDevicePlugin", () => {
  it.each<[string, NvidiaDevicePluginArgs]>([
    ["defaults", {}],
    [
      "all-options",
      {
        namespace: "gpu",
        image: "registry.example.com/k8s-device-plugin:v0.20.0",
        imagePullSecrets: ["registry"],
        migStrategy: "single",
        failOnInitError: false,
        placement,
        resources,
        maxUnavailable: 5,
      },
    ],
  ])("renders the golden manifests: %s", async (name, args) => {
    await expect(renderManifests(await plugin(args))).toMatchFileSnapshot(
      `../golden/nvidia-device-plugin/${name}.yaml`,
    );
  });

  it("leaves out nodes that bring their own", async () => {
    const terms = at(
      await only(plugin(), "DaemonSet"),
      "spec.template.spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms",
    );
    expect(terms).toEqual([
      {
        matchExpressions: [
          { key: "vllm-monitoring/device-plugin", operator: "NotIn", values: ["built-in"] },
          { key: "eks.amazonaws.com/compute-type", operator: "NotIn", values: ["auto"] },
        ],
      },
    ]);
  });

  it("has no rights beyond its socket, but for partitions", async () => {
    const capabilities = async (args: NvidiaDevicePluginArgs) =>
      at(
        await only(plugin(args), "DaemonSet"),
        "spec.template.spec.containers[0].securityContext.capabilities",
      );
    expect(await capabilities({})).toEqual({ drop: ["ALL"] });
    expect(await capabilities({ migStrategy: "mixed" })).toEqual({ drop: ["ALL"], add: ["SYS_ADMIN"] });
  });

  it.each<[string, string, Record<string, unknown>]>([
    ["namespace", "DNS label", { namespace: "-" }],
    ["image", "names no version", { image: "registry.example.com/k8s-device-plugin" }],
    ["migStrategy", "must be one of", { migStrategy: "all" }],
    ["maxUnavailable", "at least 1", { maxUnavailable: 0 }],
  ])("refuses %s: %s", async (path, reason, args) => {
    await expect(plugin(args)).rejects.toThrow(new RegExp(`${escape(path)} .*${escape(reason)}`));
  });
});

function counter(change: Record<string, unknown>): Record<string, unknown> {
  return { name: "DCGM_FI_DEV_FAN_SPEED", kind: "gauge", help: "Fan speed.", ...change };
}

function escape(text: string): string {
  return text.replace(/[.[\]()]/g, String.raw`\$&`);
}
