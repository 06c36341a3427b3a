/** What the gateway's configuration, rules and dashboard say, of a real LiteLLM with two workers before simulated engines. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { gatewayRules } from "../../../alerts/gateway/index.ts";
import { CLIENT_LABELS, DEFAULT_LABELS, exclusionsFor } from "../../../components/litellm/metric-labels.ts";
import { dashboards } from "../../../dashboards/index.ts";
import { readBoard } from "../../../local/dashboards/data.ts";
import { previewBoard } from "../../../local/dashboards/model.ts";
import { litellm } from "../../../metrics/litellm/index.ts";
import { catalogueProblems, labelsOf } from "../../support/catalogue.ts";
import { parseExposition } from "../../support/exposition.ts";
import { ask, LEFT_BEHIND, prepareProxy, RECORDED_LITELLM } from "../../support/litellm.ts";
import { get, until } from "../../support/programs.ts";
import { refusalOf } from "../../support/registries.ts";
import { INTERVAL_SECONDS, startStage, WORKERS, type Stage } from "./stage.ts";

const refused = await refusalOf("the real LiteLLM", prepareProxy);
let stage: Stage;

beforeAll(async () => {
  if (refused === undefined) stage = await startStage();
});
afterAll(async () => {
  await (stage as Stage | undefined)?.stop();
});

/** The exposition with ports and process ids that are the same each time. */
const recordable = (text: string): string =>
  text
    .replaceAll(stage.engine.address, "engine:8000")
    .replaceAll(/127\.0\.0\.1:\d+/g, (address) => (address.endsWith(":1") ? "dead:8000" : "slow:8000"))
    .replaceAll(/pid="(\d+)"/g, (_, pid: string) => `pid="${pidOf(pid)}"`);
const pids: string[] = [];
function pidOf(pid: string): string {
  if (!pids.includes(pid)) pids.push(pid);
  return String(100 + pids.indexOf(pid));
}

/** Value of a counter, over the label sets that hold these values. */
function total(text: string, name: string, labels: Record<string, string>): number {
  const samples = parseExposition(text).get(name)?.samples ?? [];
  return samples
    .filter((sample) => Object.entries(labels).every(([label, value]) => sample.labels[label] === value))
    .reduce((sum, { value }) => sum + value, 0);
}

