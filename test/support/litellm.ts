/** A real LiteLLM proxy from its Python packages, started as the gateway component's container would start it. */
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import * as os from "node:os";
import * as path from "node:path";

import { cacheDirectory } from "../../local/toolchain/tools.ts";
import type { Manifest } from "./manifests.ts";
import { at } from "./mocks.ts";
import { freePort, until } from "./programs.ts";

const requirements = path.join(import.meta.dirname, "litellm", "requirements.txt");

/**
 * Folder of a virtual environment with the pinned packages; made once (550 MB, some 40 s), kept in the cache.
 *
 * @throws Error with what Python said
 */
export function litellmEnvironment(): string {
  const digest = createHash("sha256").update(readFileSync(requirements)).digest("hex").slice(0, 12);
  const folder = path.join(cacheDirectory(), "python", `litellm-${digest}`);
  if (existsSync(folder)) return folder;
  mkdirSync(path.dirname(folder), { recursive: true });
  // Made under another name and renamed when whole: a killed install leaves nothing that looks finished. Its scripts name
  // that first place, so the proxy is started by its module.
  const partial = `${folder}.partial`;
  rmSync(partial, { recursive: true, force: true });
  run("python3", ["-m", "venv", partial]);
  run(path.join(partial, "bin", "python"), [
    ...["-m", "pip", "install", "--quiet", "--no-deps", "--require-hashes", "--only-binary=:all:"],
    ...["--disable-pip-version-check", "-r", requirements],
  ]);
  renameSync(partial, folder);
  return folder;
}

function run(command: string, args: readonly string[]): void {
  const result = spawnSync(command, args, { encoding: "utf8", maxBuffer: 16 * 1024 * 1024 });
  if (result.status === 0) return;
  throw new Error(
    `${command} ${args.slice(0, 3).join(" ")} failed; the packages are pinned for CPython 3.11 on Linux x86_64:\n` +
      (result.error?.message ?? result.stderr).slice(-2000),
  );
}

/** A running proxy. */
export interface LiteLlmProxy {
  /** `http://127.0.0.1:port`. */
  readonly url: string;
  readonly address: string;
  /** Address of the listener for metrics; nothing answers there when the arguments have none. */
  readonly metricsAddress: string;
  readonly metricsDirectory: string;
  readonly process: ChildProcess;
  log(): string;
  stop(): Promise<void>;
}

interface Variable {
  name: string;
  value?: string;
  valueFrom?: { secretKeyRef: { name: string; key: string } };
}

/**
 * Starts what a Deployment's container says: its command, arguments and environment, with folders and ports of this machine.
 *
 * @param secretOf value of a key of a Secret
 * @param before is given the metrics folder before the container starts
 */
export async function startLiteLlm(
  manifests: readonly Manifest[],
  secretOf: (name: string, key: string) => string,
  before: (metricsDirectory: string) => Promise<void> = () => Promise.resolve(),
): Promise<LiteLlmProxy> {
  const environment = litellmEnvironment();
  const folder = await mkdtemp(path.join(os.tmpdir(), "litellm-"));
  const [port, metricsPort] = [await freePort(), await freePort()];
  const places: readonly [string, string][] = [
    ["/etc/litellm", path.join(folder, "etc")],
    ["/run/litellm-metrics", path.join(folder, "metrics")],
    ["--host=0.0.0.0", "--host=127.0.0.1"],
    ["--port=4000", `--port=${String(port)}`],
    ["--prometheus_metrics_port=4001", `--prometheus_metrics_port=${String(metricsPort)}`],
    ["HOME=/tmp", `HOME=${folder}`],
  ];
  const here = (text: string): string =>
    places.reduce((result, [from, to]) => result.replaceAll(from, to), text);

  const deployment = manifests.find(({ kind }) => kind === "Deployment");
  const config = manifests.find(({ kind }) => kind === "ConfigMap");
  const container = at(deployment, "spec.template.spec.containers[0]") as {
    command: string[];
    args: string[];
    env: Variable[];
  };
  const bin = path.join(folder, "bin");
  const metricsDirectory = here("/run/litellm-metrics");
  for (const name of [bin, here("/etc/litellm"), metricsDirectory]) await mkdir(name);
  await writeFile(
    path.join(here("/etc/litellm"), "config.yaml"),
    at(config, 'data["config.yaml"]') as string,
  );
  // The image's `litellm` command.
  const python = path.join(environment, "bin", "python");
  const command = `#!/bin/sh\nexec ${python} -c 'import sys; from litellm.proxy.proxy_cli import run_server; sys.exit(run_server())' "$@"\n`;
  await writeFile(path.join(bin, "litellm"), command, { mode: 0o755 });
  await before(metricsDirectory);

  const variables = container.env.map(({ name, value, valueFrom }): [string, string] => {
    const secret = valueFrom?.secretKeyRef;
    const [, text = ""] =
      here(`${name}=${secret === undefined ? (value ?? "") : secretOf(secret.name, secret.key)}`).match(
        /^[^=]+=(.*)$/s,
      ) ?? [];
    return [name, text];
  });
  const [shell = "/bin/sh", ...rest] = container.command;
  const child = spawn(shell, [...rest, ...container.args.map(here)], {
    cwd: folder,
    env: { PATH: `${bin}:/usr/bin:/bin`, ...Object.fromEntries(variables) },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let log = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk: Buffer) => (log = (log + chunk.toString()).slice(-8_000)));
  const stop = async (): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) {
      const ended = new Promise((resolve) => child.once("exit", resolve));
      child.kill("SIGTERM");
      const killer = setTimeout(() => child.kill("SIGKILL"), 60_000);
      await ended;
      clearTimeout(killer);
    }
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  const url = `http://127.0.0.1:${String(port)}`;
  try {
    // Every worker imports the whole library: half a minute on a quiet machine.
    await until(500, async () => {
      if (child.exitCode !== null) throw new Error(`it ended with ${String(child.exitCode)}`);
      const response = await fetch(`${url}/health/readiness`);
      if (!response.ok) throw new Error(`not ready: ${String(response.status)}`);
    });
  } catch (error) {
    await stop();
    throw new Error(`the proxy did not become ready: ${String(error)}\n${log}`, { cause: error });
  }
  return {
    url,
    address: `127.0.0.1:${String(port)}`,
    metricsAddress: `127.0.0.1:${String(metricsPort)}`,
    metricsDirectory,
    process: child,
    log: () => log,
    stop,
  };
}
