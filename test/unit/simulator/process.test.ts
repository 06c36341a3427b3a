import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import * as os from "node:os";
import * as path from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const main = fileURLToPath(new URL("../../../services/vllm-simulator/main.ts", import.meta.url));
const started: ChildProcess[] = [];
let directory = "";

beforeAll(() => {
  directory = mkdtempSync(path.join(os.tmpdir(), "simulator-test-"));
});

afterAll(() => {
  for (const child of started) {
    child.kill("SIGKILL");
  }
  rmSync(directory, { recursive: true });
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

interface Run {
  readonly child: ChildProcess;
  /** Resolves with code and signal. */
  readonly exit: Promise<readonly [number | null, string | null]>;
  readonly errors: () => string;
}

function run(args: readonly string[], variables: Readonly<Record<string, string>> = {}): Run {
  const child = spawn(process.execPath, [main, ...args], {
    env: {
      PATH: process.env["PATH"],
      VLLM_SIMULATOR_HOST: "127.0.0.1",
      VLLM_SIMULATOR_LOAD_SECONDS: "0",
      VLLM_SIMULATOR_STATE_DIRECTORY: directory,
      ...variables,
    },
    stdio: ["ignore", "ignore", "pipe"],
  });
  started.push(child);
  let errors = "";
  child.stderr.on("data", (chunk: Buffer) => {
    errors += chunk.toString();
  });
  const exit = once(child, "exit").then(
    ([code, signal]) => [code as number | null, signal as string | null] as const,
  );
  return { child, exit, errors: () => errors };
}

async function answers(port: number): Promise<boolean> {
  try {
    return (await fetch(`http://127.0.0.1:${String(port)}/health`)).ok;
  } catch {
    return false;
  }
}

describe("the process", () => {
  it("refuses bad flags and variables with one line and code 2", async () => {
    const flags = run(["--port", "x"]);
    const variables = run([], { VLLM_SIMULATOR_SCENARIO: "x" });
    expect(await flags.exit).toEqual([2, null]);
    expect(flags.errors()).toMatch(/^\S+ error: --port: "x" is not an integer from 0 to 65535\n$/);
    expect(await variables.exit).toEqual([2, null]);
    expect(variables.errors()).toMatch(/^\S+ error: VLLM_SIMULATOR_SCENARIO: "x" is no scenario; .*\n$/);
  });

  it("opens the port after the model load and ends with 0 on SIGTERM", async () => {
    const port = await freePort();
    const begin = performance.now();
    const { child, exit } = run(["tiny", "--port", String(port)], { VLLM_SIMULATOR_LOAD_SECONDS: "1" });
    await expect.poll(() => answers(port), { timeout: 10_000 }).toBe(true);
    expect(performance.now() - begin).toBeGreaterThan(1000);
    const metrics = await (await fetch(`http://127.0.0.1:${String(port)}/metrics`)).text();
    const processStart = Number(/^process_start_time_seconds (\S+)$/m.exec(metrics)?.[1]);
    // As of a real one: the process began before it loaded, so that its age at the first scrape is what a start takes.
    expect(Date.now() / 1000 - processStart).toBeGreaterThan(1);
    expect(processStart).toBeGreaterThan((performance.timeOrigin + begin) / 1000 - 1);
    child.kill("SIGTERM");
    expect(await exit).toEqual([0, null]);
  });

  it("says that the port is taken and ends with 1", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { exit, errors } = run(["tiny", "--port", String((server.address() as AddressInfo).port)]);
    expect(await exit).toEqual([1, null]);
    expect(errors()).toContain("cannot listen: listen EADDRINUSE");
    server.close();
  });

  it("crashes with 1 in the scenario crash, and the restarted one is steady", async () => {
    const port = await freePort();
    const variables = { VLLM_SIMULATOR_SCENARIO: "crash", VLLM_SIMULATOR_CRASH_SECONDS: "1.5" };
    const first = run(["tiny", "--port", String(port)], variables);
    expect(await first.exit).toEqual([1, null]);
    const second = run(["tiny", "--port", String(port)], variables);
    await expect.poll(() => answers(port), { timeout: 10_000 }).toBe(true);
    const status = (await (
      await fetch(`http://127.0.0.1:${String(port)}/simulator/scenario`)
    ).json()) as object;
    expect(status).toMatchObject({ scenario: "steady" });
    // Past the time of the first one's crash.
    await new Promise((resolve) => setTimeout(resolve, 2000));
    expect(await answers(port)).toBe(true);
    second.child.kill("SIGTERM");
    expect(await second.exit).toEqual([0, null]);
  });

  it("begins anew in the scenario cold-start: closed while it loads, then without a past", async () => {
    const port = await freePort();
    const { child, exit } = run(["tiny", "--port", String(port)]);
    await expect.poll(() => answers(port), { timeout: 10_000 }).toBe(true);
    const response = await fetch(`http://127.0.0.1:${String(port)}/simulator/scenario`, {
      method: "POST",
      body: JSON.stringify({ scenario: "cold-start", loadSeconds: 1 }),
    });
    expect(response.status).toBe(200);
    await expect.poll(() => answers(port), { interval: 20 }).toBe(false);
    await expect.poll(() => answers(port), { timeout: 10_000 }).toBe(true);
    const status = (await (await fetch(`http://127.0.0.1:${String(port)}/simulator/scenario`)).json()) as {
      scenario: string;
      elapsedSeconds: number;
    };
    expect(status.scenario).toBe("steady");
    expect(status.elapsedSeconds).toBeLessThan(2);
    child.kill("SIGTERM");
    await exit;
  });
});
