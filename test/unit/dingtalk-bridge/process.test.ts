/** The two programs as processes. */
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { secret, token } from "./harness.ts";
import { recordedBody } from "./samples.ts";

const services = join(import.meta.dirname, "../../../services");
let folder = "";
let children: ChildProcess[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "dingtalk-process-"));
  writeFileSync(join(folder, "token"), token);
  writeFileSync(join(folder, "secret"), secret);
});
afterEach(() => {
  for (const child of children) child.kill("SIGKILL");
  children = [];
  rmSync(folder, { recursive: true });
});

interface Program {
  readonly child: ChildProcess;
  readonly output: () => string;
  readonly exited: Promise<number | null>;
  /** Resolves with the first group once the output matches. */
  readonly printed: (pattern: RegExp) => Promise<string>;
}

function run(service: string, args: string[], env: Record<string, string> = {}): Program {
  const child = spawn(process.execPath, [join(services, service, "main.ts"), ...args], {
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  children.push(child);
  let output = "";
  const exited = new Promise<number | null>((resolve) => {
    child.on("close", resolve);
  });
  const collect = (chunk: Buffer) => {
    output += chunk.toString();
  };
  child.stdout.on("data", collect);
  child.stderr.on("data", collect);
  const printed = async (pattern: RegExp) => {
    const end = Date.now() + 15_000;
    for (;;) {
      const match = pattern.exec(output);
      if (match !== null) return match[1] ?? "";
      if (Date.now() > end || child.exitCode !== null)
        throw new Error(`not printed: ${pattern.source}\n${output}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  return { child, output: () => output, exited, printed };
}

function writeConfig(config: unknown): string {
  const path = join(folder, "config.json");
  writeFileSync(path, JSON.stringify(config));
  return path;
}

describe("the programs", () => {
  it("deliver from a webhook to the fake robot, log JSON without secrets and stop on SIGTERM with 0", async () => {
    const files = [
      `--access-token-file=${join(folder, "token")}`,
      `--signing-secret-file=${join(folder, "secret")}`,
    ];
    const log = join(folder, "messages.log");
    const fake = run("dingtalk-fake-robot", [
      "--listen-address=127.0.0.1:0",
      `--log=${log}`,
      "--keyword=Waiting",
      ...files,
    ]);
    const endpoint = await fake.printed(/robot at (\S+)/);
    const robot = {
      endpoint,
      accessTokenFile: join(folder, "token"),
      signingSecretFile: join(folder, "secret"),
    };
    const config = writeConfig({ listenAddress: "127.0.0.1:1", robots: { ops: robot } });
    const bridge = run("dingtalk-bridge", [`--config=${config}`], {
      DINGTALK_BRIDGE_LISTEN_ADDRESS: "127.0.0.1:0",
    });
    const url = await bridge.printed(/"url":"([^"]+)"/);

    const answer = await fetch(`${url}/dingtalk/ops/send`, { method: "POST", body: recordedBody("firing") });
    expect(answer.status).toBe(200);
    const messages = await fetch(new URL("/messages?since=0", endpoint));
    expect(await messages.json()).toMatchObject([{ id: 1, title: "[FIRING:2] HighWaitingRequests" }]);
    expect(JSON.parse(readFileSync(log, "utf8"))).toMatchObject({ id: 1, msgtype: "markdown" });

    bridge.child.kill("SIGTERM");
    expect(await bridge.exited).toBe(0);
    fake.child.kill("SIGTERM");
    expect(await fake.exited).toBe(0);
    const lines = bridge.output().trim().split("\n");
    expect(lines.map((line) => (JSON.parse(line) as { msg: string }).msg)).toEqual([
      "listening",
      "notification delivered",
      "signal received",
      "stopping",
      "stopped",
    ]);
    for (const text of [bridge.output(), fake.output(), readFileSync(log, "utf8")]) {
      expect(text).not.toContain(token);
      expect(text).not.toContain(secret);
    }
  });

  it("prefer --listen-address, and say when the address is taken", async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = `127.0.0.1:${String((server.address() as AddressInfo).port)}`;
    const config = writeConfig({ robots: { ops: { accessTokenFile: join(folder, "token") } } });
    const bridge = run("dingtalk-bridge", [`--config=${config}`, `--listen-address=${address}`], {
      DINGTALK_BRIDGE_LISTEN_ADDRESS: "127.0.0.1:0",
    });
    expect(await bridge.exited).toBe(1);
    expect(bridge.output()).toBe(
      `dingtalk-bridge: listenAddress: can't listen on ${address} (EADDRINUSE); free that address or give another with --listen-address=HOST:PORT\n`,
    );
    const fake = run("dingtalk-fake-robot", [`--listen-address=${address}`]);
    expect(await fake.exited).toBe(1);
    expect(fake.output()).toContain("EADDRINUSE");
    server.close();
  });

  it("refuse a wrong configuration with every error and exit 1", async () => {
    const config = writeConfig({
      robots: { ops: { accessTokenFile: "token", ratePerMinute: 21 } },
      timezone: "x",
    });
    const bridge = run("dingtalk-bridge", [`--config=${config}`]);
    expect(await bridge.exited).toBe(1);
    expect(bridge.output()).toMatch(
      /has 3 errors:\n.*accessTokenFile.*\n.*ratePerMinute: 21.*\n.*timezone: "x".*\n$/,
    );
  });

  it.each([
    [[], "--config is missing"],
    [["--confg=x"], "Unknown option"],
    [["--config=/nonexistent.json"], "Can't read the configuration file /nonexistent.json (ENOENT)"],
  ])("refuse the arguments %j", async (args, part) => {
    const bridge = run("dingtalk-bridge", args);
    expect(await bridge.exited).toBe(1);
    expect(bridge.output()).toContain(part);
    expect(bridge.output()).not.toContain("at main");
  });
});
