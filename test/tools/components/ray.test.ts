/** Ray's objects against the real API server, and what the real KubeRay operator makes of them. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseAllDocuments } from "yaml";
import { generateKubeRayCrds } from "../../../components/crds/generate-kuberay.ts";
import { kubeRayCrdFile, kubeRayCrds } from "../../../components/crds/kuberay-manifests.ts";
import { monitoringCrds } from "../../../components/crds/manifests.ts";
import { KubeRayOperator } from "../../../components/kuberay-operator.ts";
import { repositoryRoot, toolPath } from "../../../local/toolchain/tools.ts";
import { startApiServer, type ApiServer } from "../../support/api-server.ts";
import { Applier, eventually } from "../../support/apply.ts";
import { manifestsOf, type Manifest } from "../../support/manifests.ts";
import { at, runWithMocks } from "../../support/mocks.ts";
import { kubeconfigOf } from "../../support/operator.ts";
import { deployRay } from "../../unit/components/ray-args.ts";
import { RAY_TYPICAL } from "../../unit/components/ray-typical.ts";

const NAMESPACE = "serving";
let server: ApiServer;
let applier: Applier;
let operatorManifests: Manifest[];

beforeAll(async () => {
  server = await startApiServer();
  applier = new Applier(server);
  await applier.applyCrds(monitoringCrds());
  await applier.applyCrds(kubeRayCrds());
  const enforced = { "pod-security.kubernetes.io/enforce": "restricted" };
  for (const name of [NAMESPACE, "kuberay-system"])
    await applier.apply({ apiVersion: "v1", kind: "Namespace", metadata: { name, labels: enforced } });
  const run = await runWithMocks(
    () =>
      new KubeRayOperator("kuberay-operator", { namespace: "kuberay-system", watchNamespaces: [NAMESPACE] }),
  );
  operatorManifests = manifestsOf(run).filter(({ kind }) => kind !== "CustomResourceDefinition");
});

afterAll(async () => {
  await server.stop();
});

it("the committed CRDs are those of the pinned operator", async () => {
  const committed = await readFile(kubeRayCrdFile, "utf8");
  expect(committed === generateKubeRayCrds(), "run: node components/crds/generate-kuberay.ts").toBe(true);
});

describe("each typical service", () => {
  it.each(Object.entries(RAY_TYPICAL))(
    "%s is accepted by the API server, field by field",
    async (_, args) => {
      for (const manifest of manifestsOf(await deployRay(args)))
        await applier.apply(manifest, { dryRun: true });
    },
  );

  it.each(Object.entries(RAY_TYPICAL).filter(([name]) => name !== "nfs"))(
    "%s makes pods that the restricted pod security standard admits",
    async (_, args) => {
      const service = manifestsOf(await deployRay(args)).find(({ kind }) => kind === "RayService");
      for (const group of ["headGroupSpec", "workerGroupSpecs[0]"]) {
        const template = at(service, `spec.rayClusterConfig.${group}.template`) as {
          metadata: object;
          spec: object;
        };
        const spec = { ...template.spec, priorityClassName: undefined, runtimeClassName: undefined };
        const metadata = { ...template.metadata, name: "pod", namespace: NAMESPACE };
        await applier.apply({ apiVersion: "v1", kind: "Pod", metadata, spec }, { dryRun: true });
      }
    },
  );
});

it("a RayService with an unknown field is refused, so that the tests above can fail", async () => {
  const service = manifestsOf(await deployRay()).find(({ kind }) => kind === "RayService");
  const wrong = { ...service, spec: { ...(service?.["spec"] as object), serveConfig: "x" } };
  await expect(applier.apply(wrong, { dryRun: true })).rejects.toThrow(/serveConfig/);
});

it("every object of the FastAPI example is accepted", async () => {
  const file = path.join(repositoryRoot, "examples", "ray-fastapi", "kubernetes.yaml");
  const objects = parseAllDocuments(await readFile(file, "utf8")).map(
    (document) => document.toJS() as Manifest,
  );
  expect(objects.map(({ kind }) => kind)).toContain("PodMonitor");
  for (const object of objects) {
    const placed = { ...object, metadata: { ...object.metadata, namespace: NAMESPACE } };
    await applier.apply(placed, { dryRun: true });
  }
});

describe("the real operator, with the component's own rights", () => {
  let operator: RunningOperator;

  beforeAll(async () => {
    for (const manifest of operatorManifests.filter(({ kind }) => kind !== "Deployment"))
      await applier.apply(manifest);
    await applier.apply(operatorManifests.find(({ kind }) => kind === "Deployment") ?? {}, { dryRun: true });
    const deployment = operatorManifests.find(({ kind }) => kind === "Deployment");
    operator = await startRayOperator(at(deployment, "spec.template.spec.containers[0].args") as string[]);
    const service = manifestsOf(await deployRay({ autoscaling: { minReplicas: 2, maxReplicas: 3 } }));
    for (const manifest of service) await applier.apply(manifest);
  });

  afterAll(async () => {
    await operator.stop();
  });

  async function pods(): Promise<Manifest[]> {
    const list = await server.request("GET", `/api/v1/namespaces/${NAMESPACE}/pods`);
    return list["items"] as Manifest[];
  }

  it("makes a head and the workers, which the monitors, the budget and the policy select", async () => {
    const made = await eventually(async () => {
      const now = await pods();
      expect(now.length, operator.log().slice(-2000)).toBe(3);
      return now;
    }, 120_000);
    const role = (value: string) =>
      made.filter(({ metadata }) => metadata.labels?.["app.kubernetes.io/component"] === value);
    expect(role("ray-head")).toHaveLength(1);
    expect(role("ray-worker")).toHaveLength(2);
    for (const { metadata } of made) {
      expect(metadata.labels).toMatchObject({
        "vllm-monitoring/ray-service": "chat",
        "app.kubernetes.io/name": "kuberay",
      });
      // What the label ray_io_cluster is made from.
      expect(metadata.labels?.["ray.io/cluster"]).toMatch(/^chat-/);
    }
    const head = at(role("ray-head")[0], "spec.containers") as {
      name: string;
      args: string[];
      ports: { name: string }[];
    }[];
    expect(head.map(({ name }) => name)).toEqual(["ray-head", "autoscaler"]);
    const command = head[0]?.args.join(" ") ?? "";
    for (const flag of ["--num-gpus=0", "--num-cpus=0", "--metrics-export-port=8080"])
      expect(command).toContain(flag);
    const ports = head[0]?.ports.map(({ name }) => name) ?? [];
    for (const port of ["metrics", "as-metrics", "dash-metrics", "serve"]) expect(ports).toContain(port);
    const worker = at(role("ray-worker")[0], "spec.containers[0]") as {
      args: string[];
      env: { name: string }[];
    };
    expect(worker.args.join(" ")).toContain("--num-gpus=1");
    expect(worker.env.map(({ name }) => name)).toContain("RAY_AUTH_TOKEN");
  });

  it("finds nothing wrong with the service, and lacks no right", async () => {
    const service = await eventually(async () => {
      const path = `/apis/ray.io/v1/namespaces/${NAMESPACE}/rayservices/chat`;
      const now = await server.request("GET", path);
      expect(at(now, "status.pendingServiceStatus.rayClusterName")).toMatch(/^chat-/);
      return now;
    }, 60_000);
    const conditions = (at(service, "status.conditions") ?? []) as { reason: string; message: string }[];
    expect(conditions.filter(({ reason }) => reason === "ValidationFailed")).toEqual([]);
    expect(operator.log()).not.toMatch(
      /is forbidden|cannot (get|list|watch|create|update|patch|delete) resource/,
    );
  });

  it("makes a second cluster for other bounds, which alone it would not look at", async () => {
    const service = manifestsOf(await deployRay({ autoscaling: { minReplicas: 2, maxReplicas: 5 } }));
    await applier.apply(service.find(({ kind }) => kind === "RayService") ?? {});
    await eventually(async () => {
      const path = `/apis/ray.io/v1/namespaces/${NAMESPACE}/rayclusters`;
      const { items } = await server.request("GET", path);
      const bounds = (items as Manifest[]).map((item) => at(item, "spec.workerGroupSpecs[0].maxReplicas"));
      expect(bounds).toContain(5);
    }, 120_000);
  });
});

interface RunningOperator {
  log(): string;
  stop(): Promise<void>;
}

async function startRayOperator(args: string[]): Promise<RunningOperator> {
  const { status } = (await server.request(
    "POST",
    "/api/v1/namespaces/kuberay-system/serviceaccounts/kuberay-operator/token",
    { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec: { expirationSeconds: 3600 } },
    "application/json",
  )) as { status: { token: string } };
  const directory = await mkdtemp(path.join(tmpdir(), "vllm-kuberay-"));
  const kubeconfig = path.join(directory, "kubeconfig.yaml");
  await writeFile(kubeconfig, kubeconfigOf(server, status.token), { mode: 0o600 });
  // Its listeners would be those of the pod.
  const own = args.filter((word) => !/^--(metrics-addr|health-probe-bind-address)=/.test(word));
  const words = [
    ...own,
    "--metrics-addr=0",
    "--health-probe-bind-address=0",
    "--leader-election-namespace=kuberay-system",
  ];
  let log = "";
  const child: ChildProcess = spawn(toolPath("ray-operator"), words, {
    env: { KUBECONFIG: kubeconfig, HOME: directory },
    stdio: ["ignore", "pipe", "pipe"],
  });
  for (const stream of [child.stdout, child.stderr])
    stream?.on("data", (chunk: Buffer) => {
      log += chunk.toString();
    });
  return {
    log: () => log,
    async stop() {
      if (child.exitCode === null && child.signalCode === null) {
        const exit = once(child, "exit");
        child.kill("SIGKILL");
        await exit;
      }
      await rm(directory, { recursive: true, force: true });
    },
  };
}
