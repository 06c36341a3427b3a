/** What a render and a review cost, and how that grows with the fleet. */
import { spawn } from "node:child_process";
import { readdirSync, readFileSync, rmSync } from "node:fs";

import { ProjectCopy } from "../test/support/project-copy.ts";
import { growthOf, sizes, useFleet } from "./fleet.ts";
import type { Measurement } from "./report.ts";

interface Cost {
  /** Processor seconds of all processes. */
  processor: number;
  /** Seconds until the end. */
  elapsed: number;
  /** Largest resident set of any one process, in MB. */
  memory: number;
}

/** Changes the replicas of every tenth model. */
function changeFleet(copy: ProjectCopy): void {
  copy.configure("prod", (config) => {
    const fleet = config["vllm-monitoring:fleet"] as { models: { replicas: number }[] };
    for (const [index, model] of fleet.models.entries()) if (index % 10 === 0) model.replicas += 1;
  });
}

/** Runs a command of the copy; the shell knows what its children cost. */
async function costOf(copy: ProjectCopy, args: string): Promise<Cost> {
  const begun = performance.now();
  const child = spawn(
    "sh",
    ["-c", `"${process.execPath}" review/cli.ts ${args} >/dev/null; code=$?; times; exit $code`],
    {
      cwd: copy.root,
      stdio: ["ignore", "pipe", "inherit"],
    },
  );
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString("utf8")));
  let memory = 0;
  const timer = setInterval(() => {
    memory = Math.max(memory, ...descendantsOf(child.pid ?? 0).map(peakMemory));
  }, 20);
  const code = await new Promise<number | null>((resolve) => child.on("close", resolve));
  clearInterval(timer);
  if (code !== 0) throw new Error(`${args}: exit code ${String(code)}`);
  const [, children = ""] = output.trim().split("\n");
  const processor = [...children.matchAll(/(\d+)m([\d.]+)s/g)]
    .map(([, minutes, seconds]) => Number(minutes) * 60 + Number(seconds))
    .reduce((sum, seconds) => sum + seconds, 0);
  return { processor, elapsed: (performance.now() - begun) / 1000, memory };
}

/** Processes below a process, from /proc. */
function descendantsOf(pid: number): number[] {
  const parents = new Map<number, number[]>();
  for (const entry of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    const fields = readOrEmpty(`/proc/${entry}/stat`)
      .replace(/^.*\) /, "")
      .split(" ");
    const parent = Number(fields[1]);
    parents.set(parent, [...(parents.get(parent) ?? []), Number(entry)]);
  }
  const below = (of: number): number[] =>
    (parents.get(of) ?? []).flatMap((child) => [child, ...below(child)]);
  return below(pid);
}

/** High-water mark of the resident set in MB. */
function peakMemory(pid: number): number {
  return Number(/VmHWM:\s+(\d+) kB/.exec(readOrEmpty(`/proc/${String(pid)}/status`))?.[1] ?? 0) / 1000;
}

function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

/** Measures in a copy of the project. */
export async function costOfReview(): Promise<Measurement[]> {
  const copy = new ProjectCopy();
  try {
    await costOf(copy, "render");
    const render = await costOf(copy, "render");
    copy.replace("stacks/Pulumi.prod.yaml", "repeatInterval: 4h", "repeatInterval: 6h");
    const review = await costOf(copy, "review --base=HEAD");
    const measurements: Measurement[] = [
      seconds("render of all environments", render, 5),
      megabytes("render of all environments", render, 400),
      seconds("review of two commits, all environments", review, 10),
      megabytes("review of two commits, all environments", review, 400),
    ];
    const costs = new Map<number, { render: Cost; review: Cost }>();
    for (const size of sizes) {
      copy.git("checkout", "--quiet", "--", "stacks");
      useFleet(copy, size);
      copy.commit(`${String(size)} models`);
      changeFleet(copy);
      costs.set(size, {
        render: await costOf(copy, "render --environment=prod"),
        review: await costOf(copy, "review --base=HEAD --environment=prod"),
      });
      rmSync(copy.path(".cache"), { recursive: true, force: true });
    }
    for (const what of ["render", "review"] as const) {
      const [small, medium, large] = sizes.map((size) => costs.get(size)?.[what]);
      if (small === undefined || medium === undefined || large === undefined) continue;
      // The SDK holds the promises of every resource at once, so that this is what a thousand models take: told, not bounded.
      measurements.push(
        growthOf(
          what,
          [small, medium, large].map(({ processor }) => processor),
        ),
        megabytes(`${what} of 1,000 models`, large),
      );
    }
    return measurements;
  } finally {
    copy.remove();
  }
}

/** Seconds until the end, which is what a user waits for; on a machine with other work the processor time says more. */
function seconds(what: string, { processor, elapsed }: Cost, limit: number): Measurement {
  return { what, value: elapsed, unit: "s", limit, details: `${processor.toFixed(1)} s of processor time` };
}

function megabytes(what: string, { memory }: Cost, limit?: number): Measurement {
  const measurement = { what: `${what}, memory`, value: memory, unit: "MB", details: "largest process" };
  return limit === undefined ? measurement : { ...measurement, limit };
}