describe.skipIf(refused !== undefined)("a real LiteLLM", () => {
  describe("the proxy", () => {
    it("answers as its configuration says", () => {
      for (const { call, seen } of stage.asked)
        expect({ call, seen: [...new Set(seen)] }).toEqual({ call, seen: [call.status] });
    });

    it("starts in an emptied directory, and each worker counts in a file of its own", () => {
      const files = readdirSync(stage.narrow.metricsDirectory);
      expect(files).not.toContain(LEFT_BEHIND);
      expect(files.filter((name) => /^counter_\d+\.db$/.test(name))).toHaveLength(WORKERS);
    });

    it("adds up its workers on the listener of its own, which asks for no key", () => {
      const sent = (status: number) =>
        stage.asked
          .filter(({ call }) => call.status === status)
          .reduce((sum, { seen }) => sum + seen.length, 0);
      const counted = (status: number) =>
        total(stage.texts.narrow, "litellm_proxy_total_requests_metric_total", {
          status_code: String(status),
          route: "/v1/chat/completions",
        });
      expect([200, 400, 408, 499].map(counted)).toEqual([sent(200), sent(400), sent(408), sent(0)]);
    });

    it("exposes the same on its main port, to those with the key only", async () => {
      const up = await stage.prometheus.query("up");
      expect(Object.fromEntries(up.map(({ metric, value }) => [metric["job"], value]))).toEqual({
        gateway: 1,
        guarded: 1,
        refused: 0,
        engine: 1,
      });
      const families = (text: string) => [...parseExposition(text).keys()].sort();
      // A gauge that is told of each user is not there without the label that tells of whom.
      const { metrics } = exclusionsFor(DEFAULT_LABELS);
      const [all, kept] = [families(stage.texts.wide), families(stage.texts.narrow)];
      expect(all.filter((name) => !kept.includes(name))).toEqual(["litellm_remaining_user_budget_metric"]);
      expect(kept).toEqual(all.filter((name) => !metrics.includes(name)));
    });

    it("leaves out the labels that are not allowed, and only those", () => {
      const labels = (text: string) =>
        new Set([...parseExposition(text).values()].flatMap((family) => labelsOf(family).flat()));
      const [all, kept] = [labels(stage.texts.wide), labels(stage.texts.narrow)];
      expect(CLIENT_LABELS.filter((label) => kept.has(label))).toEqual([]);
      expect(CLIENT_LABELS.filter((label) => !all.has(label))).toEqual([]);
      expect([...all].filter((label) => !kept.has(label)).sort()).toEqual([...CLIENT_LABELS].sort());
    });

    it("counts who hung up before the answer as 499 and frees the engine", async () => {
      await until(10, async () => {
        const engineText = await get(`${stage.engine.url}/metrics`);
        expect(total(engineText, "vllm:num_requests_running", {})).toBe(0);
      });
      const hungUp = stage.asked
        .filter(({ call }) => call.status === 0)
        .reduce((sum, { seen }) => sum + seen.length, 0);
      expect(
        total(stage.texts.narrow, "litellm_proxy_failed_requests_metric_total", { exception_status: "499" }),
      ).toBe(hungUp);
    });
  });

  describe("the catalogue", () => {
    it("describes every family that the proxy exposes, to the label and the bucket", () => {
      const { wide } = stage.texts;
      expect(parseExposition(wide).size).toBeGreaterThan(25);
      expect(catalogueProblems(wide, litellm)).toEqual([]);
    });

    it("is kept with what the proxy exposed", () => {
      if (process.env["RECORD_LITELLM"] === "1")
        writeFileSync(RECORDED_LITELLM, recordable(stage.texts.wide));
      const names = (text: string) => [...parseExposition(text).keys()].sort();
      expect(names(readFileSync(RECORDED_LITELLM, "utf8"))).toEqual(names(stage.texts.wide));
    });
  });

  describe("the rules", () => {
    const { groups } = gatewayRules;

    it.each(groups.flatMap(({ recordings = [] }) => recordings))("record $record $labels", async (rule) => {
      const found = await stage.prometheus.query(rule.expr);
      expect(found.length).toBeGreaterThan(0);
      const names = found.flatMap(({ metric }) => metric["model_name"] ?? []);
      expect(names).toContain(rule.record === "model:litellm_timeouts:rate5m" ? "slow" : "chat");
    });

    it("alert on what is wrong here, and on nothing else", async () => {
      const found: Record<string, string[]> = {};
      for (const { alerts = [] } of groups)
        for (const { alert, expr } of alerts) {
          const series = await stage.prometheus.query(expr);
          const about = series.map(({ metric }) =>
            `${metric["namespace"] ?? ""} ${metric["model_id"] ?? metric["model_name"] ?? ""}`.trim(),
          );
          if (about.length > 0) found[alert] = about.sort();
        }
      expect(found).toEqual({
        // The first engine is not there; the other one never answers, but too seldom to tell.
        GatewayDeploymentOutage: ["gateway dead-1", "guarded dead-1"],
        ClientsDisconnecting: ["chat"],
        GatewayFallbacks: ["dead"],
      });
    });
  });

  describe("the dashboard", () => {
    it("shows what there is", async () => {
      const board = dashboards().find(({ name }) => name === "gateway");
      const { sections } = await readBoard(previewBoard(board?.dashboard), {
        url: stage.prometheus.url,
        end: Date.now() / 1000,
        range: 120,
        scrapeInterval: INTERVAL_SECONDS,
      });
      const panels = sections.flatMap((section) => section.panels);
      const titles = (state: string) =>
        panels.filter((panel) => panel.state === state).map(({ panel }) => panel.title);
      expect([...titles("empty"), ...titles("failed")]).toEqual([]);
      // What needs a database, Redis, a cache or budgets, none of which is here.
      expect(titles("off").sort()).toEqual([
        "Budget left by team",
        "Cached answers",
        "Calls without a price",
        "Failures of Redis and the database",
        "Spend not written yet",
      ]);
    });
  });

  // The last one, which ends the proxy.
  describe("SIGTERM", () => {
    it("lets a running answer end, then the proxy", async () => {
      const words = 400;
      const answer = ask(stage.narrow.url, { model: "chat", stream: true, words });
      await until(20, async () => {
        const running = await get(`${stage.engine.url}/metrics`);
        expect(total(running, "vllm:num_requests_running", {})).toBe(1);
      });
      const code = await stage.narrow.terminate();
      const { status, text } = await answer;
      expect(status).toBe(200);
      expect(text).toContain("[DONE]");
      expect(text.match(/"content":/g)).toHaveLength(words);
      expect(code).toBe(0);
    });
  });
});
