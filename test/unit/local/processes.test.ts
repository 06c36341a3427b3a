import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import * as path from "node:path";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { assertPortFree } from "../../../local/control-plane/control-plane.ts";
import { isAlive, Supervisor, type ProcessSpec } from "../../../local/environment/processes.ts";
import { localEnvironment } from "../../../local/environment/environment.ts";

let directory: string;
let supervisor: Supervisor;
beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), "supervisor-"));
  supervisor = new Supervisor({ processes: path.join(directory, "p"), logs: path.join(directory, "l") });
});
afterEach(async () => {
  for (const name of supervisor.names()) {
    await supervisor.stop(name);
  }
  rmSync(directory, { recursive: true, force: true });
});

const sleeper = (seconds: string): ProcessSpec => ({ name: "sleeper", command: "sleep", args: [seconds] });

describe("Supervisor", () => {
  it("starts a process once, and again only when its command changes", async () => {
    expect(await supervisor.ensure(sleeper("60"))).toBe(true);
    const first = supervisor.recorded("sleeper");
    expect(await supervisor.ensure(sleeper("60"))).toBe(false);
    expect(supervisor.recorded("sleeper")).toEqual(first);
    expect(await supervisor.ensure(sleeper("61"))).toBe(true);
    expect(first !== undefined && isAlive(first)).toBe(false);
  });

  it("starts a killed process again", async () => {
    await supervisor.ensure(sleeper("60"));
    const identity = supervisor.recorded("sleeper");
    process.kill(identity?.pid ?? 0, "SIGKILL");
    await expect.poll(() => supervisor.isRunning("sleeper")).toBe(false);
    expect(await supervisor.ensure(sleeper("60"))).toBe(true);
  });

  it("kills a process that ignores SIGTERM when the grace period is over", async () => {
    const stubborn = {
      name: "sleeper",
      command: "sh",
      args: ["-c", "trap '' TERM; while :; do sleep 0.05; done"],
    };
    await supervisor.ensure(stubborn);
    expect(await supervisor.stop("sleeper", 200)).toBe(true);
    expect(supervisor.names()).toEqual([]);
  });

  it("never takes another process with the same pid for its own", () => {
    expect(isAlive({ pid: process.pid, startTicks: "1", fingerprint: "" })).toBe(false);
  });

  it("names a program that cannot be started", async () => {
    const missing = { name: "missing", command: "/no/such/program", args: [] };
    await expect(supervisor.ensure(missing)).rejects.toThrow("missing could not be started");
  });
});

describe("assertPortFree", () => {
  it("names the port, what it is for and how to move it", async () => {
    const server = createServer();
    const port = await new Promise<number>((resolve) => {
      server.listen(0, "127.0.0.1", () => {
        resolve((server.address() as { port: number }).port);
      });
    });
    await expect(assertPortFree(port, "etcd")).rejects.toThrow(
      new RegExp(`port ${String(port)} .*wanted for etcd.*VLLM_MONITORING_PORT_BASE`),
    );
    server.close();
  });
});

describe("localEnvironment", () => {
  it("refuses a port base that is no port, naming the variable", () => {
    process.env["VLLM_MONITORING_PORT_BASE"] = "many";
    try {
      expect(() => localEnvironment()).toThrow('VLLM_MONITORING_PORT_BASE: got "many"');
    } finally {
      delete process.env["VLLM_MONITORING_PORT_BASE"];
    }
  });
});
