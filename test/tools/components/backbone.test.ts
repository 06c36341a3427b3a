/** The exporters, the monitors of the cluster and Grafana against a real API server: what it takes, admits and allows. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { monitoringCrds } from "../../../components/crds/manifests.ts";
import { DEFAULT_KINDS, KINDS } from "../../../components/kube-state-metrics/resources.ts";
import { startApiServer, type ApiServer } from "../../support/api-server.ts";
import { Applier } from "../../support/apply.ts";
import { manifestsOf, type Manifest } from "../../support/manifests.ts";
import type { MockRun } from "../../support/mocks.ts";
import { podsOf } from "../../support/pods.ts";
import { review, rightOf, rightsOf, userOf } from "../../support/rights.ts";
import {
  grafana,
  GRAFANAS,
  kubernetesMonitors,
  KUBERNETES_MONITORS,
  kubeStateMetrics,
  nodeExporter,
  NODE_EXPORTERS,
  STATE_METRICS,
} from "../../unit/monitoring/typical.ts";

let server: ApiServer;
let applier: Applier;

const STANDARD = "pod-security.kubernetes.io/enforce";

beforeAll(async () => {
  server = await startApiServer();
  applier = new Applier(server);
  await applier.applyCrds(monitoringCrds());
  for (const name of ["monitoring", "observability", "vllm", "team-a"]) await namespaceOf(name, "restricted");
  await namespaceOf("node-exporter", "privileged");
});

afterAll(async () => {
  await (server as ApiServer | undefined)?.stop();
});

async function namespaceOf(name: string, standard: string): Promise<void> {
  await applier.apply({
    apiVersion: "v1",
    kind: "Namespace",
    metadata: { name, labels: { [STANDARD]: standard } },
  });
}

/** Applies everything for good, so that namespaces stand and rights are in force. */
async function applyAll(run: MockRun): Promise<Manifest[]> {
  const manifests = manifestsOf(run);
  for (const manifest of manifests) await applier.apply(manifest);
  return manifests;
}

/** Removes the rights that a component gave, so that they help no later test. */
async function revoke(manifests: Manifest[]): Promise<void> {
  for (const manifest of manifests)
    if (/Role/.test(manifest.kind)) await server.request("DELETE", await applier.path(manifest));
}

/** Rows of a table: each set of arguments by its name, and how it is built. */
const rows = <Args>(
  component: string,
  build: (args: Args) => Promise<MockRun>,
  variants: Record<string, Args>,
): [string, () => Promise<MockRun>][] =>
  Object.entries(variants).map(([name, args]) => [`${component}: ${name}`, () => build(args)]);

const restrictedRows = [
  ...rows("KubeStateMetrics", kubeStateMetrics, STATE_METRICS),
  ...rows("Grafana", grafana, GRAFANAS),
];

describe("the API server, with the operator's own CRDs, accepts every manifest", () => {
  it.each([
    ...rows("NodeExporter", nodeExporter, NODE_EXPORTERS),
    ...rows("KubernetesMonitors", kubernetesMonitors, KUBERNETES_MONITORS),
    ...restrictedRows,
  ])("%s", async (_, build) => {
    const manifests = await applyAll(await build());
    // Field by field: a second time nothing is different, and nothing is left to a default that the server changes.
    for (const manifest of manifests) {
      const [first, second] = [await applier.apply(manifest), await applier.apply(manifest)];
      expect(second.metadata, manifest.kind).toEqual(first.metadata);
    }
    expect(manifests.length).toBeGreaterThan(0);
    await revoke(manifests);
  });

  it("but not a field that no version has", async () => {
    const [job] = manifestsOf(await kubernetesMonitors()).filter(({ kind }) => kind === "ScrapeConfig");
    const wrong = { ...job, spec: { ...(job?.["spec"] as object), metricPath: "/metrics" } };
    await expect(applier.apply(wrong, { dryRun: true })).rejects.toThrow(/metricPath/);
  });
});

describe("the restricted Pod Security Standard", () => {
  it.each(restrictedRows)("admits the pods of %s", async (_, build) => {
    const [pod] = podsOf(manifestsOf(await build()));
    await applier.apply(pod ?? {}, { dryRun: true });
    const rooted = { ...pod, spec: { ...pod?.spec, securityContext: { runAsNonRoot: false } } };
    await expect(applier.apply(rooted, { dryRun: true })).rejects.toThrow(/violates PodSecurity/);
  });

  it.each(Object.entries(NODE_EXPORTERS))(
    "refuses node-exporter's pods for the host's files and network and nothing else, and its namespace admits them: %s",
    async (_, args) => {
      const manifests = await applyAll(await nodeExporter(args));
      const [[own], [strict]] = [podsOf(manifests), podsOf(manifests, "monitoring")];
      await applier.apply(own ?? {}, { dryRun: true });
      const refusal = await applier.apply(strict ?? {}, { dryRun: true }).then(
        () => "admitted",
        (error: unknown) => String(error),
      );
      const text = refusal.replaceAll('\\"', '"');
      const reasons = /violates PodSecurity "restricted:[^"]*": (.*?)","reason"/.exec(text)?.[1] ?? text;
      const names = [...reasons.matchAll(/(?:^|\), )([a-zA-Z ]+) \(/g)].map(([, name]) => name);
      const network = args.hostNetwork === false ? [] : ["host namespaces", "hostPort"];
      expect(names.sort()).toEqual([...network, "restricted volume types"].sort());
    },
  );
});

