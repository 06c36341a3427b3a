import { describe, expect, it } from "vitest";

import { expositionAt, seriesPerReplica } from "../../../bench/fleet-data.ts";
import { expanded } from "../../../bench/rules.ts";
import { parseExposition } from "../../support/exposition.ts";
import { fixture } from "../../support/vllm-fixtures.ts";

describe("the exposition of a benchmark", () => {
  const text = fixture("single", "loaded");
  const value = (scrape: number, name: string) =>
    parseExposition(expositionAt(text, scrape)).get(name)?.samples[0]?.value ?? Number.NaN;

  it("is the recorded one at first", () => {
    expect(parseExposition(expositionAt(text, 0))).toEqual(parseExposition(text));
    expect(seriesPerReplica()).toBeGreaterThan(380);
  });
  it("grows in what counts, and in nothing else", () => {
    const counter = "vllm:generation_tokens_total";
    expect(value(3, counter)).toBe(4 * value(0, counter));
    expect(value(3, "vllm:e2e_request_latency_seconds")).toBe(
      4 * value(0, "vllm:e2e_request_latency_seconds"),
    );
    expect(value(3, "process_start_time_seconds")).toBe(value(0, "process_start_time_seconds"));
  });
});

describe("an expression on raw series", () => {
  const recorded = new Map([
    ["m:a:rate5m", "sum by (m) (r:a:rate5m)"],
    ["r:a:rate5m", 'rate(a{x!=""}[5m])'],
  ]);

  it("has what rules record in place of what is recorded, with its matchers", () => {
    expect(expanded('sum(m:a:rate5m{m=~".*"}) / up', recorded)).toBe(
      'sum((sum by (m) ((rate(a{x!=""}[5m]))))) / up',
    );
  });
  it("ranges over evaluations where it ranged over recorded samples", () => {
    expect(expanded("avg_over_time(r:a:rate5m[1h])", recorded)).toBe(
      'avg_over_time((rate(a{x!=""}[5m]))[1h:])',
    );
  });
  it("is itself where nothing is recorded", () => {
    expect(expanded("rate(b[5m])", recorded)).toBe("rate(b[5m])");
  });
});
