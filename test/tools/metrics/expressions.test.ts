import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { engine } from "../../../metrics/engine/index.ts";
import { target } from "../../../metrics/monitoring/index.ts";
import type { Node } from "../../../metrics/promql/node.ts";
import * as q from "../../../metrics/promql/index.ts";
import { vllm } from "../../../metrics/vllm/index.ts";
import { bracketed } from "../../support/bracketed-promql.ts";
import { parseExposition } from "../../support/exposition.ts";
import {
  serveExpositions,
  startPrometheus,
  until,
  type Program,
  type PrometheusProgram,
} from "../../support/programs.ts";
import { allSelectors, expressions } from "../../support/random-promql.ts";
import { fixture, modes, recordedMaxModelLen, states } from "../../support/vllm-fixtures.ts";

const options: q.ContextOptions = {
  versions: { vllm: "0.33.0" },
  maxModelLen: 131_072,
  externalLabels: "keep",
};

/** A histogram as Go's client writes it, and as Python's does. */
const bounds = [1e-5, 0.5, 1, 2, 16_384, 100_000, 1_048_576, 2_000_000];
const goSpelling = (bound: number): string =>
  bound >= 1e6 || bound < 1e-4 ? bound.toExponential().replace(/e([+-])(\d)$/, "e$10$2") : String(bound);
const goLines = bounds.map((bound, at) => `sizes_bucket{le="${goSpelling(bound)}"} ${String(at)}`);
const pythonLines = ["1e-05", "0.5", "1.0", "2.0", "16384.0", "100000.0", "1.048576e+06", "2e+06"].map(
  (bound, at) => `sizes_bucket{le="${bound}"} ${String(at)}`,
);
const exposition = (lines: readonly string[]): string =>
  [
    "# HELP sizes x",
    "# TYPE sizes histogram",
    ...lines,
    'sizes_bucket{le="+Inf"} 9',
    "sizes_sum 9",
    "sizes_count 9",
    "",
  ].join("\n");

const sizes = q.defineSeries(
  { product: "prometheus", targetLabels: ["job", "instance"], nameOf: ({ name }) => name },
  {
    sizes: {
      name: "sizes",
      type: "histogram",
      help: "x",
      unit: "bytes",
      labels: [],
      buckets: { name: "sizes", bounds: [1e-5, 0.5, 1, 2, 16_384, 100_000, 1_048_576, 2_000_000] },
      since: "3.0.0",
      source: "this test",
    },
  },
);

let exporter: Program;
let server: PrometheusProgram;

beforeAll(async () => {
  const recordings = modes.flatMap((mode) =>
    states.map((state) => [`/${mode}-${state}`, fixture(mode, state)]),
  );
  exporter = await serveExpositions({
    ...(Object.fromEntries(recordings) as Record<string, string>),
    "/go": exposition(goLines),
    "/python": exposition(pythonLines),
  });
  const job = (name: string, labels: Record<string, string> = {}): unknown => ({
    job_name: name,
    metrics_path: `/${name}`,
    static_configs: [{ targets: [exporter.address], labels }],
  });
  server = await startPrometheus({
    global: { scrape_interval: "1s" },
    scrape_configs: [
      job("go"),
      job("python"),
      ...modes.flatMap((mode) =>
        states.map((state) =>
          job(`${mode}-${state}`, {
            namespace: "vllm",
            pod: `${mode}-${state}`,
            container: "vllm",
            model: "m",
          }),
        ),
      ),
    ],
  });
  await until(60, async () => {
    const up = await server.query(q.print(q.count(q.countOverTime(target.up, "1m"))));
    expect(up[0]?.value).toBe(modes.length * states.length + 2);
    const twice = await server.query(q.print(q.min(q.countOverTime(target.up, "1m"))));
    expect(twice[0]?.value).toBeGreaterThan(2);
  });
});

afterAll(async () => {
  await (server as PrometheusProgram | undefined)?.stop();
  await (exporter as Program | undefined)?.stop();
});

describe("a bound", () => {
  it.each(bounds)("%d is found as Go and as Python write it", async (bound) => {
    const found = await server.query(q.print(q.increase(sizes.sizes.atMostConfigured(bound), "1m")));
    expect(found.map(({ metric }) => metric["job"]).sort()).toEqual(["go", "python"]);
  });

  it("is stored normalised by this Prometheus, so a bare number finds nothing", async () => {
    expect(await server.query('sizes_bucket{le="2"}')).toEqual([]);
    expect(await server.query('sizes_bucket{le="2.0"}')).toHaveLength(2);
    expect(await server.query('sizes_bucket{le="2e+06"}')).toHaveLength(2);
  });
});

