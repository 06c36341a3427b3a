import fc from "fast-check";
import { describe, expect, it } from "vitest";

import type { KubeStateMetricsArgs } from "../../../components/kube-state-metrics.ts";
import {
  DEFAULT_KINDS,
  DEFAULT_METRIC_DENYLIST,
  KINDS,
  rulesFor,
} from "../../../components/kube-state-metrics/resources.ts";
import { kubeStateMetrics } from "../../../metrics/kubernetes/index.ts";
import { manifestsOf, renderManifests, type Manifest } from "../../support/manifests.ts";
import { at } from "../../support/mocks.ts";
import { kubeStateMetrics as build, STATE_METRICS } from "./typical.ts";

interface Rights {
  apiGroups: string[];
  resources: string[];
  verbs: string[];
}

const rightsOf = (manifests: Manifest[], kind: string): Rights[] =>
  manifests.filter((one) => one.kind === kind).flatMap((role) => at(role, "rules") as Rights[]);

describe("KubeStateMetrics", () => {
  it("renders the golden manifests of its defaults", async () => {
    await expect(renderManifests(await build())).toMatchFileSnapshot("golden/kube-state-metrics.yaml");
  });

  it("renders the golden manifests of every option", async () => {
    const run = await build(STATE_METRICS["every option"]);
    await expect(renderManifests(run)).toMatchFileSnapshot("golden/kube-state-metrics-options.yaml");
  });

  it("may only list and watch, and never Secrets or ConfigMaps unless asked", async () => {
    const rights = rightsOf(manifestsOf(await build()), "ClusterRole");
    for (const { verbs } of rights) expect(verbs).toEqual(["list", "watch"]);
    const resources = rights.flatMap((rule) => rule.resources);
    expect(resources.sort()).toEqual([...DEFAULT_KINDS].sort());
    expect(resources).not.toContain("secrets");
    expect(resources).not.toContain("configmaps");
  });

  it("has rights in the named namespaces only, and cluster-wide on what has none", async () => {
    const manifests = manifestsOf(await build({ namespaces: ["vllm", "gateway"], kinds: ["pods", "nodes"] }));
    expect(rightsOf(manifests, "ClusterRole").flatMap(({ resources }) => resources)).toEqual(["nodes"]);
    const roles = manifests.filter(({ kind }) => kind === "Role");
    expect(roles.map(({ metadata }) => metadata.namespace)).toEqual(["vllm", "gateway"]);
    expect(rightsOf(manifests, "Role").flatMap(({ resources }) => resources)).toEqual(["pods", "pods"]);
  });

  it("gives each kind that it is asked for exactly once, whatever they are", () => {
    const kind = fc.constantFrom(...Object.keys(KINDS));
    fc.assert(
      fc.property(fc.uniqueArray(kind), (kinds) => {
        const given = [...rulesFor(kinds, true), ...rulesFor(kinds, false)] as unknown as Rights[];
        expect(given.flatMap(({ resources }) => resources).sort()).toEqual([...kinds].sort());
        const groups = rulesFor(kinds, true) as unknown as Rights[];
        expect(new Set(groups.flatMap(({ apiGroups }) => apiGroups)).size).toBe(groups.length);
      }),
    );
  });

  it("keeps every metric that the catalogue knows, of kinds that it tells about", () => {
    const denied = new RegExp(DEFAULT_METRIC_DENYLIST.join("|"));
    const plurals = new Set(DEFAULT_KINDS.map((kind) => kind.replace(/s$/, "")));
    for (const { name } of Object.values(kubeStateMetrics)) {
      expect(denied.test(name), name).toBe(false);
      expect(plurals, name).toContain(name.split("_")[1]);
    }
  });

  const refusals: [string, KubeStateMetricsArgs, RegExp][] = [
    ["a bad namespace", { namespace: "A" }, /namespace must be a DNS label/],
    [
      "a bad namespace of Prometheus",
      { monitoringNamespace: "A" },
      /monitoringNamespace must be a DNS label/,
    ],
    ["no kind", { kinds: [] }, /kinds must name a kind/],
    ["an unknown kind", { kinds: ["pod"] }, /kinds\[0\] is no kind that kube-state-metrics knows/],
    ["a kind twice", { kinds: ["pods", "pods"] }, /kinds\[1\] stands there twice/],
    ["no namespace", { namespaces: [] }, /namespaces must name a namespace/],
    ["a bad watched namespace", { namespaces: ["A"] }, /namespaces\[0\] must be a DNS label/],
    [
      "labels of another kind",
      { labels: { secrets: ["a"] } },
      /labels\.secrets names a kind that is not told/,
    ],
    ["a bad label", { labels: { pods: ["a b"] } }, /labels\.pods\[0\] is no key of labels/],
    [
      "a bad annotation",
      { annotations: { pods: ["a b"] } },
      /annotations\.pods\[0\] is no key of annotations/,
    ],
    ["two patterns in one", { metricDenylist: ["a,b"] }, /metricDenylist\[0\] must be an expression without/],
    ["a bad pattern", { metricDenylist: ["("] }, /metricDenylist\[0\] must be a regular expression/],
    ["an interval of nothing", { interval: "0s" }, /interval must be a duration/],
  ];

  it.each(refusals)("refuses %s", async (_, args, message) => {
    await expect(build(args)).rejects.toThrow(message);
  });
});
