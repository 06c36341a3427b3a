/** The FastAPI example as its manifest starts it: four workers, whose counts must add up whatever happens to them. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { Agent, request } from "node:http";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { parseAllDocuments } from "yaml";
import { repositoryRoot } from "../../../local/toolchain/tools.ts";
import { emptyingScript } from "../../../components/vllm/multiprocess.ts";
import { eventually } from "../../support/apply.ts";
import { at } from "../../support/mocks.ts";
import { pythonEnvironment } from "../../support/python.ts";

const example = path.join(repositoryRoot, "examples", "ray-fastapi");
const WORKERS = 4;

interface Container {
  command: string[];
  args: string[];
}

const container = at(
  parseAllDocuments(readFileSync(path.join(example, "kubernetes.yaml"), "utf8"))
    .map((document) => document.toJS() as { kind: string })
    .find(({ kind }) => kind === "Deployment"),
  "spec.template.spec.containers[0]",
) as Container;

let bin: string;
let directory: string;
let port: number;
let server: ChildProcess | undefined;

beforeAll(async () => {
  bin = await pythonEnvironment(path.join(example, "requirements.txt"));
});

beforeEach(async () => {
  directory = mkdtempSync(path.join(tmpdir(), "vllm-example-"));
  mkdirSync(path.join(directory, "metrics"));
  port = await freePort();
});

afterEach(async () => {
  await crash();
  rmSync(directory, { recursive: true, force: true });
});

afterAll(() => {
  expect(server).toBeUndefined();
});

/** Starts the container's own command, in a process group, with the volume's folder of this machine. */
async function start(command: string[] = [...container.command, ...container.args]): Promise<void> {
  const [program = "", ...words] = command;
  server = spawn(program, [...words, "--host=127.0.0.1", `--port=${String(port)}`], {
    cwd: example,
    detached: true,
    stdio: "ignore",
    env: {
      PATH: `${bin}:/usr/bin:/bin`,
      PYTHONDONTWRITEBYTECODE: "1",
      PROMETHEUS_MULTIPROC_DIR: path.join(directory, "metrics"),
      LLM_APP_STEP_SECONDS: "0.05",
    },
  });
  await eventually(() => send("GET", "/health"), 120_000);
  await eventually(() => {
    expect(workers()).toHaveLength(WORKERS);
    return Promise.resolve();
  }, 120_000);
}

/** Ends the whole container at once, as the kernel does when its memory is used up. */
async function crash(): Promise<void> {
  if (server?.pid === undefined) return;
  const ended = once(server, "exit");
  process.kill(-server.pid, "SIGKILL");
  await ended;
  server = undefined;
}

/** Process ids of the workers that have counted or set something. */
function workers(): number[] {
  const main = server?.pid ?? -1;
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        const fields =
          readFileSync(`/proc/${String(pid)}/stat`, "utf8")
            .split(") ")[1]
            ?.split(" ") ?? [];
        const words = readFileSync(`/proc/${String(pid)}/cmdline`, "utf8");
        return fields[1] === String(main) && fields[0] !== "Z" && words.includes("spawn_main");
      } catch {
        return false;
      }
    });
}

/** One request on a connection of its own, so that the kernel gives each to any worker. */
function send(method: string, target: string, body?: object): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { host: "127.0.0.1", port, method, path: target, agent: new Agent({ keepAlive: false }) };
    const headers = body === undefined ? {} : { "content-type": "application/json" };
    const call = request({ ...options, headers }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
      response.on("error", reject).on("end", () => {
        if (response.statusCode === 200) resolve(text);
        else reject(new Error(`${String(response.statusCode)} ${text}`));
      });
    });
    call.on("error", reject);
    call.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

async function complete(count: number, tokens = 3): Promise<void> {
  for (let left = count; left > 0; left -= 20) {
    const batch = Array.from({ length: Math.min(20, left) }, () =>
      send("POST", "/v1/completions", { prompt: "one two", max_tokens: tokens }),
    );
    await Promise.all(batch);
  }
}

