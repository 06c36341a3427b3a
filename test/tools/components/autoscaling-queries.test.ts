/** The scalers' queries on a real Prometheus: one element each, at any moment of every scenario. */
import * as http from "node:http";
import type * as net from "node:net";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { autoscalerPlan } from "../../../components/autoscaling/plan.ts";
import type { SignalQuery } from "../../../components/autoscaling/plan.ts";
import { scenarioNames } from "../../../services/vllm-simulator/scenarios.ts";
import { startPrometheus, until, type PrometheusProgram } from "../../support/programs.ts";
import { recordedFlags, rig } from "../../support/simulator.ts";
import { fixture, modes, states } from "../../support/vllm-fixtures.ts";
import { scalerArgs } from "../../unit/components/autoscaler-typical.ts";

const MODEL = "org/simulated";
/** Simulated seconds between two scrapes, which are a second apart. */
const STEP = 5;
/** Where simulated time stops: at the height of every scenario, however long the test takes. */
const HEIGHT = 120;
const KEPT = 3;

/** What a replica exposes at its n-th scrape; undefined while it does not answer. */
type Replica = (scrape: number) => string | undefined;

function simulated(flags: readonly string[], scenario: (typeof scenarioNames)[number]): Replica {
  const { simulation, exposition } = rig(
    // A small batch, so that requests queue; the cache is filled by a large one.
    [MODEL, ...(scenario === "kv-pressure" ? [] : ["--max-num-seqs", "16"]), ...flags],
    scenario === "crash-loop" || scenario === "crash" || scenario === "cold-start" ? "steady" : scenario,
  );
  return (scrape) => {
    simulation.advanceTo(Math.min(scrape * STEP, HEIGHT));
    // The process is away: it loads, or crashed, for a while or again and again.
    const isAway =
      (scenario === "cold-start" && scrape < 8) ||
      (scenario === "crash" && scrape > 4 && scrape < 8) ||
      (scenario === "crash-loop" && scrape % 4 > 1);
    return isAway ? undefined : exposition.render();
  };
}

const replicas: Record<string, { model: string; replica: Replica }> = {
  ...Object.fromEntries(
    scenarioNames.map((scenario) => [scenario, { model: MODEL, replica: simulated([], scenario) }]),
  ),
  ...Object.fromEntries(
    (["api2", "dp2"] as const).flatMap((mode) =>
      (["idle", "burst"] as const).map((scenario) => [
        `${scenario}-${mode}`,
        { model: MODEL, replica: simulated(recordedFlags[mode], scenario) },
      ]),
    ),
  ),
  ...Object.fromEntries(
    modes.flatMap((mode) =>
      states.map((state) => {
        const text = fixture(mode, state);
        const model = /model_name="([^"]+)"/.exec(text)?.[1] ?? "";
        return [`recorded-${mode}-${state}`, { model, replica: () => text }];
      }),
    ),
  ),
  lost: { model: MODEL, replica: () => undefined },
};

const namespaces = Object.keys(replicas);
const GPUS = 'DCGM_FI_DEV_GPU_UTIL{gpu="0",UUID="GPU-0"';

function exporters(path: string): string | undefined {
  if (path === "/kube-state-metrics")
    return namespaces
      .map(
        (space) =>
          `kube_deployment_spec_replicas{namespace="${space}",deployment="llama-8b"} ${String(KEPT)}\n`,
      )
      .join("");
  if (path === "/dcgm")
    return ["0", "1"]
      .map((pod) => `${GPUS},namespace="steady",pod="llama-8b-5d4f-x${pod}",container="vllm"} 85\n`)
      .join("");
  return undefined;
}

let exporter: http.Server;
let server: PrometheusProgram;
const scrapes = new Map<string, number>();

