import { spawn, spawnSync } from "node:child_process";
import {
  createWriteStream,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
} from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

import { pulumiTool, pulumiVersions, tools, type Binary, type Tool } from "./manifest.ts";
import {
  cacheDirectory,
  isBuilt,
  moduleDirectory,
  pulumiLink,
  repositoryRoot,
  toolDirectory,
} from "./tools.ts";

/** Receives one line of progress at a time. */
export type Progress = (line: string) => void;

/** A build that failed, with the end of its log. */
export class BuildError extends Error {
  override readonly name = "BuildError";
}

/** Memory below which the linker of the large programs is killed: 3 GiB free, measured with kube-apiserver. */
const minimumFreeMemory = 3 * 1024 ** 3;

/**
 * Lets each process of the compiler collect its garbage only when it has a gibibyte of it: a sixth less time, measured with
 * kwok. The user's own settings come first.
 */
const compilerMemory = { GOGC: "off", GOMEMLIMIT: "1GiB" };

const elapsed = (since: number): string => `${Math.round((Date.now() - since) / 1000)} s`;

/** Go's own arguments for one binary; pure, so that tests can look at them. */
export function buildArguments(tool: Tool, binary: Binary, output: string): string[] {
  const ldflags = ["-s", "-w", ...(tool.variables ?? []).flatMap((variable) => ["-X", variable])];
  return [
    "build",
    "-mod=readonly",
    "-trimpath",
    "-buildvcs=false",
    ...(tool.tags === undefined ? [] : ["-tags", tool.tags.join(",")]),
    "-ldflags",
    ldflags.join(" "),
    "-o",
    output,
    binary.package,
  ];
}

async function buildBinary(tool: Tool, binary: Binary, directory: string): Promise<void> {
  const output = path.join(directory, binary.name);
  if (existsSync(output)) {
    return;
  }
  const logFile = path.join(cacheDirectory(), "logs", `build-${binary.name}.log`);
  mkdirSync(path.dirname(logFile), { recursive: true });
  const log = createWriteStream(logFile);
  // Built beside its place and renamed when whole: a killed build leaves nothing that looks finished.
  const partial = `${output}.partial`;
  const child = spawn("go", buildArguments(tool, binary, partial), {
    cwd: moduleDirectory(tool),
    env: { ...compilerMemory, ...process.env, CGO_ENABLED: "0", GOFLAGS: "", GOWORK: "off" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  child.stdout.pipe(log, { end: false });
  child.stderr.pipe(log, { end: false });
  const code = await new Promise<number | string>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (exit, signal) => {
      resolve(exit ?? signal ?? "unknown");
    });
  });
  log.end();
  if (code !== 0) {
    rmSync(partial, { force: true });
    const tail = readFileSync(logFile, "utf8").trim().split("\n").slice(-5).join("\n  ");
    throw new BuildError(
      `building ${binary.name} ${tool.version} failed (${code}); the whole log is ${logFile}\n  ${tail}`,
    );
  }
  renameSync(partial, output);
}

/** Builds what is missing of a tool; does nothing when all of it stands in the cache. */
export async function buildTool(tool: Tool, progress: Progress): Promise<void> {
  if (isBuilt(tool)) {
    return;
  }
  const directory = toolDirectory(tool);
  mkdirSync(directory, { recursive: true });
  for (const binary of tool.binaries) {
    const start = Date.now();
    progress(`building ${binary.name} ${tool.version} …`);
    await buildBinary(tool, binary, directory);
    progress(`built ${binary.name} ${tool.version} in ${elapsed(start)}`);
  }
}

/** Version that an executable prints for `pulumi version`, or undefined when there is none. */
function printedVersion(executable: string): string | undefined {
  const result = spawnSync(executable, ["version"], {
    encoding: "utf8",
    env: { ...process.env, PULUMI_SKIP_UPDATE_CHECK: "true" },
  });
  return result.status === 0 ? result.stdout.trim() : undefined;
}

/** Absolute path of an executable on PATH, or undefined. */
function onPath(name: string): string | undefined {
  return (process.env["PATH"] ?? "")
    .split(path.delimiter)
    .map((directory) => path.join(directory, name))
    .find((candidate) => existsSync(candidate));
}

/**
 * Whether a CLI's version fits the SDK this project pins: the same major version and at least the oldest version that
 * the project is tested with. Pulumi keeps newer CLIs compatible with older SDKs.
 */
export function fitsSdk(cli: string): boolean {
  const parse = (version: string): number[] =>
    version.replace(/^v/, "").split(/[.-]/).slice(0, 3).map(Number);
  const [major = 0, minor = 0] = parse(cli);
  const oldest = parse(pulumiVersions.at(-1)?.cli ?? "v0.0.0");
  return major === oldest[0] && minor >= (oldest[1] ?? 0);
}

