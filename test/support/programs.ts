/** Programs of the monitoring as processes of one test, on loopback. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import * as http from "node:http";
import * as net from "node:net";
import * as os from "node:os";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { stringify } from "yaml";

import { toolPath } from "../../local/toolchain/tools.ts";

const HOST = "127.0.0.1";

/** A running program with an HTTP server. */
export interface Program {
  /** `http://127.0.0.1:port`. */
  readonly url: string;
  /** `127.0.0.1:port`. */
  readonly address: string;
  stop(): Promise<void>;
}

/** A running Prometheus. */
export interface PrometheusProgram extends Program {
  /** Its working folder, with its data in `data`. */
  readonly folder: string;
  /** Answer of the HTTP API's path with these parameters. @throws Error with the server's message. */
  api(apiPath: string, parameters: Readonly<Record<string, string>>): Promise<unknown>;
  /** Series of an instant query; now, unless the time is given in Unix seconds. */
  query(expression: string, time?: number): Promise<{ metric: Record<string, string>; value: number }[]>;
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = net.createServer();
  await new Promise<void>((resolve) => server.listen(0, HOST, resolve));
  const { port } = server.address() as net.AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Body of a GET. @throws Error unless it is answered 200. */
export async function get(url: string): Promise<string> {
  const response = await fetch(url);
  const text = await response.text();
  if (!response.ok) throw new Error(`${url}: ${String(response.status)} ${text.slice(0, 300)}`);
  return text;
}

/**
 * Sum of a family's series as a program tells it of itself.
 *
 * @param labels text that the line of each series must hold
 * @returns undefined where it tells none
 */
export async function ownMetric(url: string, name: string, labels = ""): Promise<number | undefined> {
  const series = new RegExp(`^${name}[{ ]`);
  const lines = (await get(`${url}/metrics`))
    .split("\n")
    .filter((line) => series.test(line) && line.includes(labels));
  if (lines.length === 0) return undefined;
  return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(" ") + 1)), 0);
}

/** Runs a check until it stops throwing. @throws the last error after the time is over. */
export async function until<T>(seconds: number, check: () => Promise<T>): Promise<T> {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (Date.now() > end) throw error;
      await sleep(100);
    }
  }
}

async function stopChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGTERM");
  const killer = setTimeout(() => child.kill("SIGKILL"), 5_000);
  await ended;
  clearTimeout(killer);
}

/**
 * Starts a program and waits until a path answers.
 *
 * @param options files that are written to its working folder, the path that answers once it is ready, its environment
 */
export async function startProgram(
  binary: string,
  args: (port: number, folder: string) => readonly string[],
  {
    files = {},
    readyPath = "/-/ready",
    env = {},
  }: { files?: Record<string, string>; readyPath?: string; env?: Record<string, string> } = {},
): Promise<Program & { readonly folder: string }> {
  const folder = await mkdtemp(path.join(os.tmpdir(), `vllm-monitoring-${binary}-`));
  for (const [name, text] of Object.entries(files)) await writeFile(path.join(folder, name), text);
  const port = await freePort();
  const address = `${HOST}:${String(port)}`;
  const child = spawn(toolPath(binary), args(port, folder), {
    cwd: folder,
    env: { HOME: folder, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let log = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk: Buffer) => (log = (log + chunk.toString()).slice(-4_000)));
  }
  const stop = async (): Promise<void> => {
    await stopChild(child);
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await until(60, async () => {
      if (child.exitCode !== null) throw new Error(`it ended with ${String(child.exitCode)}`);
      await get(`http://${address}${readyPath}`);
    });
  } catch (error) {
    await stop();
    throw new Error(`${binary} did not become ready: ${String(error)}\n${log}`, { cause: error });
  }
  return { url: `http://${address}`, address, folder, stop };
}

/** Starts a Prometheus with this configuration. */
export async function startPrometheus(
  config: unknown,
  files: Record<string, string> = {},
  flags: readonly string[] = [],
): Promise<PrometheusProgram> {
  const program = await startProgram(
    "prometheus",
    (port, folder) => [
      `--config.file=${folder}/prometheus.yml`,
      `--storage.tsdb.path=${folder}/data`,
      `--web.listen-address=${HOST}:${String(port)}`,
      ...flags,
    ],
    { files: { ...files, "prometheus.yml": stringify(config) } },
  );
  const api = async (apiPath: string, parameters: Readonly<Record<string, string>>): Promise<unknown> => {
    const response = await fetch(`${program.url}/api/v1/${apiPath}`, {
      method: "POST",
      body: new URLSearchParams(parameters),
    });
    const body = (await response.json()) as { status: string; error?: string; data: unknown };
    if (body.status !== "success") throw new Error(body.error);
    return body.data;
  };
  return {
    ...program,
    api,
    async query(expression, time) {
      const at: Record<string, string> = time === undefined ? {} : { time: String(time) };
      const data = (await api("query", { query: expression, ...at })) as {
        resultType: string;
        result: { metric: Record<string, string>; value: [number, string] }[];
      };
      if (data.resultType !== "vector") throw new Error(`${expression} gives a ${data.resultType}`);
      return data.result.map(({ metric, value }) => ({ metric, value: Number(value[1]) }));
    },
  };
}

/** Serves texts of the exposition format, each under its path. */
export async function serveExpositions(texts: Readonly<Record<string, string>>): Promise<Program> {
  const server = http.createServer((request, response) => {
    const text = texts[request.url ?? ""];
    response.writeHead(text === undefined ? 404 : 200, {
      "content-type": "text/plain; version=0.0.4; charset=utf-8",
    });
    response.end(text);
  });
  await new Promise<void>((resolve) => server.listen(0, HOST, resolve));
  const { port } = server.address() as net.AddressInfo;
  const address = `${HOST}:${String(port)}`;
  const stop = async (): Promise<void> => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return { url: `http://${address}`, address, stop };
}
