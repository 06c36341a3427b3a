import { isDeepStrictEqual } from "node:util";
import { setTimeout as sleep } from "node:timers/promises";

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { stringify } from "yaml";

import { federationPath } from "../../../alerts/federation.ts";
import { fleetRules, ruleGroups } from "../../../alerts/index.ts";
import { rig, recordedFlags } from "../../support/simulator.ts";
import {
  get,
  serveExpositions,
  startPrometheus,
  until,
  type Program,
  type PrometheusProgram,
} from "../../support/programs.ts";
import { RUNBOOKS } from "../../support/promtool.ts";
import { fixture, modes, type Mode } from "../../support/vllm-fixtures.ts";

// What the rules say of a real vLLM 0.32.0, in each of its modes, before the first request and after eighty, must be what
// they say of the simulator: whoever tests against the simulator then tests against vLLM.

const sides = ["real", "simulated"] as const;
type Side = (typeof sides)[number];
const place = (side: Side, mode: Mode) => `${side}-${mode}`;

const sets = fleetRules();
const rules = sets
  .flatMap(({ groups }) => groups)
  .flatMap(({ recordings = [], alerts = [] }) => [
    // Gateway and engine share names; what tells them apart is a label that the rule adds.
    ...recordings.map(({ record, expr, labels = {} }) => ({
      name: [record, ...Object.values(labels)].join(" "),
      expr,
    })),
    ...alerts.map(({ alert, expr }) => ({ name: alert, expr })),
  ]);

/** For each rule, in which modes its expression gives how many series. */
type Verdicts = Record<string, Partial<Record<Mode, number>>>;
type BothVerdicts = Record<Side, Verdicts>;

const INTERVAL_SECONDS = 3;
const INTERVAL = `${String(INTERVAL_SECONDS)}s`;

let server: Program;
let prometheus: PrometheusProgram;
let before: BothVerdicts;
let after: BothVerdicts;

/** What is served in a state. Simulating takes seconds in which this process answers no scrape: it is done beforehand. */
function expositions(state: "idle" | "loaded"): Record<string, string> {
  const of = (mode: Mode): [string, string][] => {
    const simulated = rig([...recordedFlags[mode], "--max-model-len", "1024"], "steady");
    simulated.scrape(state === "loaded" ? 240 : 0);
    return [
      [`/${place("real", mode)}`, fixture(mode, state)],
      [`/${place("simulated", mode)}`, simulated.exposition.render()],
    ];
  };
  return Object.fromEntries(modes.flatMap(of));
}

/** What every rule says of both sides, all at one moment. */
async function verdicts(): Promise<BothVerdicts> {
  const found: BothVerdicts = { real: {}, simulated: {} };
  const now = Date.now() / 1000;
  for (const { name, expr } of rules) {
    const series = await prometheus.query(expr, now);
    for (const side of sides) {
      const of = (mode: Mode) =>
        series.filter(({ metric }) => [metric["namespace"], metric["node"]].includes(place(side, mode)))
          .length;
      found[side][name] = Object.fromEntries(
        modes.map((mode) => [mode, of(mode)] as const).filter(([, count]) => count > 0),
      );
    }
  }
  return found;
}

/**
 * What the rules say once they say the same twice. Targets are scraped at different moments and rules read rules of
 * other groups, so what is new in one side's series reaches the last rule a few rounds before the other side's does.
 */
async function steadyVerdicts(): Promise<BothVerdicts> {
  let last = await verdicts();
  return until(120, async () => {
    await sleep(2_500 * INTERVAL_SECONDS);
    const before = last;
    last = await verdicts();
    if (!isDeepStrictEqual(before, last)) throw new Error("the rules do not yet say the same twice");
    return last;
  });
}