describe("kube-state-metrics", () => {
  const account = { namespace: "monitoring", name: "kube-state-metrics" };
  const listAndWatch = (kinds: readonly string[]) =>
    kinds
      .flatMap((kind) => {
        const group = KINDS[kind]?.apiGroup ?? "";
        return ["list", "watch"].map((verb) => rightOf(verb, group, kind));
      })
      .sort();

  it.each(["defaults", "every kind"])("may list and watch its kinds and nothing else: %s", async (name) => {
    const args = STATE_METRICS[name] ?? {};
    const manifests = await applyAll(await kubeStateMetrics(args));
    expect(await rightsOf(server, account, undefined)).toEqual(listAndWatch(args.kinds ?? DEFAULT_KINDS));
    await revoke(manifests);
    expect(await rightsOf(server, account, undefined)).toEqual([]);
  });

  it("is answered when it lists its kinds, and refused a Secret, a ConfigMap and every change", async () => {
    const manifests = await applyAll(await kubeStateMetrics());
    const as = userOf(account);
    for (const kind of DEFAULT_KINDS) {
      const group = KINDS[kind]?.apiGroup ?? "";
      const version = group === "autoscaling" ? "v2" : "v1";
      const path = group === "" ? `/api/v1/${kind}` : `/apis/${group}/${version}/${kind}`;
      await expect(server.requestAs(as, "GET", path), kind).resolves.toHaveProperty("items");
    }
    const inNamespace = "/api/v1/namespaces/monitoring";
    for (const [method, path] of [
      ["GET", "/api/v1/secrets"],
      ["GET", "/api/v1/configmaps"],
      ["GET", "/api/v1/nodes/any"],
      ["DELETE", `${inNamespace}/pods/any`],
      ["GET", "/metrics"],
    ] as const)
      await expect(server.requestAs(as, method, path), path).rejects.toThrow(/ 403 /);
    await revoke(manifests);
  });

  it("that is limited to namespaces sees them and what has none, and no other namespace", async () => {
    const limited = { namespace: "observability", name: "kube-state-metrics" };
    const manifests = await applyAll(await kubeStateMetrics(STATE_METRICS["every option"]));
    const nodes = listAndWatch(["nodes"]);
    expect(await rightsOf(server, limited, "vllm")).toEqual([...nodes, ...listAndWatch(["pods"])].sort());
    expect(await rightsOf(server, limited, "team-a")).toEqual(nodes);
    expect(await rightsOf(server, limited, undefined)).toEqual(nodes);
    await revoke(manifests);
  });
});

describe("the other accounts", () => {
  it("node-exporter's may do nothing", async () => {
    const account = { namespace: "node-monitoring", name: "node-exporter" };
    await applyAll(await nodeExporter());
    expect(await rightsOf(server, account, undefined)).toEqual([]);
    expect(await rightsOf(server, account, "node-monitoring")).toEqual([]);
  });

  it("Grafana's reads ConfigMaps where dashboards are, and nothing anywhere else", async () => {
    const account = { namespace: "observability", name: "grafana" };
    const manifests = await applyAll(await grafana(GRAFANAS["every option"]));
    const reads = ["get configmaps", "list configmaps", "watch configmaps"];
    expect(await rightsOf(server, account, "observability")).toEqual(reads);
    expect(await rightsOf(server, account, "team-a")).toEqual(reads);
    expect(await rightsOf(server, account, "vllm")).toEqual([]);
    expect(await rightsOf(server, account, undefined)).toEqual([]);
    await revoke(manifests);
  });

  it("the scraper's reads metrics of kubelets and of the API server, and nothing else", async () => {
    const account = { namespace: "monitoring", name: "kubernetes-scraper" };
    const manifests = await applyAll(await kubernetesMonitors());
    expect(await rightsOf(server, account, undefined)).toEqual(["get nodes/metrics"]);
    const gets = (path: string) => review(server, account, { nonResourceAttributes: { path, verb: "get" } });
    await expect(gets("/metrics")).resolves.toMatchObject({ status: { allowed: true } });
    await expect(gets("/metrics/slis")).resolves.toMatchObject({ status: { allowed: false } });
    await expect(gets("/debug/pprof")).resolves.toMatchObject({ status: { allowed: false } });
    await revoke(manifests);
  });

  it("Prometheus' finds nodes, and looks into default and kube-system where it sees no more by itself", async () => {
    const account = { namespace: "observability", name: "prometheus" };
    const manifests = await applyAll(await kubernetesMonitors(KUBERNETES_MONITORS["every option"]));
    const reads = (...names: string[]) =>
      names.flatMap((name) => ["get", "list", "watch"].map((verb) => `${verb} ${name}`));
    expect(await rightsOf(server, account, undefined)).toEqual(reads("nodes"));
    const targets = [
      "endpointslices.discovery.k8s.io",
      "ingresses.networking.k8s.io",
      "nodes",
      "pods",
      "services",
    ];
    for (const namespace of ["default", "kube-system"])
      expect(await rightsOf(server, account, namespace), namespace).toEqual(reads(...targets).sort());
    expect(await rightsOf(server, account, "vllm")).toEqual(reads("nodes"));
    await revoke(manifests);
  });
});
