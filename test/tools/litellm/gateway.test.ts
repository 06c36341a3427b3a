/** A real LiteLLM proxy, started exactly as the gateway's container is, in front of the simulator and under a real Prometheus. */
import { spawn, type ChildProcess } from "node:child_process";
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import * as path from "node:path";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { gatewayQuery } from "../../../components/autoscaling/signals.ts";
import { CLIENT_LABELS } from "../../../components/litellm/metric-labels.ts";
import type { MetricFamily } from "../../../metrics/family.ts";
import { litellm } from "../../../metrics/litellm/index.ts";
import { repositoryRoot } from "../../../local/toolchain/tools.ts";
import { parseExposition, type Family } from "../../support/exposition.ts";
import { startLiteLlm, type LiteLlmProxy } from "../../support/litellm.ts";
import { manifestsOf, type Manifest } from "../../support/manifests.ts";
import { freePort, get, startPrometheus, until, type PrometheusProgram } from "../../support/programs.ts";
import { gateway } from "../../unit/components/litellm-typical.ts";

const KEY = "sk-the-master-key-of-this-test";
const MODEL = "org/simulated";
const SENT = 6;

let engine: ChildProcess;
let proxy: LiteLlmProxy;
let server: PrometheusProgram;
let manifests: Manifest[];

async function startEngine(): Promise<string> {
  const port = await freePort();
  engine = spawn(
    process.execPath,
    [
      path.join(repositoryRoot, "services", "vllm-simulator", "main.ts"),
      ...[MODEL, "--host", "127.0.0.1", "--port", String(port)],
    ],
    {
      env: { ...process.env, VLLM_SIMULATOR_SCENARIO: "idle", VLLM_SIMULATOR_LOAD_SECONDS: "0" },
      stdio: "ignore",
    },
  );
  const url = `http://127.0.0.1:${String(port)}`;
  await until(120, () => get(`${url}/health`));
  return url;
}

function chat(model: string, more: object = {}, key = KEY): Promise<Response> {
  return fetch(`${proxy.url}/v1/chat/completions`, {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    body: JSON.stringify({ model, messages: [{ role: "user", content: "hello" }], max_tokens: 8, ...more }),
  });
}

async function exposition(): Promise<ReadonlyMap<string, Family>> {
  return parseExposition(await get(`http://${proxy.metricsAddress}/metrics/`));
}

beforeAll(async () => {
  const endpoint = await startEngine();
  const run = await gateway({
    models: [
      { id: "simulated", name: MODEL, endpoint, promptPricePerMillion: 1000, outputPricePerMillion: 3000 },
    ],
    masterKey: KEY,
    routing: { retries: 0 },
  });
  manifests = manifestsOf(run);
  proxy = await startLiteLlm(
    manifests,
    (_, key) => (key === "master-key" ? KEY : ""),
    (folder) => writeFile(path.join(folder, "counter_1.db"), "of a container that is gone"),
  );
  const scrape = (name: string, more: object) => ({
    job_name: name,
    metrics_path: "/metrics/",
    scrape_interval: "1s",
    ...more,
  });
  server = await startPrometheus({
    scrape_configs: [
      scrape("listener", { static_configs: [{ targets: [proxy.metricsAddress] }] }),
      scrape("bearer", {
        authorization: { credentials: KEY },
        static_configs: [{ targets: [proxy.address] }],
      }),
      scrape("without-a-key", { static_configs: [{ targets: [proxy.address] }] }),
    ],
  });
}, 900_000);

afterAll(async () => {
  await (server as PrometheusProgram | undefined)?.stop();
  await (proxy as LiteLlmProxy | undefined)?.stop();
  (engine as ChildProcess | undefined)?.kill();
}, 120_000);

describe("the proxy with the generated configuration", () => {
  it("empties its metrics folder before it starts", () => {
    expect(existsSync(path.join(proxy.metricsDirectory, "counter_1.db"))).toBe(false);
  });

  it("serves the fleet's model, and nobody without a key", async () => {
    for (let index = 0; index < SENT; index += 1) {
      const response = await chat(MODEL);
      expect(response.status, await response.clone().text()).toBe(200);
      const body = (await response.json()) as { choices: unknown[] };
      expect(body.choices).toHaveLength(1);
    }
    expect((await chat("org/unknown")).status).toBe(400);
    expect((await chat(MODEL, {}, "sk-another-key")).status).toBeGreaterThanOrEqual(400);
  });

  it("closes /metrics at its own port", async () => {
    for (const at of ["/metrics", "/metrics/", "//metrics", "/v1/../metrics/"]) {
      expect((await fetch(proxy.url + at)).status, at).toBeGreaterThanOrEqual(400);
    }
  });

  it("is scraped by Prometheus at the listener and with the key, and not without", async () => {
    await until(120, async () => {
      const up = await server.query("up");
      expect(Object.fromEntries(up.map(({ metric, value }) => [metric["job"], value]))).toEqual({
        listener: 1,
        bearer: 1,
        "without-a-key": 0,
      });
    });
  });

  it("counts over its workers what was sent", async () => {
    const selector = `litellm_proxy_total_requests_metric_total{requested_model="${MODEL}",status_code="200"}`;
    await until(120, async () => {
      const counted = await server.query(`sum by (job) (${selector})`);
      expect(Object.fromEntries(counted.map(({ metric, value }) => [metric["job"], value]))).toEqual({
        listener: SENT,
        bearer: SENT,
      });
    });
    expect(new Set((await server.query(selector)).map(({ metric }) => metric["pid"]))).toEqual(
      new Set([undefined]),
    );
    // Prices make the spend of a model of one's own: 8 tokens of answer each, at 3 dollars for a thousand.
    await until(120, async () => {
      const [spent] = await server.query('sum(litellm_spend_metric_total{job="listener"})');
      expect(spent?.value).toBeGreaterThanOrEqual(SENT * 8 * 0.003);
    });
  });

  it("exposes nothing but what the catalogue has, and no label beyond the allow-list", async () => {
    const families: readonly MetricFamily[] = Object.values(litellm);
    const exposed = [...(await exposition()).values()].filter(({ name }) => name.startsWith("litellm_"));
    expect(exposed.length).toBeGreaterThan(10);
    for (const { name, samples } of exposed) {
      const family = families.find((candidate) => candidate.name === name);
      expect(family, `${name} is not in the catalogue`).toBeDefined();
      const known = [...(family?.labels ?? []), "le", "pid"];
      for (const { labels } of samples)
        for (const label of Object.keys(labels)) {
          expect(known, `${name} has the label ${label}`).toContain(label);
          expect(CLIENT_LABELS, name).not.toContain(label);
        }
    }
  });

  it("wakes a model that is asked for: the scaler's query says so, with one element", async () => {
    expect(await server.query(gatewayQuery("org/nobody-asks"))).toEqual([{ metric: {}, value: 0 }]);
    await until(120, async () => {
      await chat(MODEL);
      expect(await server.query(gatewayQuery(MODEL))).toEqual([{ metric: {}, value: 1 }]);
    });
  });

  it("ends the answers under way when it is stopped, then exits", async () => {
    const response = await chat(MODEL, { stream: true, max_tokens: 300 });
    expect(response.status).toBe(200);
    const ended = new Promise<number | null>((resolve) => proxy.process.once("exit", resolve));
    proxy.process.kill("SIGTERM");
    const text = await response.text();
    expect(text).toContain("data: [DONE]");
    await ended;
    await expect(fetch(`${proxy.url}/health/liveliness`)).rejects.toThrow();
  });
});
