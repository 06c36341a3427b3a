/**
 * The labels of GPU metrics, through everything that makes them: the real operator turns the PodMonitor into scrape
 * configuration, the real Prometheus finds the exporter's pod in a real API server and scrapes what an exporter says.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { createServer, type Server } from "node:http";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse, stringify } from "yaml";

import { monitoringCrds } from "../../../components/crds/manifests.ts";
import { DcgmExporter } from "../../../components/dcgm-exporter.ts";
import { toolPath } from "../../../local/toolchain/tools.ts";
import { startApiServer, type ApiServer } from "../../support/api-server.ts";
import { Applier, eventually } from "../../support/apply.ts";
import { manifestsOf } from "../../support/manifests.ts";
import { runWithMocks } from "../../support/mocks.ts";
import { startOperator } from "../../support/operator.ts";

const POD_IP = "127.94.0.1";
const NAMESPACE = "gpu-monitoring";
const PROMETHEUS = "127.94.0.2:9090";

/**
 * What exporter 4.5.3 says of a node with two GPUs, one of which a pod holds, and of a link; and a line as newer releases
 * spell the host's name.
 */
const EXPOSITION = `# HELP DCGM_FI_DEV_GPU_UTIL GPU utilization (in %).
# TYPE DCGM_FI_DEV_GPU_UTIL gauge
DCGM_FI_DEV_GPU_UTIL{gpu="0",UUID="GPU-aaaa",pci_bus_id="00000000:10:1C.0",device="nvidia0",modelName="NVIDIA H100 80GB HBM3",Hostname="ip-10-0-0-1",container="vllm",namespace="serving",pod="chat-0"} 97
DCGM_FI_DEV_GPU_UTIL{gpu="1",UUID="GPU-bbbb",pci_bus_id="00000000:10:1D.0",device="nvidia1",modelName="NVIDIA H100 80GB HBM3",Hostname="ip-10-0-0-1"} 0
# HELP DCGM_FI_DEV_FB_USED Framebuffer memory used (in MiB).
# TYPE DCGM_FI_DEV_FB_USED gauge
DCGM_FI_DEV_FB_USED{gpu="1",UUID="GPU-bbbb",device="nvidia1",modelName="NVIDIA H100 80GB HBM3",hostname="ip-10-0-0-1"} 4
# HELP DCGM_FI_DEV_NVLINK_BANDWIDTH_TOTAL NVLink bandwidth counter of all lanes.
# TYPE DCGM_FI_DEV_NVLINK_BANDWIDTH_TOTAL counter
DCGM_FI_DEV_NVLINK_BANDWIDTH_TOTAL{nvlink="0",gpu_uuid="GPU-aaaa",model_name="NVIDIA H100 80GB HBM3",Hostname="ip-10-0-0-1"} 12
`;

let server: ApiServer;
let exporter: Server;
let prometheus: ChildProcess | undefined;
let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "vllm-dcgm-"));
  server = await startApiServer();
  const applier = new Applier(server);
  await applier.applyCrds(monitoringCrds());
  const manifests = manifestsOf(await runWithMocks(() => new DcgmExporter("dcgm", { interval: "1s" })));
  for (const object of [...manifests, ...surroundings()]) await applier.apply(object);
  await applier.apply(exporterPod());
  await server.request(
    "PATCH",
    `/api/v1/namespaces/${NAMESPACE}/pods/dcgm-x7k2p/status`,
    { status: { phase: "Running", podIP: POD_IP, podIPs: [{ ip: POD_IP }] } },
    "application/merge-patch+json",
  );
  exporter = createServer((_, response) => {
    response.setHeader("content-type", "text/plain; version=0.0.4");
    response.end(EXPOSITION);
  });
  await new Promise<void>((resolve) => exporter.listen(9400, POD_IP, resolve));
  const file = join(directory, "prometheus.yaml");
  await writeFile(file, await configuration());
  prometheus = spawn(
    toolPath("prometheus"),
    [
      `--config.file=${file}`,
      `--storage.tsdb.path=${join(directory, "data")}`,
      `--web.listen-address=${PROMETHEUS}`,
    ],
    { stdio: "ignore" },
  );
  await eventually(async () => {
    if ((await series("DCGM_FI_DEV_GPU_UTIL")).length !== 2) throw new Error("nothing is scraped yet");
  }, 60_000);
});

afterAll(async () => {
  if (prometheus !== undefined) {
    const ended = new Promise((resolve) => prometheus?.once("exit", resolve));
    prometheus.kill("SIGTERM");
    await ended;
  }
  await new Promise((resolve) => exporter.close(resolve));
  await server.stop();
  await rm(directory, { recursive: true, force: true });
});

