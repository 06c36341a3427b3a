/** A real LiteLLM with two workers, twice, before simulated engines, scraped by a real Prometheus with all rules. */
import * as http from "node:http";
import type { AddressInfo } from "node:net";

import { expect } from "vitest";
import { stringify } from "yaml";

import { fleetRules, ruleGroups } from "../../../alerts/index.ts";
import { configText } from "../../../components/litellm/config-file.ts";
import { METRICS_PATH } from "../../../components/litellm/identity.ts";
import { DEFAULT_LABELS, KNOWN_LABELS } from "../../../components/litellm/metric-labels.ts";
import {
  ask,
  MASTER_KEY,
  startEngine,
  startProxy,
  type Call,
  type Engine,
  type Proxy,
} from "../../support/litellm.ts";
import { get, startPrometheus, until, type PrometheusProgram } from "../../support/programs.ts";
import { RUNBOOKS } from "../../support/promtool.ts";

export const WORKERS = 2;
/** Clients ask the gateway for the name that the engine serves, as in a fleet. */
const SERVED_NAME = "chat";
export const INTERVAL_SECONDS = 2;
const INTERVAL = `${String(INTERVAL_SECONDS)}s`;

/** What clients send, how often, and the status that they get (0: they hung up). */
const calls: readonly (Call & { times: number; status: number })[] = [
  { model: "chat", times: 12, status: 200 },
  { model: "chat", stream: true, times: 4, status: 200 },
  // Its engine is not there: the fallback answers. However they fall on the workers, one of them sets it aside.
  { model: "dead", times: 20, status: 200 },
  // Its engine never answers.
  { model: "slow", times: 1, status: 408 },
  { model: "unknown", times: 1, status: 400 },
  // There is no database to look it up in.
  { model: "chat", key: "sk-wrong", times: 1, status: 400 },
  // These wait for an answer of some 200 s.
  { model: "chat", words: 20_000, patience: 700, times: 4, status: 0 },
];

/** What was asked, and the statuses that it got from the narrow one. */
export interface Asked {
  readonly call: (typeof calls)[number];
  readonly seen: number[];
}

/** Everything that runs, after all calls were made. */
export interface Stage {
  readonly engine: Engine;
  /** Exposes the allowed labels, on a listener of its own. */
  readonly narrow: Proxy;
  /** Exposes all labels, on the port of the API. */
  readonly wide: Proxy;
  readonly prometheus: PrometheusProgram;
  readonly asked: readonly Asked[];
  /** What the two expose. */
  readonly texts: Readonly<Record<"narrow" | "wide", string>>;
  stop(): Promise<void>;
}

/** Makes the calls, or one of each. */
async function play(
  proxy: Proxy,
  isFirst: boolean,
  note: (at: number, status: number) => void,
): Promise<void> {
  for (const [at, call] of calls.entries())
    for (let time = 0; time < (isFirst ? 1 : call.times); time++)
      note(at, (await ask(proxy.url, call)).status);
}

const configuration = (labels: readonly string[], engine: string, silent: string): string =>
  configText(
    {
      models: [
        {
          id: "chat-1",
          name: "chat",
          servedName: SERVED_NAME,
          endpoint: engine,
          promptPricePerMillion: 1,
          outputPricePerMillion: 2,
        },
        { id: "dead-1", name: "dead", servedName: SERVED_NAME, endpoint: "http://127.0.0.1:1" },
        {
          id: "slow-1",
          name: "slow",
          servedName: SERVED_NAME,
          endpoint: silent,
          timeoutSeconds: 1,
        },
      ],
      routing: { retries: 0, allowedFailures: 6, fallbacks: { dead: ["chat"] } },
      metrics: { labels: [...labels] },
    },
    false,
  );

/** Starts all of it and makes the calls. */
export async function startStage(): Promise<Stage> {
  const running: { stop(): Promise<void> }[] = [];
  const keep = <T extends { stop(): Promise<void> }>(program: T): T => {
    running.unshift(program);
    return program;
  };
  const stop = async (): Promise<void> => {
    for (const program of running) await program.stop();
  };
  try {
    return { ...(await startParts(keep)), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startParts(
  keep: <T extends { stop(): Promise<void> }>(program: T) => T,
): Promise<Omit<Stage, "stop">> {
  const engine = keep(await startEngine(SERVED_NAME));
  const silent = http.createServer(() => undefined);
  await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
  keep({
    stop: () => {
      silent.closeAllConnections();
      silent.close();
      return Promise.resolve();
    },
  });
  const silentUrl = `http://127.0.0.1:${String((silent.address() as AddressInfo).port)}`;
  const proxy = async (labels: readonly string[], access: "listener" | "bearer") =>
    keep(
      await startProxy({
        config: configuration(labels, engine.url, silentUrl),
        access,
        workers: WORKERS,
        drainSeconds: 30,
      }),
    );
  const narrow = await proxy(DEFAULT_LABELS, "listener");
  const wide = await proxy(KNOWN_LABELS, "bearer");

  const groups = fleetRules()
    .flatMap((set) => ruleGroups(set.groups, RUNBOOKS))
    .map((group) => ({ ...group, interval: INTERVAL }));
  const pod = (name: string, more: Record<string, string> = {}) => ({
    namespace: name,
    pod: `${name}-0`,
    node: "n",
    ...more,
  });
  const prometheus = keep(
    await startPrometheus(
      {
        global: { scrape_interval: INTERVAL, evaluation_interval: INTERVAL },
        rule_files: ["rules.yml"],
        scrape_configs: [
          {
            job_name: "gateway",
            metrics_path: METRICS_PATH,
            static_configs: [{ targets: [narrow.metricsAddress], labels: pod("gateway") }],
          },
          {
            job_name: "guarded",
            metrics_path: METRICS_PATH,
            authorization: { type: "Bearer", credentials: MASTER_KEY },
            static_configs: [{ targets: [wide.metricsAddress], labels: pod("guarded") }],
          },
          {
            job_name: "refused",
            metrics_path: METRICS_PATH,
            static_configs: [{ targets: [wide.metricsAddress], labels: pod("refused") }],
          },
          {
            job_name: "engine",
            static_configs: [
              { targets: [engine.address], labels: pod("vllm", { model: "chat-1", team: "t", owner: "o" }) },
            ],
          },
        ],
      },
      { "rules.yml": stringify({ groups }) },
    ),
  );
  const asked = calls.map((call): Asked => ({ call, seen: [] }));
  // A counter that begins above nothing has no rate: it is there before the calls that count.
  for (const isFirst of [true, false]) {
    await play(narrow, isFirst, (at, status) => asked[at]?.seen.push(status));
    await play(wide, isFirst, () => undefined);
    const sent = asked.reduce((sum, { seen }) => sum + seen.length, 0);
    await until(60, async () => {
      const [found] = await prometheus.query(
        'sum(litellm_proxy_total_requests_metric_total{job="gateway",route="/v1/chat/completions"})',
      );
      expect(found?.value).toBe(sent);
    });
  }
  await until(60, async () => {
    const rates = await prometheus.query("request_path:client_disconnects:rate5m > 0");
    expect(rates).not.toEqual([]);
  });
  const narrowText = await get(`http://${narrow.metricsAddress}${METRICS_PATH}`);
  const answer = await fetch(`http://${wide.metricsAddress}${METRICS_PATH}`, {
    headers: { authorization: `Bearer ${MASTER_KEY}` },
  });
  return {
    engine,
    narrow,
    wide,
    prometheus,
    asked,
    texts: { narrow: narrowText, wide: await answer.text() },
  };
}
