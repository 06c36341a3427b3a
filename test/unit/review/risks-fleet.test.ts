/** What a deployment really changes of the fleet, of its bounds and of its cost. */

import { describe, expect, it } from "vitest";

import type { JsonObject } from "../../../review/model/json.ts";
import type { Snapshot } from "../../../review/model/snapshot.ts";
import { reportOn } from "./reporting.ts";
import { object, pick, rayModel, remove, sample, set } from "./sample.ts";

function changed(change: (snapshot: Snapshot) => void, from: () => Snapshot = sample): Snapshot {
  const snapshot = from();
  change(snapshot);
  return snapshot;
}

function withGroup(settings: JsonObject): (snapshot: Snapshot) => void {
  return (snapshot) => {
    snapshot.nodeGroups[0] = { ...snapshot.nodeGroups[0], ...settings };
  };
}

describe("what is ignored", () => {
  const managed = () =>
    changed((snapshot) => {
      const group = pick(snapshot, "NodeGroup", "gpu-nodes");
      group.ignoreChanges = ["scalingConfig.desiredSize"];
      set(group, ["labels"], { "vllm-monitoring/node-group": "gpu-l4" });
    });
  const resized = (size: number) =>
    changed((snapshot) => {
      withGroup({ desiredSize: size })(snapshot);
      set(pick(snapshot, "NodeGroup", "gpu-nodes"), ["scalingConfig", "desiredSize"], size);
    }, managed);

  it("is the desired size of a node group that is there", () => {
    const { markdown } = reportOn(managed(), resized(4));
    expect(markdown).toContain(
      "node group `gpu-l4`: `desiredSize`: `2` → `4`, which counts for new groups only",
    );
    expect(markdown).toContain("nodes at their desired size per month: $5,986\n");
    expect(markdown).not.toContain("changed `NodeGroup");
  });

  it("is not the desired size of a node group that is replaced", () => {
    const head = resized(4);
    set(pick(head, "NodeGroup", "gpu-nodes"), ["capacityType"], "SPOT");
    const { markdown } = reportOn(managed(), head);
    expect(markdown).toContain("**replaced** `NodeGroup gpu-nodes`");
    expect(markdown).toContain("$5,986 → $11,826");
    expect(markdown).not.toContain("for new groups only");
  });

  it("ends at the bounds of the group", () => {
    const head = changed(withGroup({ minSize: 3, desiredSize: 3 }), managed);
    set(pick(head, "NodeGroup", "gpu-nodes"), ["scalingConfig", "minSize"], 3);
    expect(reportOn(managed(), head).markdown).toContain("$5,986 → $8,906");
  });

  it("is not told as a change of replicas", () => {
    const [base, head] = [sample(), sample()];
    for (const side of [base, head]) pick(side, "Deployment", "llama").ignoreChanges = ["spec"];
    set(pick(head, "Deployment", "llama"), ["spec", "replicas"], 1);
    expect(reportOn(base, head).isEmpty).toBe(true);
  });
});

describe("an autoscaler", () => {
  const scaled = (minReplicaCount: number, maxReplicaCount: number) =>
    changed((snapshot) => {
      Reflect.deleteProperty(pick(snapshot, "Deployment", "bge").inputs["spec"] as object, "replicas");
      const spec = { scaleTargetRef: { name: "bge" }, minReplicaCount, maxReplicaCount };
      snapshot.resources.push(object("keda.sh/v1alpha1", "ScaledObject", "bge", { spec }));
    });
  const ray = (min_replicas: number, max_replicas: number) =>
    changed((snapshot) => {
      snapshot.resources.push(...rayModel({ min_replicas, max_replicas }));
    });

  it("of fewer replicas is a risk", () => {
    const { markdown } = reportOn(scaled(4, 12), scaled(1, 5));
    expect(markdown).toContain("**Medium:** `vllm/bge`: fewer replicas at least: 4 → 1");
    expect(markdown).toContain("**Medium:** `vllm/bge`: fewer replicas at most: 12 → 5");
  });

  it("of more replicas is none", () => {
    expect(reportOn(scaled(1, 5), scaled(4, 12)).markdown).not.toContain("fewer replicas");
  });

  it("that goes leaves what the workload says", () => {
    const without = changed(
      (snapshot) => {
        remove(snapshot, "ScaledObject", "bge");
      },
      () => scaled(4, 12),
    );
    expect(reportOn(scaled(4, 12), without).markdown).toContain(
      "**Medium:** `vllm/bge`: no autoscaler any more, which went up to 12 replicas",
    );
    expect(reportOn(scaled(4, 12), sample()).markdown).toContain(
      "**Medium:** `vllm/bge`: fewer replicas at most: 12 → 4",
    );
    expect(reportOn(sample(), scaled(1, 12)).markdown).toContain(
      "**Medium:** `vllm/bge`: fewer replicas at least: 4 → 1",
    );
  });

  it("of Ray counts as well", () => {
    expect(reportOn(ray(2, 5), ray(2, 3)).markdown).toContain(
      "**Medium:** `vllm/chat`: fewer replicas at most: 5 → 3",
    );
  });

  it("to zero counts as none", () => {
    const { markdown } = reportOn(scaled(4, 12), scaled(0, 12));
    expect(markdown).toContain("GPUs: 6 → 2 (−4), replicas: 6 → 2 (−4)");
  });

  it("goes with its workload without a word of its own", () => {
    const head = scaled(4, 12);
    const { urn } = pick(head, "VllmDeployment", "bge");
    head.resources = head.resources.filter(
      (resource) =>
        resource.urn !== urn && resource.parent !== urn && !resource.type.endsWith("ScaledObject"),
    );
    expect(reportOn(scaled(4, 12), head).markdown).not.toMatch(/no autoscaler|fewer replicas/);
  });
});

describe("the cost", () => {
  const unpriced = (settings: JsonObject = {}) =>
    changed((snapshot) => {
      snapshot.nodeGroups = [
        { name: "h100", instanceType: "p5.48xlarge", minSize: 3, maxSize: 3, ...settings },
        { name: "a100", instanceType: "p4de.24xlarge", minSize: 1, maxSize: 2 },
      ];
    });

  it("is unknown before there is a price", () => {
    const { markdown } = reportOn(unpriced(), unpriced({ hourlyPrice: 55.04 }));
    expect(markdown).toContain("per month: unknown → $120,538 (no price for `p4de.24xlarge` in");
    expect(markdown).not.toContain("`p5.48xlarge` in");
  });

  it("is unknown once there is no price any more", () => {
    const { markdown } = reportOn(unpriced({ hourlyPrice: 55.04 }), unpriced());
    expect(markdown).toContain(
      "per month: $120,538 → unknown (no price for `p4de.24xlarge`, `p5.48xlarge` in",
    );
  });

  it("is at least the sum of what had a price before", () => {
    const system = { name: "system", instanceType: "m7i.large", minSize: 2, maxSize: 3 };
    const mixed = (settings: JsonObject) =>
      changed(
        (snapshot) => {
          snapshot.nodeGroups = [...snapshot.nodeGroups.slice(0, 1), system];
        },
        () => unpriced(settings),
      );
    expect(reportOn(mixed({}), mixed({ hourlyPrice: 10 })).markdown).toContain(
      "per month: at least $146 → $22,046\n",
    );
  });
});
