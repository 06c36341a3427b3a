/** What the rules of a large fleet cost a real Prometheus, and what they spare those who look at dashboards. */
import { setTimeout as sleep } from "node:timers/promises";

import { dashboards } from "../dashboards/index.ts";
import { fillIn, readBoard, variableValues, type DataOptions } from "../local/dashboards/data.ts";
import { previewBoard, type PreviewBoard } from "../local/dashboards/model.ts";
import { selectorsOf } from "../local/signals/report.ts";
import { parseExposition } from "../test/support/exposition.ts";
import { get, type PrometheusProgram } from "../test/support/programs.ts";
import { LARGE_FLEET, seriesPerReplica, startFleet, told } from "./fleet-data.ts";
import { rulesOf, settingsOf } from "./fleet-rules.ts";
import type { Measurement } from "./report.ts";

const size = LARGE_FLEET;
/** Seconds that the overview is asked for. A dashboard is opened on hours, of which raw series cost still more. */
const OVERVIEW_RANGE = 600;
/** Rates are those of five minutes: until then they read fewer samples than they will. */
const WARM_SECONDS = 330 + OVERVIEW_RANGE;
/** Share of the interval that an evaluation of all rules may take. */
const MOST_SHARE = 0.3;
const LEAST_GAIN = 20;
const MOST_MILLISECONDS = 200;
const RUNS = 3;

/** An expression with what rules record in place of the recorded series, down to what is scraped. */
export function expanded(expression: string, recorded: ReadonlyMap<string, string>): string {
  let result = expression;
  for (const selector of selectorsOf(expression)) {
    const source = recorded.get(/^[a-zA-Z_:][a-zA-Z0-9_:]*/.exec(selector)?.[0] ?? "");
    if (source !== undefined) result = result.replaceAll(selector, `(${expanded(source, recorded)})`);
  }
  // What was a range of recorded samples is one of evaluations.
  return result.replaceAll(/\)\[(\w+)\]/g, ")[$1:]");
}

/** Seconds for which the groups ran in their last evaluation, all together. */
async function evaluation(prometheus: PrometheusProgram): Promise<{ seconds: number; slowest: string }> {
  const families = parseExposition(await get(`${prometheus.url}/metrics`).then(withoutNative));
  const samples = families.get("prometheus_rule_group_last_duration_seconds")?.samples ?? [];
  const [slowest] = [...samples].sort((a, b) => b.value - a.value);
  return {
    seconds: samples.reduce((sum, { value }) => sum + value, 0),
    slowest: `${slowest?.labels["rule_group"]?.split(";").at(-1) ?? ""} ${slowest?.value.toFixed(2) ?? ""} s`,
  };
}

/** The lines of the one family that is read here. */
const withoutNative = (text: string): string =>
  `${text
    .split("\n")
    .filter((line) => line.includes("prometheus_rule_group_last_duration_seconds"))
    .join("\n")}\n`;

const middle = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

/** What an answer took, in milliseconds. */
interface Took {
  /** Until it was here. */
  answered: number;
  /** Of it, what Prometheus says that it spent on the query. */
  evaluated: number;
}

async function took(prometheus: PrometheusProgram, query: string, options: DataOptions): Promise<Took> {
  const answered: number[] = [];
  const evaluated: number[] = [];
  for (let run = 0; run < RUNS; run++) {
    const begun = performance.now();
    const { stats } = (await prometheus.api("query_range", {
      query,
      start: String(options.end - options.range),
      end: String(options.end),
      step: String(options.scrapeInterval),
      stats: "true",
    })) as { stats: { timings: { execTotalTime: number } } };
    answered.push(performance.now() - begun);
    evaluated.push(stats.timings.execTotalTime * 1000);
  }
  return { answered: middle(answered), evaluated: middle(evaluated) };
}

const add = (sum: Took, { answered, evaluated }: Took): void => {
  sum.answered += answered;
  sum.evaluated += evaluated;
};

/** Recorded against raw, over the queries of the overview that there is data for. */
async function gain(
  prometheus: PrometheusProgram,
  board: PreviewBoard,
  recorded: ReadonlyMap<string, string>,
  options: DataOptions,
): Promise<{ recorded: Took; raw: Took; count: number }> {
  const values = await variableValues(board.variables, options.url);
  const sum = { recorded: { answered: 0, evaluated: 0 }, raw: { answered: 0, evaluated: 0 }, count: 0 };
  for (const { panels } of board.sections)
    for (const { queries } of panels)
      for (const { expr } of queries) {
        const query = fillIn(expr, values, options);
        // Burn rates and costs read series of days, and of node prices, which are not here.
        if (!query.includes("model:vllm_") || (await prometheus.query(query)).length === 0) continue;
        add(sum.recorded, await took(prometheus, query, options));
        add(sum.raw, await took(prometheus, expanded(query, recorded), options));
        sum.count += 1;
      }
  return sum;
}