/** Waits until the rules that read other rules have been evaluated on what is served now. */
async function settled(tokens: number): Promise<void> {
  const expression = `count(sum by (namespace) (model:vllm_generation_tokens:rate5m) ${tokens > 0 ? ">" : "=="} 0)`;
  await until(300, async () => {
    const [found] = await prometheus.query(expression);
    expect(found?.value).toBe(modes.length * sides.length);
    const quantiles = await prometheus.query("count(model:vllm_request_queue_time_seconds:p99)");
    expect(quantiles[0]?.value).toBe(modes.length * sides.length);
    expect(await prometheus.query("model:vllm_throughput_headroom:ratio")).toHaveLength(
      modes.length * sides.length,
    );
  });
}

/** The rules that do not say the same of both sides, with what they say. */
function differing({ real, simulated }: BothVerdicts) {
  return rules
    .map(({ name }) => ({ name, real: real[name], simulated: simulated[name] }))
    .filter((verdict) => !isDeepStrictEqual(verdict.real, verdict.simulated));
}

beforeAll(async () => {
  const [idle, loaded] = [expositions("idle"), expositions("loaded")];
  const served = { ...idle };
  server = await serveExpositions(served);
  const groups = sets
    .flatMap((set) => ruleGroups(set.groups, RUNBOOKS))
    .map((group) => ({ ...group, interval: INTERVAL }));
  prometheus = await startPrometheus(
    {
      global: { scrape_interval: "3s", evaluation_interval: INTERVAL },
      rule_files: ["rules.yml"],
      scrape_configs: sides.flatMap((side) =>
        modes.map((mode) => ({
          job_name: place(side, mode),
          metrics_path: `/${place(side, mode)}`,
          static_configs: [
            {
              targets: [server.address],
              labels: {
                namespace: place(side, mode),
                node: place(side, mode),
                pod: "a",
                model: "m",
                team: "t",
                owner: "o",
              },
            },
          ],
        })),
      ),
    },
    { "rules.yml": stringify({ groups }) },
  );
  await settled(0);
  before = await steadyVerdicts();
  Object.assign(served, loaded);
  await settled(1);
  after = await steadyVerdicts();
});

afterAll(async () => {
  await (prometheus as PrometheusProgram | undefined)?.stop();
  await (server as Program | undefined)?.stop();
});

describe("the rules", () => {
  it("say of the simulator what they say of vLLM, before the first request", () => {
    expect(differing(before)).toEqual([]);
  });

  it("and after eighty", () => {
    expect(differing(after)).toEqual([]);
  });

  it("record everything of the engines in every mode, in both states", () => {
    const recorded = rules.filter(({ name }) => /^(replica|model|node):vllm_/.test(name));
    // A start is over as soon as it is known.
    const never = ["replica:vllm_start_seconds:max"];
    // With several API servers and data parallel the gauge is not there before the first request.
    const notYet = [...never, "model:vllm_requests_waiting_by_reason:sum"];
    const empty = (state: Verdicts, but: readonly string[]) =>
      recorded
        .map(({ name }) => name)
        .filter((name) => !but.includes(name) && Object.keys(state[name] ?? {}).length < modes.length);
    expect(empty(before.real, notYet)).toEqual([]);
    expect(empty(after.real, never)).toEqual([]);
  });

  it("are all on one endpoint, and nothing that is scraped is", async () => {
    const federated = await get(`${prometheus.url}${federationPath()}`);
    const names = new Set(federated.split("\n").flatMap((line) => /^([\w:]+)\{/.exec(line)?.[1] ?? []));
    const stored = await prometheus.query('count by (__name__) ({__name__=~".+:.+",__name__!~"vllm:.+"})');
    const recorded = stored.map(({ metric }) => metric["__name__"] ?? "");
    expect(recorded.length).toBeGreaterThan(50);
    // The alert that always fires, and everything that is recorded.
    expect([...names].sort()).toEqual(["ALERTS", ...recorded].sort());
  });

  it("alert on nothing in a healthy engine", () => {
    const alerts = sets.flatMap(({ groups }) => groups).flatMap(({ alerts: own = [] }) => own);
    const firing = alerts
      .map(({ alert }) => alert)
      .filter((name) => Object.keys(after.real[name] ?? {}).length > 0);
    expect(firing).toEqual([]);
  });
});
