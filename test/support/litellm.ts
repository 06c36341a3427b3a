/** A real LiteLLM proxy, started as the container of a gateway starts it. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import * as http from "node:http";
import { tmpdir } from "node:os";
import * as path from "node:path";

import type { GatewayMetricsAccess } from "../../components/litellm/args.ts";
import {
  FIXED_ENVIRONMENT,
  METRICS_VARIABLE,
  proxyArguments,
  START_SCRIPT,
} from "../../components/litellm/deployment.ts";
import { repositoryRoot } from "../../local/toolchain/tools.ts";
import { freePort, get, until } from "./programs.ts";
import { pythonEnvironment } from "./python.ts";

const HOST = "127.0.0.1";
const requirements = path.join(repositoryRoot, "test", "fixtures", "litellm", "requirements.txt");

/** What the proxy of `test/fixtures/litellm` exposed. */
export const RECORDED_LITELLM = path.join(path.dirname(requirements), "1.109.1-two-workers.prom");
export const MASTER_KEY = "sk-planted-0123456789abcdef";
/** What a container that was killed leaves in its directory: nothing that can be read. */
export const LEFT_BEHIND = "counter_1.db";

/** Installs what a proxy needs. @throws with what pip said */
export const prepareProxy = (): Promise<string> => pythonEnvironment(requirements);

/** Settings of a proxy. */
export interface ProxyOptions {
  /** Text of its configuration file. */
  config: string;
  access: GatewayMetricsAccess;
  workers: number;
  /** Seconds that running requests get once it is told to stop. */
  drainSeconds: number;
}

/** A running proxy. */
export interface Proxy {
  /** `http://127.0.0.1:port` of the API. */
  readonly url: string;
  /** `127.0.0.1:port` that exposes metrics. */
  readonly metricsAddress: string;
  /** The workers' files. */
  readonly metricsDirectory: string;
  /** Sends SIGTERM to process 1 of the container, as the kubelet does. @returns its exit code */
  terminate(): Promise<number | null>;
  /** Ends all of it at once and removes its files. */
  stop(): Promise<void>;
}

/** Starts a proxy and waits until it answers, which takes some 20 s: each worker imports the whole library. */
export async function startProxy({ config, access, workers, drainSeconds }: ProxyOptions): Promise<Proxy> {
  const bin = await prepareProxy();
  const folder = mkdtempSync(path.join(tmpdir(), "vllm-monitoring-litellm-"));
  const metricsDirectory = path.join(folder, "metrics");
  mkdirSync(metricsDirectory);
  writeFileSync(path.join(metricsDirectory, LEFT_BEHIND), "left behind");
  writeFileSync(path.join(folder, "config.yaml"), config);
  const [port, metricsPort] = [await freePort(), await freePort()];
  // The last one of an option counts: these are what differs from a pod.
  const places = [
    `--config=${path.join(folder, "config.yaml")}`,
    `--host=${HOST}`,
    `--port=${String(port)}`,
    ...(access === "listener" ? [`--prometheus_metrics_port=${String(metricsPort)}`] : []),
  ];
  const child = spawn(
    "/bin/sh",
    ["-c", START_SCRIPT, "litellm", ...proxyArguments(workers, access), ...places],
    {
      cwd: folder,
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
      env: {
        ...FIXED_ENVIRONMENT,
        HOME: folder,
        PATH: `${bin}:/usr/bin:/bin`,
        [METRICS_VARIABLE]: metricsDirectory,
        GRACEFUL_SHUTDOWN_TIMEOUT: String(drainSeconds),
        LITELLM_MASTER_KEY: MASTER_KEY,
      },
    },
  );
  let log = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk: Buffer) => (log = (log + chunk.toString()).slice(-4_000)));
  const stop = async (): Promise<void> => {
    await killGroup(child);
    rmSync(folder, { recursive: true, force: true });
  };
  const url = `http://${HOST}:${String(port)}`;
  try {
    await until(180, async () => {
      if (child.exitCode !== null) throw new Error(`it ended with ${String(child.exitCode)}`);
      await get(`${url}/health/liveliness`);
    });
  } catch (error) {
    await stop();
    throw new Error(`litellm did not become ready: ${String(error)}\n${log}`, { cause: error });
  }
  return {
    url,
    metricsAddress: `${HOST}:${String(access === "listener" ? metricsPort : port)}`,
    metricsDirectory,
    terminate: async () => {
      if (child.exitCode === null) {
        const ended = once(child, "exit");
        child.kill("SIGTERM");
        await ended;
      }
      return child.exitCode;
    },
    stop,
  };
}

