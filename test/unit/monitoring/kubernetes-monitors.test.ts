import { describe, expect, it } from "vitest";

import type { KubernetesMonitorsArgs } from "../../../components/kubernetes-monitors.ts";
import { CADVISOR_DROP, cAdvisorRelabelings } from "../../../components/kubernetes-monitors/relabelings.ts";
import { kubeletFamilies } from "../../../metrics/kubernetes/index.ts";
import { kubeletTargetLabels } from "../../../metrics/targets.ts";
import { manifestsOf, renderManifests, type Manifest } from "../../support/manifests.ts";
import { at } from "../../support/mocks.ts";
import { kubernetesMonitors as build, KUBERNETES_MONITORS } from "./typical.ts";

const named = (manifests: Manifest[], kind: string) =>
  manifests.filter((one) => one.kind === kind).map(({ metadata }) => metadata.name);

describe("KubernetesMonitors", () => {
  it("renders the golden manifests of its defaults", async () => {
    await expect(renderManifests(await build())).toMatchFileSnapshot("golden/kubernetes-monitors.yaml");
  });

  it("renders the golden manifests of every option", async () => {
    const run = await build(KUBERNETES_MONITORS["every option"]);
    await expect(renderManifests(run)).toMatchFileSnapshot("golden/kubernetes-monitors-options.yaml");
  });

  it("reads with a token that is good for metrics only, never with Prometheus' own", async () => {
    const manifests = manifestsOf(await build());
    const [role] = manifests.filter(({ kind }) => kind === "ClusterRole");
    expect(at(role, "rules")).toEqual([
      { apiGroups: [""], resources: ["nodes/metrics"], verbs: ["get"] },
      { nonResourceURLs: ["/metrics"], verbs: ["get"] },
    ]);
    expect(JSON.stringify(manifests)).not.toContain("/var/run/secrets");
    for (const kind of ["ScrapeConfig", "ServiceMonitor"])
      expect(JSON.stringify(manifests.filter((one) => one.kind === kind)), kind).toContain(
        '"credentials":{"key":"token","name":"kubernetes-scraper-token"}',
      );
  });

  it("leaves out what is switched off, with the rights for it", async () => {
    const dnsOnly = manifestsOf(await build({ kubelet: { enabled: false }, apiServer: { enabled: false } }));
    expect(dnsOnly.map(({ kind }) => kind)).toEqual(["PodMonitor"]);
    const noDns = manifestsOf(await build({ coreDns: { enabled: false }, kubelet: { cAdvisor: false } }));
    expect(named(noDns, "PodMonitor")).toEqual([]);
    expect(named(noDns, "ScrapeConfig")).toEqual(["kubernetes-kubelet"]);
    const noApiServer = manifestsOf(await build({ apiServer: { enabled: false } }));
    expect(
      at(
        noApiServer.find(({ kind }) => kind === "ClusterRole"),
        "rules",
      ),
    ).toHaveLength(1);
  });

  it("lets Prometheus find nodes, and look into other namespaces only where it may not already", async () => {
    const wide = manifestsOf(await build({ prometheusServiceAccount: "prometheus" }));
    expect(named(wide, "ClusterRole")).toContain("monitoring-kubernetes-nodes");
    expect(named(wide, "Role")).toEqual([]);
    const scoped = manifestsOf(await build({ prometheusServiceAccount: "prometheus", isScoped: true }));
    expect(named(scoped, "Role")).toEqual(["kubernetes-default", "kubernetes-kube-system"]);
  });

  it("keeps every metric of the catalogue, and gives its targets the labels that the catalogue names", async () => {
    const dropped = new RegExp(`^(?:${CADVISOR_DROP})$`);
    for (const { name } of Object.values(kubeletFamilies)) expect(dropped.test(name), name).toBe(false);
    for (const name of [
      "container_tasks_state",
      "container_fs_reads_total",
      "container_memory_failures_total",
    ])
      expect(dropped.test(name), name).toBe(true);
    expect(cAdvisorRelabelings()).toHaveLength(2);
    const manifests = manifestsOf(await build());
    const job = manifests.find(({ kind }) => kind === "ScrapeConfig");
    const labels = (at(job, "spec.relabelings") as { targetLabel: string }[]).map((one) => one.targetLabel);
    expect(["job", "instance", ...labels].sort()).toEqual([...kubeletTargetLabels].sort());
  });

  const refusals: [string, KubernetesMonitorsArgs, RegExp][] = [
    ["a bad namespace", { namespace: "A" }, /namespace must be a DNS label/],
    ["an interval of nothing", { kubelet: { interval: "0s" } }, /kubelet\.interval must be a duration/],
    ["a bad expression", { kubelet: { dropMetrics: "(" } }, /kubelet\.dropMetrics must be a regular/],
    ["an empty expression", { apiServer: { keepMetrics: "" } }, /apiServer\.keepMetrics must be a regular/],
    [
      "nothing to scrape",
      { kubelet: { enabled: false }, apiServer: { enabled: false }, coreDns: { enabled: false } },
      /kubelet\.enabled leaves nothing/,
    ],
    ["a scope of nobody", { isScoped: true }, /prometheusServiceAccount is required with isScoped/],
  ];

  it.each(refusals)("refuses %s", async (_, args, message) => {
    await expect(build(args)).rejects.toThrow(message);
  });
});