describe("random expressions", () => {
  /** Prometheus' own tree without brackets and positions. */
  async function tree(text: string): Promise<unknown> {
    const strip = (node: unknown): unknown => {
      if (Array.isArray(node)) return node.map(strip);
      if (typeof node !== "object" || node === null) return node;
      const record = node as Record<string, unknown>;
      if (record["type"] === "parenExpr") return strip(record["expr"]);
      // A negative number is a literal or a sign and a number.
      if (record["type"] === "unaryExpr" && record["op"] === "-") {
        const inner = strip(record["expr"]) as Record<string, unknown>;
        if (inner["type"] === "numberLiteral") return { ...inner, val: `-${String(inner["val"])}` };
      }
      return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, strip(value)]));
    };
    return strip(await server.api("parse_query", { query: text.replaceAll(/\$__\w+/g, "5m") }));
  }

  it("are accepted, and mean what was built", async () => {
    const leaf = (node: Node): string =>
      q.print({ kind: "vector", node, quantity: "gauge", labels: [], unit: undefined }, options);
    const printable = expressions(true).filter(
      ({ quantity }) => quantity !== "counter" && quantity !== "bucket",
    );
    await fc.assert(
      fc.asyncProperty(printable, async (expression) => {
        const text = q.print(expression, options);
        expect(await tree(text)).toEqual(await tree(bracketed(expression.node, leaf)));
      }),
      { numRuns: 250 },
    );
  });

  it("run: every selector of every catalogue is a query", async () => {
    for (const selector of allSelectors) {
      const text = q.print(q.count(selector), options);
      expect(await server.query(text), text).toBeInstanceOf(Array);
    }
  });
});

describe.each(modes.flatMap((mode) => states.map((state) => ({ mode, state }))))(
  "the recorded vLLM $mode $state",
  ({ mode, state }) => {
    const job = `${mode}-${state}`;
    const families = parseExposition(fixture(mode, state));
    const keys = Object.keys(vllm) as (keyof typeof vllm)[];

    it("answers every selector with as many series as were exposed", async () => {
      for (const key of keys) {
        const series = engine[key] as unknown as Record<string, q.Selector> & q.Selector;
        const exposed = families.get(vllm[key].name)?.samples ?? [];
        const parts: readonly [q.Selector | undefined, string][] =
          "node" in series
            ? [[series, vllm[key].name]]
            : (["bucket", "sum", "count"] as const).map((part) => [
                series[part],
                `${vllm[key].name}_${part}`,
              ]);
        for (const [selector, name] of parts) {
          if (selector === undefined) continue;
          const expected = exposed.filter((sample) => sample.name === name).length;
          const text = q.print(q.count(selector.where({ job } as never)), options);
          const [found] = await server.query(text);
          expect(found?.value ?? 0, text).toBe(expected);
        }
      }
    });

    it("answers zero where the catalogue says that gauges are absent before the first request", async () => {
      const running = q.sum(engine.numRequestsRunning.where({ job }), q.by("model_name"));
      const zero = await server.query(q.print(q.orZero(running)));
      const without = await server.query(q.print(running));
      const absent = state === "idle" && mode !== "single";
      expect(without).toHaveLength(absent ? 0 : 1);
      // Exactly one element with and without series: nothing is added to an answer that is there.
      expect(zero).toHaveLength(1);
      expect(zero[0]?.value).toBe(0);
    });

    it("has the bounds of latencies and of lengths", async () => {
      const ttft = engine.timeToFirstToken.where({ job });
      const within = q.increase(ttft.atMost(2560), "1m");
      const inAll = await server.query(q.print(within));
      expect(inAll.length).toBe(
        new Set(
          families.get("vllm:time_to_first_token_seconds")?.samples.map(({ labels }) => labels["engine"]),
        ).size,
      );
      const tokens = q.increase(engine.requestPromptTokens.where({ job }).atMostConfigured(1000), "1m");
      expect((await server.query(q.print(tokens, { maxModelLen: recordedMaxModelLen }))).length).toBe(
        inAll.length,
      );
    });
  },
);

describe("fallbacks", () => {
  it("add nothing to what is there, and fill each gap once", async () => {
    const errors = q.count(
      engine.requestSuccess.where({ finished_reason: "error", job: "nowhere" }),
      q.by("job"),
    );
    const all = q.count(engine.requestSuccess, q.by("job"));
    expect(await server.query(q.print(errors))).toEqual([]);
    const filled = await server.query(q.print(q.orZeroFor(errors, all)));
    expect(filled.map(({ metric }) => metric["job"]).sort()).toEqual(
      (await server.query(q.print(all))).map(({ metric }) => metric["job"]).sort(),
    );
    expect(filled.every(({ value }) => value === 0)).toBe(true);
    expect(await server.query(q.print(q.orZero(errors)))).toEqual([{ metric: {}, value: 0 }]);
    expect(await server.query(q.print(q.orZero(all)))).toHaveLength(
      (await server.query(q.print(all))).length,
    );
  });

  it("of absence carry the labels that conditions pin", async () => {
    const [found] = await server.query(q.print(q.absent(target.up.where({ job: "gone", pod: q.not("x") }))));
    expect(found).toEqual({ metric: { job: "gone" }, value: 1 });
  });
});