beforeAll(async () => {
  exporter = http.createServer((request, response) => {
    const name = (request.url ?? "").slice(1);
    const count = (scrapes.get(name) ?? 0) + 1;
    scrapes.set(name, count);
    const text = exporters(`/${name}`) ?? replicas[name]?.replica(count);
    response.writeHead(text === undefined ? 503 : 200, { "content-type": "text/plain; version=0.0.4" });
    response.end(text);
  });
  await new Promise<void>((resolve) => exporter.listen(0, "127.0.0.1", resolve));
  const { port } = exporter.address() as net.AddressInfo;
  const targets = [`127.0.0.1:${String(port)}`];
  server = await startPrometheus({
    global: { scrape_interval: "1s", scrape_timeout: "1s" },
    scrape_configs: [
      ...namespaces.map((name) => ({
        job_name: name,
        metrics_path: `/${name}`,
        static_configs: [{ targets, labels: { namespace: name, pod: "llama-8b-5d4f-x0" } }],
      })),
      ...["kube-state-metrics", "dcgm"].map((name) => ({
        job_name: name,
        metrics_path: `/${name}`,
        honor_labels: true,
        static_configs: [{ targets }],
      })),
    ],
  });
});

afterAll(async () => {
  await (server as PrometheusProgram | undefined)?.stop();
  (exporter as http.Server | undefined)?.closeAllConnections();
  exporter.close();
});

function queriesOf(namespace: string, modelName: string): SignalQuery[] {
  const args = scalerArgs({
    namespace,
    modelName,
    minReplicas: 0,
    maxReplicas: 9,
    keda: { prometheusUrl: server.url, activation: { gatewayModel: modelName } },
    signals: {
      waitingRequests: { perReplica: 5 },
      runningRequests: { perReplica: 16 },
      kvCacheUsage: { percent: 75 },
      timeToFirstToken: { seconds: 1 },
      gpuUtilisation: { percent: 85 },
    },
  });
  return autoscalerPlan(args as never).queries;
}

/** Asks every query of a namespace; each must answer as KEDA insists: one element, a number. */
async function demands(namespace: string, modelName: string): Promise<Record<string, number>> {
  const found: Record<string, number> = {};
  for (const { name, query } of queriesOf(namespace, modelName)) {
    const answer = await server.query(query);
    expect(answer, `${namespace} ${name}: ${query}`).toHaveLength(1);
    const value = answer[0]?.value ?? Number.NaN;
    expect(Number.isFinite(value) && value >= 0, `${namespace} ${name}: ${String(value)}`).toBe(true);
    found[name] = value;
  }
  return found;
}

describe("each query", () => {
  it("answers with one element, from before the first scrape to the height of every scenario", async () => {
    await demands("nowhere", MODEL);
    for (const at of [0, 2, 5, 9, 14]) {
      await until(120, () => {
        expect(scrapes.get("ramp") ?? 0).toBeGreaterThanOrEqual(at);
        return Promise.resolve();
      });
      for (const [namespace, { model }] of Object.entries(replicas)) await demands(namespace, model);
    }
  });

  it("asks for more than one replica where requests queue, for none where nobody asks", async () => {
    await until(120, async () => {
      expect((await demands("ramp", MODEL))["waiting-requests"]).toBeGreaterThan(1);
      expect((await demands("kv-pressure", MODEL))["kv-cache-usage"]).toBeGreaterThan(1);
    });
    for (const namespace of ["idle", "idle-api2", "idle-dp2"]) {
      expect(await demands(namespace, MODEL), namespace).toMatchObject({
        "waiting-requests": 0,
        "running-requests": 0,
        "kv-cache-usage": 0,
        "time-to-first-token": 0,
      });
    }
  });

  it("asks for what there should be while nothing can be seen, so that an outage scales nothing", async () => {
    await until(120, async () => {
      const { "gateway-requests": gateway, ...own } = await demands("lost", MODEL);
      expect(Object.values(own)).toEqual([KEPT, KEPT, KEPT, KEPT, KEPT]);
      expect(gateway).toBe(0);
    });
    // Without kube-state-metrics nothing tells how many there should be: the minimum, here 0.
    expect(Object.values(await demands("nowhere", MODEL))).toEqual([0, 0, 0, 0, 0, 0]);
  });

  it("adds the replicas' GPUs up", async () => {
    await until(60, async () => {
      expect((await demands("steady", MODEL))["gpu-utilisation"]).toBeCloseTo(2, 6);
    });
  });
});