/** The cost of rules and of queries at 1,000 replicas. */
export async function costOfRules(progress: (line: string) => void): Promise<Measurement[]> {
  const settings = settingsOf(size);
  const rules = rulesOf(settings);
  const interval = Number.parseInt(settings.monitoring.scrapeInterval, 10);
  const prometheus = await startFleet(size, interval, rules.text);
  try {
    const shares: number[] = [];
    let last = { seconds: 0, slowest: "" };
    for (let waited = 0; waited < WARM_SECONDS + 4 * interval; waited += interval) {
      await sleep(interval * 1000);
      last = await evaluation(prometheus);
      if (waited >= WARM_SECONDS) shares.push(last.seconds / interval);
      progress(
        `after ${String(waited + interval)} s: rules take ${last.seconds.toFixed(2)} s, slowest ${last.slowest}`,
      );
    }
    const series = await told(prometheus.url, "prometheus_tsdb_head_series");
    const [up] = await prometheus.query("sum(up)");
    const memory = (await told(prometheus.url, "process_resident_memory_bytes")) / 1024 ** 3;
    const end = Math.floor(Date.now() / 1000);
    const options: DataOptions = {
      url: prometheus.url,
      end,
      range: OVERVIEW_RANGE,
      scrapeInterval: interval,
    };
    const boards = dashboards({ scrapeInterval: settings.monitoring.scrapeInterval }).map(({ dashboard }) =>
      previewBoard(dashboard),
    );
    const overview = boards.find(({ uid }) => uid.includes("overview"));
    if (overview === undefined) throw new Error("there is no overview");
    const { recorded, raw, count } = await gain(prometheus, overview, rules.recorded, options);
    const against = (part: keyof Took): string =>
      `${recorded[part].toFixed(0)} ms against ${raw[part].toFixed(0)} ms, ${(raw[part] / recorded[part]).toFixed(0)} times`;
    progress(`overview: ${against("answered")}; evaluation alone ${against("evaluated")}`);
    const fleet = `${String(size.replicas)} replicas of ${String(seriesPerReplica())} series, ${String(size.models)} models, every ${String(interval)} s`;
    const slowest = await slowestQuery(boards, options);
    return [
      {
        what: "evaluation of all rules / its interval",
        value: middle(shares),
        unit: "×",
        limit: MOST_SHARE,
        details: `${fleet}; groups run side by side, here their times are added up: ${last.seconds.toFixed(2)} s, slowest ${last.slowest}; ${String(up?.value ?? 0)} targets up`,
      },
      {
        what: "evaluation of the overview's queries on recorded series / on raw ones",
        value: recorded.evaluated / raw.evaluated,
        unit: "×",
        limit: 1 / LEAST_GAIN,
        details: `${String(count)} queries over ten minutes, as Prometheus times them: ${against("evaluated")}; until the answer is here, requests of some milliseconds each included: ${against("answered")}`,
      },
      {
        what: "slowest query of a dashboard on recorded series",
        value: slowest.milliseconds,
        unit: "ms",
        limit: MOST_MILLISECONDS,
        details: `${slowest.what}; ${String(slowest.count)} panels`,
      },
      {
        what: "memory of that Prometheus",
        value: memory,
        unit: "GiB",
        details: `resident, with ${String(series)} series in its head`,
      },
    ];
  } finally {
    await prometheus.stop();
  }
}

async function slowestQuery(boards: readonly PreviewBoard[], options: DataOptions) {
  let found = { milliseconds: 0, what: "", count: 0 };
  // The engine's own dashboard reads what is scraped, of one model at a time.
  for (const board of boards.filter(({ uid }) => !uid.includes("engine"))) {
    const { sections } = await readBoard(board, options);
    for (const { panel, state, milliseconds: time } of sections.flatMap(({ panels }) => panels)) {
      if (state === "failed") throw new Error(`${board.title}: ${panel.title} failed`);
      if (state !== "drawn") continue;
      found = {
        count: found.count + 1,
        ...(time > found.milliseconds
          ? { milliseconds: time, what: `${board.title}: ${panel.title}` }
          : { milliseconds: found.milliseconds, what: found.what }),
      };
    }
  }
  return found;
}