/** The workers are children of the first process, and the server of metrics is one more. */
async function killGroup(child: ChildProcess): Promise<void> {
  if (child.pid === undefined) return;
  const ended = child.exitCode === null ? once(child, "exit") : undefined;
  try {
    process.kill(-child.pid, "SIGKILL");
  } catch {
    // Nothing of the group is left.
  }
  await ended;
}

/** An engine: the simulator, with no clients but those of the test. */
export interface Engine {
  readonly url: string;
  readonly address: string;
  stop(): Promise<void>;
}

/** Starts a simulated engine that serves a model of this name. */
export async function startEngine(servedName: string): Promise<Engine> {
  const port = await freePort();
  const main = path.join(repositoryRoot, "services", "vllm-simulator", "main.ts");
  const child = spawn(
    process.execPath,
    [
      ...[main, "serve", "org/model", "--served-model-name", servedName],
      ...["--host", HOST, "--port", String(port), "--shutdown-timeout", "0"],
    ],
    {
      stdio: "ignore",
      env: { ...process.env, VLLM_SIMULATOR_SCENARIO: "idle", VLLM_SIMULATOR_LOAD_SECONDS: "0" },
    },
  );
  const stop = async (): Promise<void> => {
    if (child.exitCode !== null) return;
    const ended = once(child, "exit");
    child.kill("SIGKILL");
    await ended;
  };
  const address = `${HOST}:${String(port)}`;
  await until(60, async () => {
    if (child.exitCode !== null) throw new Error(`the simulator ended with ${String(child.exitCode)}`);
    await get(`http://${address}/metrics`);
  });
  return { url: `http://${address}`, address, stop };
}

/** What a client asks for. */
export interface Call {
  model: string;
  /** Words of the answer. */
  words?: number;
  stream?: boolean;
  key?: string;
  /** Milliseconds after which the client hangs up. */
  patience?: number;
}

/**
 * Asks for a chat completion on a connection of its own, so that the kernel gives each to any worker.
 *
 * @returns the status and the text of the answer; status 0 when the client hung up first
 */
export function ask(
  url: string,
  { model, words = 4, stream = false, key = MASTER_KEY, patience }: Call,
): Promise<{ status: number; text: string }> {
  const body = JSON.stringify({
    model,
    stream,
    messages: [{ role: "user", content: "Tell me something." }],
    max_tokens: words,
    ...(words > 100 ? { min_tokens: words, ignore_eos: true } : {}),
  });
  return new Promise((resolve, reject) => {
    let hungUp = false;
    let timer: NodeJS.Timeout | undefined;
    const call = http.request(
      `${url}/v1/chat/completions`,
      {
        method: "POST",
        agent: new http.Agent({ keepAlive: false }),
        headers: { "content-type": "application/json", authorization: `Bearer ${key}` },
      },
      (response) => {
        let text = "";
        response.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
        const end = (): void => {
          clearTimeout(timer);
          resolve({ status: hungUp ? 0 : (response.statusCode ?? 0), text });
        };
        response.on("end", end).on("error", end);
      },
    );
    call.on("error", (error) => {
      clearTimeout(timer);
      if (hungUp) resolve({ status: 0, text: "" });
      else reject(error);
    });
    if (patience !== undefined)
      timer = setTimeout(() => {
        hungUp = true;
        call.destroy();
      }, patience);
    call.end(body);
  });
}