/** Another version of Pulumi's SDK was installed; a process that has loaded the old one has to start again. */
export class SdkChanged extends Error {
  override readonly name = "SdkChanged";
}

/**
 * Installs the SDK that a CLI is paired with, when another one is installed.
 *
 * @throws SdkChanged when it did
 */
function pairSdk(version: string, progress: Progress): void {
  const manifest = path.join(repositoryRoot, "node_modules", "@pulumi", "pulumi", "package.json");
  const installed = (JSON.parse(readFileSync(manifest, "utf8")) as { version: string }).version;
  if (installed === version) {
    return;
  }
  progress(`installing @pulumi/pulumi ${version}, which the CLI of that version is paired with …`);
  const result = spawnSync(
    "npm",
    ["install", "--no-save", "--ignore-scripts", "--loglevel=error", `@pulumi/pulumi@${version}`],
    { cwd: repositoryRoot, encoding: "utf8" },
  );
  if (result.status !== 0) {
    throw new BuildError(`@pulumi/pulumi ${version} could not be installed:\n  ${result.stderr.trim()}`);
  }
  throw new SdkChanged(`@pulumi/pulumi is ${version} now`);
}

/** Finds a fitting Pulumi CLI on PATH or builds one; returns its path and makes `toolPath("pulumi")` answer it. */
export async function ensurePulumi(progress: Progress): Promise<string> {
  const link = pulumiLink();
  const use = (target: string): string => {
    mkdirSync(path.dirname(link), { recursive: true });
    rmSync(link, { force: true });
    symlinkSync(target, link);
    return target;
  };
  const installed = onPath("pulumi");
  const version = installed === undefined ? undefined : printedVersion(installed);
  if (installed !== undefined && version !== undefined && fitsSdk(version)) {
    return use(installed);
  }
  const failures: string[] = [];
  for (const { cli, sdk } of pulumiVersions) {
    const tool = pulumiTool(cli);
    try {
      await buildTool(tool, progress);
      pairSdk(sdk, progress);
      return use(path.join(toolDirectory(tool), "pulumi"));
    } catch (error) {
      if (error instanceof SdkChanged) {
        throw error;
      }
      failures.push(error instanceof Error ? error.message : String(error));
      progress(`Pulumi ${cli} could not be built; trying the next version`);
    }
  }
  throw new BuildError(`no version of the Pulumi CLI could be built:\n${failures.join("\n")}`);
}

/** One clear error before a build starts that could not end: no Go, or too little memory for the linker. */
function checkMachine(): void {
  const go = spawnSync("go", ["version"], { encoding: "utf8" });
  if (go.error !== undefined || go.status !== 0) {
    throw new BuildError(
      "Go 1.26 or newer is needed to build the tools, and no `go` is on PATH; install it from go.dev/dl",
    );
  }
  const free = os.freemem();
  if (free < minimumFreeMemory) {
    const gib = (bytes: number): string => (bytes / 1024 ** 3).toFixed(1);
    throw new BuildError(
      `only ${gib(free)} GiB of memory is free; building the Kubernetes control plane takes ${gib(minimumFreeMemory)} GiB. ` +
        "Close other programs, or set VLLM_MONITORING_CACHE to a folder that already holds the builds",
    );
  }
}

/**
 * How many builds run side by side. Go's compiler keeps all cores busy by itself, but its linker uses one, so that two
 * builds at a time hide the links of each other; more gain nothing.
 *
 * @param free Bytes of memory that are free.
 */
export function buildLanes(free: number): number {
  return free >= 2 * minimumFreeMemory ? 2 : 1;
}

/** Runs jobs in their order, so many at a time. All that were started end before the first error is thrown. */
export async function inLanes(lanes: number, jobs: readonly (() => Promise<void>)[]): Promise<void> {
  const waiting = [...jobs];
  const failures: unknown[] = [];
  const lane = async (): Promise<void> => {
    for (let job = waiting.shift(); job !== undefined; job = waiting.shift()) {
      try {
        await job();
      } catch (error) {
        failures.push(error);
        waiting.length = 0;
      }
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  if (failures.length > 0) {
    throw failures[0];
  }
}

/** Builds every tool that the cache lacks. Idempotent; a half-finished build is gone on with. */
export async function ensureTools(progress: Progress): Promise<void> {
  const missing = tools.filter((tool) => !isBuilt(tool));
  if (missing.length > 0 || !existsSync(pulumiLink())) {
    checkMachine();
  }
  if (missing.length > 0) {
    const names = missing.flatMap((tool) => tool.binaries.map(({ name }) => name));
    progress(`${names.length} programs to build once (about 20 minutes on 2 cores): ${names.join(", ")}`);
  }
  await inLanes(buildLanes(os.freemem()), [
    ...missing.map((tool) => () => buildTool(tool, progress)),
    async () => {
      await ensurePulumi(progress);
    },
  ]);
}
