import { describe, expect, it } from "vitest";

import type { NodeExporterArgs } from "../../../components/node-exporter.ts";
import { defaultCollectors, NETWORK_COLLECTORS } from "../../../components/node-exporter/collectors.ts";
import { manifestsOf, renderManifests } from "../../support/manifests.ts";
import { at } from "../../support/mocks.ts";
import { nodeExporter as build, NODE_EXPORTERS } from "./typical.ts";

async function podOf(args: NodeExporterArgs) {
  const manifests = manifestsOf(await build(args));
  return at(
    manifests.find(({ kind }) => kind === "DaemonSet"),
    "spec.template.spec",
  );
}

describe("NodeExporter", () => {
  it("renders the golden manifests of its defaults", async () => {
    await expect(renderManifests(await build())).toMatchFileSnapshot("golden/node-exporter.yaml");
  });

  it("renders the golden manifests of every option", async () => {
    const run = await build(NODE_EXPORTERS["every option"]);
    await expect(renderManifests(run)).toMatchFileSnapshot("golden/node-exporter-options.yaml");
  });

  it("has no rights on the node but to read its files and see its network", async () => {
    const pod = await podOf({});
    expect(at(pod, "volumes")).toHaveLength(1);
    expect(at(pod, "containers[0].volumeMounts[0].readOnly")).toBe(true);
    expect(at(pod, "containers[0].securityContext")).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ["ALL"] },
    });
    expect(at(pod, "securityContext.runAsNonRoot")).toBe(true);
    expect(at(pod, "automountServiceAccountToken")).toBe(false);
    for (const field of ["hostPID", "hostIPC"]) expect(at(pod, field), field).toBeUndefined();
  });

  it("is guarded by a NetworkPolicy where one has an effect, and never tells of a pod's network", async () => {
    const hidden = manifestsOf(await build({ hostNetwork: false }));
    const policy = hidden.find(({ kind }) => kind === "NetworkPolicy");
    expect(at(policy, "spec.ingress[0].from")).toEqual([
      { namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "monitoring" } } },
    ]);
    expect(manifestsOf(await build()).filter(({ kind }) => kind === "NetworkPolicy")).toEqual([]);
    expect(defaultCollectors(false).filter((name) => NETWORK_COLLECTORS.includes(name))).toEqual([]);
    expect(at(await podOf({ hostNetwork: false }), "hostNetwork")).toBeUndefined();
  });

  const refusals: [string, NodeExporterArgs, RegExp][] = [
    ["a bad namespace", { namespace: "A" }, /namespace must be a DNS label/],
    [
      "a bad namespace of Prometheus",
      { monitoringNamespace: "A" },
      /monitoringNamespace must be a DNS label/,
    ],
    ["a port of root's", { port: 100 }, /port must be a port from 1024/],
    ["an interval of nothing", { interval: "0s" }, /interval must be a duration of at least a second/],
    ["no collector", { collectors: [] }, /collectors must name a collector/],
    [
      "a flag as a collector",
      { collectors: ["--collector.cpu"] },
      /collectors\[0\] must be a collector's name/,
    ],
    ["a collector twice", { collectors: ["cpu", "cpu"] }, /collectors\[1\] stands there twice/],
    [
      "the network of a pod",
      { hostNetwork: false, collectors: ["netdev"] },
      /collectors\[0\] tells of the pod's own network only/,
    ],
    ["a bare word as an argument", { extraArguments: ["cpu"] }, /extraArguments\[0\] must begin with --/],
    [
      "another address",
      { extraArguments: ["--web.listen-address=:80"] },
      /extraArguments\[0\] is set by the component/,
    ],
    [
      "an update of no node",
      { maxUnavailable: "0" },
      /maxUnavailable must be a number or percentage above 0/,
    ],
  ];

  it.each(refusals)("refuses %s", async (_, args, message) => {
    await expect(build(args)).rejects.toThrow(message);
  });
});
