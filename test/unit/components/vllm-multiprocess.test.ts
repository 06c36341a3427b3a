import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { VllmDeploymentArgs } from "../../../components/vllm-deployment.ts";
import { container, deploy, environment, MINIMAL, volumes, words } from "./vllm-args.ts";

type Args = Partial<VllmDeploymentArgs>;
const VARIABLE = "PROMETHEUS_MULTIPROC_DIR";

describe("the multiprocess metrics volume", () => {
  it.each<[string, Args]>([
    ["a single process", {}],
    ["one API server named", { apiServerCount: 1 }],
    ["tensor and pipeline parallelism", { parallelism: { tensor: 2, pipeline: 2 } }],
    ["a medium chosen but not needed", { multiprocessMetrics: { medium: "memory" } }],
  ])("is absent, and the variable unset, with %s", async (_, args) => {
    const run = await deploy(args);
    expect(environment(run)).not.toHaveProperty(VARIABLE);
    expect(volumes(run)).not.toHaveProperty("vllm-metrics");
    expect(container(run)).not.toHaveProperty("command");
  });

  it.each<[string, Args]>([
    ["two API servers", { apiServerCount: 2 }],
    ["data parallelism", { parallelism: { data: 2 } }],
    ["data parallelism behind one API server", { parallelism: { data: 2 }, apiServerCount: 1 }],
    ["a wish", { multiprocessMetrics: { always: true } }],
  ])("is there with %s", async (_, args) => {
    const run = await deploy(args);
    const { [VARIABLE]: directory } = environment(run);
    expect(volumes(run)["vllm-metrics"]).toEqual({ emptyDir: { sizeLimit: "64Mi" }, mountPath: directory });
    expect(container(run, "command")).toEqual(["/bin/sh", "-c", expect.any(String), "vllm"]);
    expect(words(run)[0]).toBe("Qwen/Qwen3-0.6B");
  });

  it("may lie in memory", async () => {
    const run = await deploy({
      apiServerCount: 2,
      multiprocessMetrics: { medium: "memory", sizeLimit: "1Gi" },
    });
    expect(volumes(run)["vllm-metrics"]).toMatchObject({ emptyDir: { medium: "Memory", sizeLimit: "1Gi" } });
  });
});

describe("the container's start with that volume", () => {
  let directory: string;
  let metrics: string;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "vllm-start-"));
    metrics = join(directory, "metrics with space");
    await mkdir(metrics);
    await mkdir(join(directory, "bin"));
  });
  afterEach(async () => {
    await rm(directory, { recursive: true });
  });

  /** Runs the container's real command with a `vllm` that is a script; answers with what it left in a file. */
  async function start(args: Args, script: string, environmentOverride = {}) {
    const program = join(directory, "bin", "vllm");
    await writeFile(program, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    const run = await deploy({ ...MINIMAL, apiServerCount: 2, ...args });
    const [shell = "", ...rest] = [...(container(run, "command") as string[]), ...words(run)];
    const env = {
      PATH: `${join(directory, "bin")}:${process.env["PATH"] ?? ""}`,
      OUT: join(directory, "out"),
      [VARIABLE]: metrics,
      ...environmentOverride,
    };
    return execFile(shell, rest, { env, cwd: directory });
  }

  const ended = (child: ReturnType<typeof execFile>) =>
    new Promise<number | string | null>((resolve) =>
      child.on("exit", (code, signal) => {
        resolve(signal ?? code);
      }),
    );

  it("empties it each time, hidden and nested files too, and nothing beside it", async () => {
    const leftovers = ["counter_6131.db", ".hidden", "..two", "-rf", "a b.db", "*"];
    for (const round of [1, 2]) {
      for (const name of leftovers) await writeFile(join(metrics, name), `round ${String(round)}`);
      await mkdir(join(metrics, "nested/deep"), { recursive: true });
      await writeFile(join(directory, "neighbour"), "kept");
      const child = await start({}, `ls -A "$${VARIABLE}" > "$OUT"; touch "$${VARIABLE}/new.db"`);
      expect(await ended(child)).toBe(0);
      expect(await readFile(join(directory, "out"), "utf8")).toBe("");
      expect(await readdir(metrics)).toEqual(["new.db"]);
      expect(await readFile(join(directory, "neighbour"), "utf8")).toBe("kept");
    }
  });

  it("passes every word as it is", async () => {
    const tricky = [
      "--a",
      "two words",
      "",
      `'"$HOME"'`,
      "$(touch /tmp/never)",
      "back\\slash",
      "line\nbreak",
      "*",
      "--",
    ];
    const child = await start({ extraArgs: tricky }, `printf '%s\\0' "$@" > "$OUT"`);
    expect(await ended(child)).toBe(0);
    const passed = (await readFile(join(directory, "out"), "utf8")).split("\0").slice(0, -1);
    const run = await deploy({ apiServerCount: 2, extraArgs: tricky });
    expect(passed).toEqual(["serve", ...words(run)]);
    expect(passed.slice(-tricky.length)).toEqual(tricky);
  });

  it("makes the server process 1, so that it gets the signals", async () => {
    const script = `trap 'echo drained >> "$OUT"; exit 7' TERM; echo $$ > "$OUT"; while :; do sleep 0.05; done`;
    const child = await start({}, script);
    const end = ended(child);
    const out = join(directory, "out");
    while ((await readFile(out, "utf8").catch(() => "")) === "") await sleep(20);
    expect(await readFile(out, "utf8")).toBe(`${String(child.pid)}\n`);
    child.kill("SIGTERM");
    expect(await end).toBe(7);
    expect(await readFile(out, "utf8")).toContain("drained");
  });

  it("does not start the server without the variable", async () => {
    const child = await start({}, `touch "$OUT"`, { [VARIABLE]: "" });
    expect(await ended(child)).not.toBe(0);
    expect(await readdir(directory)).not.toContain("out");
  });
});
