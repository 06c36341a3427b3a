import { describe, expect, it } from "vitest";

import {
  Board,
  boardUrl,
  fleetRules,
  modelRules,
  ruleProblems,
  type RuleSet,
} from "../../../alerts/index.ts";
import { dashboardUids } from "../../../dashboards/uids.ts";
import { syntaxProblem } from "../../../alerts/check.ts";

const rulesOf = (sets: RuleSet[], name: string) =>
  sets
    .filter((set) => set.name === name)
    .flatMap(({ groups }) => groups)
    .flatMap(({ recordings = [], alerts = [] }) => [
      ...recordings.map(({ record, expr }) => ({ name: record, expr })),
      ...alerts.map(({ alert, expr }) => ({ name: alert, expr })),
    ]);

describe("dashboards of alerts", () => {
  it("are those that exist", () => {
    expect(Object.values(dashboardUids)).toEqual(expect.arrayContaining(Object.values(Board)));
  });

  it("have what the alert is about chosen", () => {
    expect(boardUrl({ uid: Board.gateway }, "https://g.example.com")).toBe(
      "https://g.example.com/d/vllm-gateway",
    );
    expect(boardUrl({ uid: Board.gpu, variables: ["node", "pod"] }, "https://g.example.com/x/")).toBe(
      "https://g.example.com/x/d/vllm-gpu?var-node={{ $labels.node | urlquery }}&var-pod={{ $labels.pod | urlquery }}",
    );
  });

  it("are chosen for every alert, but the one that always fires", () => {
    const model = modelRules({
      namespace: "vllm",
      modelName: "llama",
      team: "chat",
      owner: "ann",
      replicas: 2,
      loadSeconds: 60,
      objectives: { periodDays: 30, availability: { objectivePercent: 99 } },
    });
    const without = [...fleetRules(), ...(model === undefined ? [] : [model])]
      .flatMap(({ groups }) => groups)
      .flatMap(({ alerts = [] }) => alerts)
      .filter(({ dashboard }) => dashboard === undefined);
    expect(without.map(({ alert }) => alert)).toEqual(["Watchdog"]);
  });
});

describe("versions of the engines", () => {
  it("leave out rules on metrics that the oldest one lacks, and all that read those", () => {
    const names = rulesOf(
      fleetRules({ engines: { versions: { from: "0.31.0", to: "0.32.0" } } }),
      "vllm",
    ).map(({ name }) => name);
    const all = rulesOf(fleetRules(), "vllm").map(({ name }) => name);
    const missing = all.filter((name) => !names.includes(name));
    expect(missing).toEqual(
      expect.arrayContaining([
        "replica:vllm_requests_rejected:rate5m",
        "model:vllm_requests_rejected:rate5m",
        "RequestsRejected",
      ]),
    );
    expect(missing.filter((name) => !/reject/i.test(name))).toEqual([]);
  });

  it("leave nothing out while all have everything", () => {
    expect(fleetRules({ engines: { versions: "0.33.0" } })).toEqual(fleetRules());
  });
});

describe("spellings of the engines", () => {
  it.each(["ray", "kserve"] as const)("%s beside vLLM's own: the same records", (spelling) => {
    const both = fleetRules({ engines: { spellings: ["vllm", spelling] } });
    expect(ruleProblems(both)).toEqual([]);
    const prefix = spelling === "ray" ? "ray_vllm_" : "kserve_vllm:";
    const added = rulesOf(both, "vllm").filter(({ expr }) => expr.includes(prefix));
    const plain = rulesOf(fleetRules(), "vllm");
    for (const { name, expr } of added) {
      expect(plain.map((rule) => rule.name)).toContain(name);
      expect(expr.replaceAll(prefix, "")).not.toContain("vllm:");
    }
    expect(added.map(({ name }) => name)).toContain("replica:vllm_requests_waiting:sum");
    expect(added.map(({ name }) => name)).toContain("HighWaitingRequests");
  });

  it("Ray alone: no rule asks for a start time, or for the engine's metrics on the head", () => {
    const names = rulesOf(fleetRules({ engines: { spellings: ["ray"] } }), "vllm");
    expect(names.map(({ name }) => name)).not.toContain("EngineMetricsAbsent");
    expect(names.filter(({ expr }) => expr.includes("process_start_time"))).toEqual([]);
    expect(names.find(({ name }) => name === "EngineRestarting")?.expr).toMatch(
      /^max by .*resets\(ray_vllm_/,
    );
  });
});

describe("prices", () => {
  const costs = rulesOf(fleetRules({ prices: { b: 2, a: 98.32 } }), "cost");

  it("become a series for each node group, in order", () => {
    const set = fleetRules({ prices: { b: 2, a: 98.32 } }).find(({ name }) => name === "cost");
    expect(set?.groups[0]?.recordings?.slice(0, 2)).toEqual([
      {
        record: "node_group:price_dollars_per_hour:table",
        expr: "vector(98.32)",
        labels: { node_group: "a" },
      },
      { record: "node_group:price_dollars_per_hour:table", expr: "vector(2)", labels: { node_group: "b" } },
    ]);
  });

  it("are syntactically right, and absent without a price", () => {
    expect(costs.map(({ expr }) => syntaxProblem(expr)).filter((problem) => problem !== undefined)).toEqual(
      [],
    );
    expect(rulesOf(fleetRules(), "cost")).toEqual([]);
  });
});