/** The sum of a metric's samples that have the labels. */
async function total(name: string, labels = ""): Promise<number> {
  const text = await send("GET", "/metrics");
  return text
    .split("\n")
    .filter((line) => (line.startsWith(`${name}{`) || line.startsWith(`${name} `)) && line.includes(labels))
    .reduce((sum, line) => sum + Number(line.split(" ").at(-1)), 0);
}

const COMPLETED = 'method="POST",route="/v1/completions",status="200"';
const completed = () => total("llm_app_requests_total", COMPLETED);

/** Kills a worker and waits until another is there for it. */
async function killWorker(pid: number): Promise<void> {
  process.kill(pid, "SIGKILL");
  await eventually(() => {
    const now = workers();
    expect(now).toHaveLength(WORKERS);
    expect(now).not.toContain(pid);
    return Promise.resolve();
  }, 120_000);
}

describe("the example with four workers", () => {
  it("counts every request, whichever worker answered and whichever is asked", async () => {
    await start();
    await complete(200);
    const files = readdirSync(path.join(directory, "metrics"));
    // Else one process alone could count right.
    expect(files.filter((name) => name.startsWith("histogram_")).length).toBeGreaterThan(1);
    for (let scrape = 0; scrape < 12; scrape += 1) expect(await completed()).toBe(200);
    expect(await total("llm_app_generated_tokens_total")).toBe(600);
    expect(await total("llm_app_prompt_tokens_total")).toBe(400);
    expect(await total("llm_app_request_duration_seconds_count", "/v1/completions")).toBe(200);
    expect(await total("llm_app_time_to_first_token_seconds_count")).toBe(200);
    expect(await total("llm_app_request_tokens_per_second_count")).toBe(200);
    // Every token was made in a step, and a step makes one for each request of its batch.
    expect(await total("llm_app_batch_size_sum")).toBe(600);
    expect(await total("llm_app_requests_in_flight", "/v1/completions")).toBe(0);
  });

  it("takes unknown paths for one route", async () => {
    await start();
    for (const target of ["/a", "/b?c=d", "/v1/models"])
      await expect(send("GET", target)).rejects.toThrow("404");
    expect(await total("llm_app_requests_total", 'route="other",status="404"')).toBe(3);
    expect(await send("GET", "/metrics")).not.toContain("/v1/models");
  });

  it("loses no count when workers are killed, and forgets what they had in flight", async () => {
    await start();
    await complete(100);
    const before = workers();
    // 4096 steps of 50 ms: it can only end with its worker.
    const long = send("POST", "/v1/completions", { prompt: "x", max_tokens: 4096, stream: true });
    const broken = expect(long).rejects.toThrow();
    await eventually(async () => {
      expect(await total("llm_app_requests_in_flight", "/v1/completions")).toBe(1);
    });
    for (const pid of before) await killWorker(pid);
    await broken;
    expect(await total("llm_app_requests_in_flight", "/v1/completions")).toBe(0);
    for (let scrape = 0; scrape < 8; scrape += 1) expect(await completed()).toBe(100);
    await complete(60);
    for (let scrape = 0; scrape < 8; scrape += 1) expect(await completed()).toBe(160);
  });

  it("starts from zero when its container starts again in the same pod", async () => {
    await start();
    await complete(40);
    expect(await completed()).toBe(40);
    await crash();
    // The volume still holds the files of the dead.
    expect(readdirSync(path.join(directory, "metrics")).length).toBeGreaterThan(0);
    await start();
    expect(await completed()).toBe(0);
    await complete(7);
    for (let scrape = 0; scrape < 8; scrape += 1) expect(await completed()).toBe(7);
  });

  it("would add the counts of the dead without the script, so that the test above can fail", async () => {
    await start();
    await complete(10);
    expect(await completed()).toBe(10);
    await crash();
    await start(container.args);
    await complete(5);
    expect(await completed()).toBe(15);
  });
});

it("empties its volume with the same script as vLLM's deployments", () => {
  expect(container.command).toEqual(["/bin/sh", "-c", emptyingScript('"$@"'), "llm-app"]);
});

async function freePort(): Promise<number> {
  const listener = createServer().listen(0, "127.0.0.1");
  await once(listener, "listening");
  const { port: free } = listener.address() as AddressInfo;
  listener.close();
  await once(listener, "close");
  return free;
}