/** The operator's account, a Prometheus that reads every monitor, and Prometheus' way to the API server. */
function surroundings(): object[] {
  const account = { name: "operator", namespace: NAMESPACE };
  return [
    { apiVersion: "v1", kind: "ServiceAccount", metadata: account },
    {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "ClusterRoleBinding",
      metadata: { name: "operator" },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "cluster-admin" },
      subjects: [{ kind: "ServiceAccount", ...account }],
    },
    {
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: "api", namespace: NAMESPACE },
      stringData: { token: server.token },
    },
    {
      apiVersion: "monitoring.coreos.com/v1",
      kind: "Prometheus",
      metadata: { name: "all", namespace: NAMESPACE },
      spec: {
        podMonitorSelector: {},
        podMonitorNamespaceSelector: {},
        serviceAccountName: "default",
        apiserverConfig: {
          host: server.url,
          authorization: { credentials: { name: "api", key: "token" } },
          tlsConfig: { insecureSkipVerify: true },
        },
      },
    },
  ];
}

/** A pod of the DaemonSet as its controller and the scheduler would make it. */
function exporterPod(): object {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name: "dcgm-x7k2p",
      namespace: NAMESPACE,
      labels: { "app.kubernetes.io/name": "dcgm-exporter", "app.kubernetes.io/instance": "dcgm" },
    },
    spec: {
      nodeName: "gpu-node-1",
      containers: [
        { name: "exporter", image: "dcgm-exporter", ports: [{ name: "metrics", containerPort: 9400 }] },
      ],
    },
  };
}

/** The operator's configuration, with what its reloader would put in. */
async function configuration(): Promise<string> {
  const operator = await startOperator(server, { name: "operator", namespace: NAMESPACE }, []);
  try {
    const text = await eventually(async () => {
      const secret = await server.request("GET", `/api/v1/namespaces/${NAMESPACE}/secrets/prometheus-all`);
      const data = secret["data"] as Record<string, string>;
      const found = gunzipSync(Buffer.from(data["prometheus.yaml.gz"] ?? "", "base64")).toString();
      if (!found.includes("podMonitor/gpu-monitoring/dcgm/0"))
        throw new Error("the monitor is not in it yet");
      return found;
    });
    // Rule files are mounted by the operator's pod.
    const config = { ...(parse(text) as Record<string, unknown>), rule_files: [] };
    return stringify(config).replaceAll("$(SHARD)", "0").replaceAll("$(POD_NAME)", "prometheus-all-0");
  } finally {
    await operator.stop();
  }
}

/** Labels of the series that a selector finds now. */
async function series(selector: string): Promise<Record<string, string>[]> {
  const address = `http://${PROMETHEUS}/api/v1/query?query=${encodeURIComponent(selector)}`;
  const answer = (await (await fetch(address)).json()) as {
    data: { result: { metric: Record<string, string> }[] };
  };
  return answer.data.result.map(({ metric }) => metric);
}

describe("the labels of GPU metrics", () => {
  it("name the pod that holds the GPU, as vLLM's own metrics do", async () => {
    const [busy] = await series('DCGM_FI_DEV_GPU_UTIL{UUID="GPU-aaaa"}');
    expect(busy).toEqual({
      __name__: "DCGM_FI_DEV_GPU_UTIL",
      UUID: "GPU-aaaa",
      container: "vllm",
      device: "nvidia0",
      gpu: "0",
      instance: `${POD_IP}:9400`,
      job: "dcgm-exporter",
      modelName: "NVIDIA H100 80GB HBM3",
      namespace: "serving",
      node: "gpu-node-1",
      pci_bus_id: "00000000:10:1C.0",
      pod: "chat-0",
    });
  });

  it("leave idle GPUs to nobody, above all not to the exporter", async () => {
    const idle = await series('DCGM_FI_DEV_GPU_UTIL{pod=""}');
    expect(idle.map(({ UUID }) => UUID)).toEqual(["GPU-bbbb"]);
    for (const label of ["pod", "namespace", "container", "exported_pod"])
      expect(idle[0]).not.toHaveProperty(label);
    expect(idle[0]?.["node"]).toBe("gpu-node-1");
    expect(await series('{namespace="gpu-monitoring",__name__=~"DCGM.*"}')).toEqual([]);
    expect(await series('{exported_namespace!=""}')).toEqual([]);
  });

  it("join with vLLM's series by namespace and pod without any renaming", async () => {
    const held = await series("count by (namespace, pod) (DCGM_FI_DEV_GPU_UTIL{pod!=''})");
    expect(held).toEqual([{ namespace: "serving", pod: "chat-0" }]);
  });

  it("spell the GPU, its model and the node in one way", async () => {
    const [link] = await series("DCGM_FI_DEV_NVLINK_BANDWIDTH_TOTAL");
    expect(link).toMatchObject({ UUID: "GPU-aaaa", modelName: "NVIDIA H100 80GB HBM3", node: "gpu-node-1" });
    for (const label of ["gpu_uuid", "model_name", "Hostname"]) expect(link).not.toHaveProperty(label);
    const [newer] = await series("DCGM_FI_DEV_FB_USED");
    expect(newer).not.toHaveProperty("hostname");
  });

  it("tell which node's exporter is down", async () => {
    expect(await series("up")).toEqual([
      { __name__: "up", instance: `${POD_IP}:9400`, job: "dcgm-exporter", node: "gpu-node-1" },
    ]);
  });
});
