import { describe, expect, it } from "vitest";

import { ruleSets } from "../../../alerts/index.ts";
import { testAlert, type AlertTest, type ExpectedAlert } from "../../support/promtool.ts";
import { only } from "../../support/rule-cases.ts";

const rules = only(ruleSets, "HighWaitingRequests");
const replica = (pod: string, engine = "0") =>
  `vllm:num_requests_waiting{namespace="vllm",pod="${pod}",instance="${pod}:8000",model_name="llama",team="chat",owner="ann",engine="${engine}"}`;

const fired = (pod: string): ExpectedAlert => ({
  labels: {
    alertname: "HighWaitingRequests",
    severity: "warning",
    component: "engine",
    namespace: "vllm",
    pod,
    model_name: "llama",
    team: "chat",
    owner: "ann",
  },
});

const annotated: ExpectedAlert = {
  ...fired("a"),
  annotations: {
    summary: "250 requests wait for llama in a.",
    description:
      "More than 100 requests have been waiting for the replica vllm/a of llama for two minutes. New requests queue " +
      "behind them, so time to first token rises until load falls or capacity is added.",
    runbook_url: "https://runbooks.example.com/HighWaitingRequests.md",
    dashboard_url:
      "https://grafana.example.com/d/vllm-queue?var-namespace=vllm&var-model_name=llama&var-pod=a",
  },
};

/** Each in its own run, so that a failure names its case. Samples come every 15 s. */
const tests: AlertTest[] = [
  {
    name: "fires after two minutes over the threshold, says how many wait, and not before",
    series: { [replica("a")]: "250x40" },
    expect: { "1m45s": [], "2m": [annotated] },
  },
  {
    name: "stays silent at the threshold itself",
    series: { [replica("a")]: "100x80" },
    expect: { "2m": [], "10m": [] },
  },
  {
    name: "fires just above it",
    series: { [replica("a")]: "101x40" },
    expect: { "2m": [fired("a")] },
  },
  {
    name: "stays silent when the queue empties once in two minutes",
    series: { [replica("a")]: "250x6 0 250x6 0 250x6 0" },
    expect: { "2m": [], "3m": [], "5m": [] },
  },
  {
    name: "resolves when the queue is short again",
    series: { [replica("a")]: "250x12 100x20" },
    expect: { "3m": [fired("a")], "3m15s": [], "5m": [] },
  },
  {
    name: "resolves when the replica goes",
    series: { [replica("a")]: "250x12 stale" },
    expect: { "3m": [fired("a")], "3m15s": [] },
  },
  {
    name: "adds up the engines of a replica with data parallel",
    series: { [replica("a", "0")]: "60x40", [replica("a", "1")]: "60x40" },
    expect: { "2m": [fired("a")] },
  },
  {
    name: "does not add up replicas, however many wait for the model",
    series: { [replica("a")]: "60x40", [replica("b")]: "60x40", [replica("c")]: "60x40" },
    expect: { "2m": [], "5m": [] },
  },
  {
    name: "names each replica that is full, and only those",
    series: { [replica("a")]: "250x40", [replica("b")]: "10x40", [replica("c")]: "250x40" },
    expect: { "2m": [fired("a"), fired("c")] },
  },
  {
    name: "leaves out the router's copies of the gauge",
    series: {
      'vllm:num_requests_waiting{namespace="vllm",pod="router",server="http://a:8000"}': "250x40",
      [replica("a")]: "60x40",
    },
    expect: { "2m": [] },
  },
  {
    name: "stays silent while the gauge does not exist yet",
    series: { 'up{namespace="vllm",pod="a"}': "1x40" },
    expect: { "2m": [] },
  },
];

describe("HighWaitingRequests", () => {
  it.each(tests.map((test) => [test.name, test] as const))("%s", (_, test) => {
    const { code, output } = testAlert(rules, "HighWaitingRequests", [test]);
    expect(code, output).toBe(0);
  });

  it("passes all of them in one run", () => {
    const { code, output } = testAlert(rules, "HighWaitingRequests", tests);
    expect(code, output).toBe(0);
  });

  // What a wrong threshold, comparison, aggregation or selector would do is what the cases above are there for.
  it.each([
    ["> 100", "> 101"],
    ["> 100", ">= 100"],
    ["> 100", "< 100"],
    ['model_name!=""', 'model_name=~".*"'],
    ["sum by (namespace, pod,", "max by (namespace, pod,"],
    ["sum by (namespace, pod,", "sum by (namespace,"],
  ])("would not pass with %s turned into %s", (from, to) => {
    const mutated = structuredClone(rules);
    const rule = mutated.flatMap(({ groups }) => groups).flatMap(({ alerts = [] }) => alerts)[0];
    if (rule === undefined) throw new Error("no alert");
    expect(rule.expr).toContain(from);
    rule.expr = rule.expr.replace(from, to);
    expect(testAlert(mutated, "HighWaitingRequests", tests).code).not.toBe(0);
  });

  it("would not pass with another time to wait", () => {
    const mutated = structuredClone(rules);
    const rule = mutated.flatMap(({ groups }) => groups).flatMap(({ alerts = [] }) => alerts)[0];
    if (rule === undefined) throw new Error("no alert");
    rule.for = "1m";
    expect(testAlert(mutated, "HighWaitingRequests", tests).code).not.toBe(0);
  });
});
