import type { V1Pod } from "@kubernetes/client-node";
import { describe, expect, it, vi } from "vitest";

import { podProblem, waitUntilHealthy, type Health } from "../../../local/cli/health.ts";
import { groupsOfStack, simulatedNodeGroups } from "../../../local/cli/node-groups.ts";
import { table } from "../../../local/cli/progress.ts";
import { configurationOverrides, openSession } from "../../../local/cli/session.ts";
import { alertRows } from "../../../local/cli/summary.ts";
import { resultLine } from "../../../local/cli/up.ts";
import { nodesOf, surplusNodes } from "../../../local/nodes.ts";

describe("table", () => {
  it("aligns columns and leaves no space at the end of a line", () => {
    expect(
      table([
        ["a", "long"],
        ["bbb", ""],
      ]),
    ).toBe("a    long\nbbb");
  });
});

describe("alertRows", () => {
  it("orders alerts and tells them by their summary", () => {
    const alert = (alertname: string, state: "firing" | "pending") => ({
      labels: { alertname, severity: "warning" },
      annotations: { summary: `about ${alertname}` },
      state,
      activeAt: "",
      value: "1",
    });
    expect(alertRows([alert("B", "pending"), alert("A", "firing")])).toEqual([
      ["firing", "warning", "A", "about A"],
      ["pending", "warning", "B", "about B"],
    ]);
  });
});

describe("podProblem", () => {
  const pod = (status: V1Pod["status"]): V1Pod => ({
    metadata: { namespace: "n", name: "p" },
    ...(status && { status }),
  });

  it("prefers what a container waits for, then what the scheduler says", () => {
    const waiting = { waiting: { reason: "ContainerCreating", message: "Secret n/s does not exist" } };
    const container = { name: "c", image: "", imageID: "", ready: false, restartCount: 0, state: waiting };
    expect(podProblem(pod({ containerStatuses: [container] }))).toContain("Secret n/s does not exist");
    const condition = { type: "PodScheduled", status: "False", message: "0/3 nodes are available" };
    expect(podProblem(pod({ conditions: [condition] }))).toBe(
      "pod n/p is not ready: 0/3 nodes are available",
    );
    expect(podProblem(pod({ phase: "Pending" }))).toContain("phase Pending");
  });
});

describe("waitUntilHealthy", () => {
  it("asks until nothing is wrong", async () => {
    const answers: Health[] = [
      { problems: ["x"], pods: [] },
      { problems: [], pods: [] },
    ];
    const look = vi.fn(() => Promise.resolve(answers.shift() ?? { problems: [], pods: [] }));
    await waitUntilHealthy(look, 5000, () => undefined);
    expect(look).toHaveBeenCalledTimes(2);
  });

  it("ends with every problem that is left", async () => {
    const look = () => Promise.resolve({ problems: ["one", "two"], pods: [] });
    await expect(waitUntilHealthy(look, 0, () => undefined)).rejects.toThrow(
      /not healthy after 0 s:\n {2}one\n {2}two/,
    );
  });
});

describe("resultLine", () => {
  it("counts what changed", () => {
    const result = {
      created: 1,
      updated: 2,
      replaced: 0,
      deleted: 3,
      same: 4,
      durationMs: 1500,
      outputs: {},
      warnings: [],
    };
    expect(resultLine("pulumi up", result)).toBe(
      "pulumi up: 6 changes (1 created, 2 updated, 0 replaced, 3 deleted), 4 unchanged, in 1.5 s",
    );
  });
});

describe("a session", () => {
  it("is embedded only when no kubeconfig is given", () => {
    const before = process.env["KUBECONFIG"];
    delete process.env["KUBECONFIG"];
    expect(openSession("local").isEmbedded).toBe(true);
    process.env["KUBECONFIG"] = "/some/where";
    expect(openSession("local").isEmbedded).toBe(false);
    delete process.env["KUBECONFIG"];
    expect(openSession("prod").isEmbedded).toBe(false);
    if (before !== undefined) {
      process.env["KUBECONFIG"] = before;
    }
  });

  it("refuses an environment without a file and names those that have one", () => {
    expect(() => openSession("nowhere")).toThrow(
      /ENV: got "nowhere"; expected one of .*dev.*local.*prod.*staging/,
    );
  });

  it("simulates the nodes without GPUs and leaves those of the stack alone", () => {
    const { settings } = openSession("local");
    const groups = simulatedNodeGroups(settings);
    const nodes = groups.flatMap(nodesOf);
    expect(nodes.map((node) => node.metadata?.name)).toEqual(["system-0"]);
    expect(groupsOfStack(settings)).toEqual(["gpu-l4"]);
    const node = (name: string, group: string) => ({
      metadata: { name, labels: { "vllm-monitoring/node-group": group } },
    });
    const existing = [
      ...nodes,
      node("gpu-l4-0", "gpu-l4"),
      node("old-0", "old"),
      { metadata: { name: "bare" } },
    ];
    expect(surplusNodes(existing, groups, groupsOfStack(settings))).toEqual(["old-0", "bare"]);
  });

  it("on another cluster than the embedded one simulates no nodes", () => {
    vi.stubEnv("KUBECONFIG", "/some/where");
    const session = openSession("local");
    vi.unstubAllEnvs();
    expect(configurationOverrides(session)).toEqual({ "cluster.simulateNodes": false });
  });
});
