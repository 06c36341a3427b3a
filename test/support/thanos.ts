/**
 * The programs of `ThanosStorage` as processes, with the arguments and files that the component generates: only what a
 * container gives, paths and addresses, is replaced.
 */
import { spawn, type ChildProcess } from "node:child_process";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
  existsSync,
} from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

import { parse, stringify } from "yaml";

import type { PolicyDocument } from "../../components/object-store/policies.ts";
import { bucketPolicy, programPolicy, type ThanosProgram } from "../../components/object-store/policies.ts";
import { ThanosStorage, type ThanosStorageArgs } from "../../components/thanos-storage.ts";
import { toolPath } from "../../local/toolchain/tools.ts";
import { manifestsOf, type Manifest } from "./manifests.ts";
import { at, runWithMocks } from "./mocks.ts";
import { freePort, get, until } from "./programs.ts";
import { startS3Proxy, type S3Proxy } from "./s3-proxy.ts";

const HOST = "127.0.0.1";
export const BUCKET = "history";
export const PREFIX = "thanos/test";
const KEY = { accessKeyId: "test", secretAccessKey: "test-secret" };

/** A child process with the end of its log. */
export class Process {
  readonly #child: ChildProcess;
  #log = "";

  constructor(binary: string, args: readonly string[], env: Record<string, string> = {}) {
    this.#child = spawn(toolPath(binary), args, {
      env: { HOME: os.tmpdir(), ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.on("data", (chunk: Buffer) => (this.#log = (this.#log + chunk.toString()).slice(-40_000)));
    }
    process.once("exit", this.#kill);
  }

  readonly #kill = (): void => {
    this.#child.kill("SIGKILL");
  };

  get log(): string {
    return this.#log;
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Exit code once it has ended. */
  async ended(): Promise<number | null> {
    if (this.#child.exitCode === null && this.#child.signalCode === null)
      await new Promise((resolve) => this.#child.once("exit", resolve));
    return this.#child.exitCode;
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Ends it; with SIGKILL as a node that is gone would. */
  async stop(signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
    process.removeListener("exit", this.#kill);
    if (!this.isRunning) return;
    this.#child.kill(signal);
    const killer = setTimeout(this.#kill, 20_000);
    await this.ended();
    clearTimeout(killer);
  }
}

/** A program with its ports. */
export interface RunningProgram {
  process: Process;
  http: string;
  grpc: string;
}

/** An S3 server, and a proxy with the generated policy for each program that comes along. */
export class ObjectStore {
  readonly folder = mkdtempSync(path.join(os.tmpdir(), "vllm-monitoring-s3-"));
  readonly #proxies = new Map<string, S3Proxy>();
  #server: Process | undefined;
  #port = 0;

  async start(): Promise<void> {
    if (this.#port === 0) this.#port = await freePort();
    for (const name of ["data", "data/history", "metadata"])
      mkdirSync(path.join(this.folder, name), { recursive: true });
    this.#server = new Process("versitygw", [
      `--port=${HOST}:${String(this.#port)}`,
      `--access=${KEY.accessKeyId}`,
      `--secret=${KEY.secretAccessKey}`,
      "--quiet",
      "--health=/health",
      "posix",
      "--sidecar",
      path.join(this.folder, "metadata"),
      path.join(this.folder, "data"),
    ]);
    const server = this.#server;
    await until(60, async () => {
      if (!server.isRunning) throw new Error(`versitygw ended: ${server.log}`);
      await get(`http://${HOST}:${String(this.#port)}/health`);
    });
  }

  /** The server is gone, as after the loss of its machine; its data stay. */
  async kill(): Promise<void> {
    await this.#server?.stop("SIGKILL");
  }

  /** The object-store file of a program: through its proxy, with its policy and the bucket's in force. */
  async proxyOf(name: string, program: ThanosProgram): Promise<S3Proxy> {
    const known = this.#proxies.get(name);
    if (known !== undefined) return known;
    const proxy = await startS3Proxy({ host: HOST, port: this.#port }, policiesOf(program));
    this.#proxies.set(name, proxy);
    return proxy;
  }

  /** Address without a proxy before it: no policy is in force there. */
  get address(): string {
    return `${HOST}:${String(this.#port)}`;
  }

  get proxies(): ReadonlyMap<string, S3Proxy> {
    return this.#proxies;
  }

  /** Blocks that are there as a whole: their meta files. */
  blocks(): BlockMeta[] {
    const folder = path.join(this.folder, "data", BUCKET, PREFIX);
    if (!existsSync(folder)) return [];
    return readdirSync(folder).flatMap((ulid): BlockMeta[] => {
      const file = path.join(folder, ulid, "meta.json");
      if (!existsSync(file)) return [];
      try {
        return [JSON.parse(readFileSync(file, "utf8")) as BlockMeta];
      } catch {
        return [];
      }
    });
  }

  /** Ids of blocks that are marked for deletion. */
  marked(): string[] {
    const folder = path.join(this.folder, "data", BUCKET, PREFIX);
    return readdirSync(folder).filter((ulid) => existsSync(path.join(folder, ulid, "deletion-mark.json")));
  }

  async stop(): Promise<void> {
    for (const proxy of this.#proxies.values()) await proxy.stop();
    await this.#server?.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** What the tests look at in a block's meta file. */
export interface BlockMeta {
  ulid: string;
  /** Milliseconds. */
  minTime: number;
  /** Milliseconds, exclusive. */
  maxTime: number;
  compaction: { level: number };
  stats: { numSamples: number };
  thanos: { labels: Record<string, string>; downsample: { resolution: number } };
}

/** Policies that are in force for a program. */
export function policiesOf(program: ThanosProgram): PolicyDocument[] {
  const facts = {
    bucket: BUCKET,
    prefix: PREFIX,
    region: "us-east-1",
    kmsKeyArn: undefined,
    partition: "aws",
  };
  return [bucketPolicy(BUCKET, "aws"), programPolicy(program, facts)];
}

/** Arguments of `ThanosStorage` for a store behind an address. */
export function storageArgs(address: string, rest: Partial<ThanosStorageArgs> = {}): ThanosStorageArgs {
  return {
    namespace: "monitoring",
    externalLabels: { cluster: "test" },
    expectedSeries: 1000,
    objectStore: {
      kind: "s3-compatible",
      s3Compatible: {
        bucket: BUCKET,
        endpoint: address,
        region: "us-east-1",
        prefix: PREFIX,
        insecure: true,
        key: KEY,
      },
    },
    ...rest,
  };
}

/** The objects that the component makes. */
export async function generate(args: ThanosStorageArgs): Promise<Manifest[]> {
  return manifestsOf(await runWithMocks(() => new ThanosStorage("thanos", args)));
}

/** Text of the generated object-store file. */
export function objectStoreFileOf(manifests: readonly Manifest[]): string {
  const secret = manifests.find(({ kind }) => kind === "Secret");
  return at(secret, 'stringData["objstore.yml"]') as string;
}

/** Runs programs with what was generated for them. */
export class Runner {
  readonly folder = mkdtempSync(path.join(os.tmpdir(), "vllm-monitoring-thanos-"));
  readonly #processes: Process[] = [];

  /** Keeps a process to end with the test. */
  track(process: Process): Process {
    this.#processes.push(process);
    return process;
  }

  /** Path of a file of this test with a text in it. */
  file(name: string, text: string): string {
    const file = path.join(this.folder, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, text);
    return file;
  }

  /** Starts a workload's container by its generated arguments. */
  async start(
    workload: Manifest,
    options: {
      objectStore?: string;
      endpoints?: readonly string[];
      replace?: Record<string, string>;
      env?: Record<string, string>;
    } = {},
  ): Promise<RunningProgram> {
    const name = workload.metadata.name;
    const [http, grpc] = [await freePort(), await freePort()];
    const data = path.join(this.folder, name, "data");
    mkdirSync(data, { recursive: true });
    const replacements: [string, string][] = [
      ["0.0.0.0:10902", `${HOST}:${String(http)}`],
      ["0.0.0.0:10901", `${HOST}:${String(grpc)}`],
      ["/var/thanos/data", data],
      ...Object.entries(options.replace ?? {}),
    ];
    if (options.objectStore !== undefined)
      replacements.push([
        "/etc/thanos/objstore/objstore.yml",
        this.file(`${name}/objstore.yml`, options.objectStore),
      ]);
    if (options.endpoints !== undefined)
      replacements.push([
        "/etc/thanos/endpoints/endpoints.yaml",
        this.file(
          `${name}/endpoints.yaml`,
          stringify({ endpoints: options.endpoints.map((address) => ({ address })) }),
        ),
      ]);
    const args = (at(workload, "spec.template.spec.containers[0].args") as string[]).map((argument) =>
      replacements.reduce((text, [from, to]) => text.replaceAll(from, to), argument),
    );
    const process = this.track(new Process("thanos", args, options.env));
    const running = { process, http: `http://${HOST}:${String(http)}`, grpc: `${HOST}:${String(grpc)}` };
    await until(120, async () => {
      if (!process.isRunning) throw new Error(`${name} ended: ${process.log.slice(-2000)}`);
      await get(`${running.http}/-/ready`);
    });
    return running;
  }

  /** Ends everything and removes the files. */
  async stop(): Promise<void> {
    await Promise.all(this.#processes.map((process) => process.stop()));
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** A generated workload. */
export function workload(manifests: readonly Manifest[], name: string): Manifest {
  const found = manifests.find(
    ({ kind, metadata }) => (kind === "StatefulSet" || kind === "Deployment") && metadata.name === name,
  );
  if (found === undefined) throw new Error(`no workload ${name}`);
  return found;
}

/** The addresses of the generated endpoints file. */
export function endpointsOf(manifests: readonly Manifest[]): string[] {
  const config = manifests.find(({ kind }) => kind === "ConfigMap");
  const file = parse(at(config, 'data["endpoints.yaml"]') as string) as { endpoints: { address: string }[] };
  return file.endpoints.map(({ address }) => address);
}

/** One series of a range query: its labels, and the values by time in seconds. */
export interface RangeSeries {
  metric: Record<string, string>;
  values: [number, string][];
}

/** A range query through Prometheus' API. */
export async function queryRange(
  url: string,
  query: string,
  range: { start: number; end: number; step: number },
  parameters: Record<string, string> = {},
): Promise<RangeSeries[]> {
  const search = new URLSearchParams({
    query,
    start: String(range.start),
    end: String(range.end),
    step: String(range.step),
    ...parameters,
  });
  const body = JSON.parse(await get(`${url}/api/v1/query_range?${search.toString()}`)) as {
    status: string;
    data: { result: RangeSeries[] };
  };
  return body.data.result;
}
