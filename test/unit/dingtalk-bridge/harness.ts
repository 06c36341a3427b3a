/** A bridge and fake robots on loopback, with secrets in a temporary folder. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "vitest";
import { startBridge } from "../../../services/dingtalk-bridge/bridge.ts";
import type { Bridge } from "../../../services/dingtalk-bridge/bridge.ts";
import { parseConfig } from "../../../services/dingtalk-bridge/config.ts";
import type { BridgeConfigInput } from "../../../services/dingtalk-bridge/config.ts";
import { startFakeRobot } from "../../../services/dingtalk-fake-robot/robot.ts";
import type { FakeRobot, FakeRobotOptions } from "../../../services/dingtalk-fake-robot/robot.ts";
import { recordedBody } from "./samples.ts";

export const token = "tok/0123456789+abcdef0123456789abcdef=";
export const secret = "SEC0123456789abcdef0123456789abcdef";

export interface Harness {
  readonly bridge: Bridge;
  readonly robot: FakeRobot;
  readonly tokenFile: string;
  readonly secretFile: string;
  readonly log: () => string;
  readonly post: (
    body?: string,
    path?: string,
    init?: RequestInit,
  ) => Promise<{ status: number; body: Record<string, string>; headers: Headers }>;
  readonly get: (path: string) => Promise<{ status: number; text: string }>;
  /** Value of one series, such as `name{robot="ops"}`; undefined when it isn't exposed. */
  readonly metric: (series: string) => Promise<number | undefined>;
  readonly close: () => Promise<void>;
}

type RobotInput = Partial<BridgeConfigInput["robots"][string]>;

/** Starts both. The bridge's robot `ops` has a token, a signature and a rate that a test won't reach. */
export async function startHarness(
  change: {
    config?: Partial<BridgeConfigInput>;
    ops?: RobotInput;
    fake?: FakeRobotOptions;
    /** A robot `second` with the same settings. */
    second?: boolean;
  } = {},
): Promise<Harness> {
  const folder = mkdtempSync(join(tmpdir(), "dingtalk-bridge-"));
  const tokenFile = join(folder, "token");
  const secretFile = join(folder, "secret");
  writeFileSync(tokenFile, `${token}\n`);
  writeFileSync(secretFile, secret);
  const robot = await startFakeRobot({
    accessToken: () => token,
    signingSecret: () => secret,
    ...change.fake,
  });
  const lines: string[] = [];
  const ops = {
    endpoint: robot.endpoint,
    accessTokenFile: tokenFile,
    signingSecretFile: secretFile,
    ...change.ops,
  };
  const config = parseConfig({
    listenAddress: "127.0.0.1:0",
    robots: { ops, ...(change.second === true ? { second: ops } : {}) },
    ...change.config,
  } satisfies BridgeConfigInput);
  const bridge = await startBridge(config, { version: "1.2.3", write: (line) => lines.push(line) });
  const get = async (path: string) => {
    const response = await fetch(bridge.url + path);
    return { status: response.status, text: await response.text() };
  };
  return {
    bridge,
    robot,
    tokenFile,
    secretFile,
    log: () => lines.join(""),
    get,
    post: async (body = recordedBody("firing"), path = "/dingtalk/ops/send", init = {}) => {
      const headers = { "content-type": "application/json" };
      const response = await fetch(bridge.url + path, { method: "POST", body, headers, ...init });
      return {
        status: response.status,
        body: (await response.json()) as Record<string, string>,
        headers: response.headers,
      };
    },
    metric: async (series) => {
      const line = (await get("/metrics")).text.split("\n").find((text) => text.startsWith(`${series} `));
      return line === undefined ? undefined : Number(line.slice(series.length + 1));
    },
    close: async () => {
      await bridge.stop();
      await robot.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Waits until `condition` holds, for at most five seconds. */
export async function eventually(condition: () => boolean | Promise<boolean>): Promise<void> {
  const end = Date.now() + 5000;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`did not come true in 5 s: ${condition.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** Everything that the bridge wrote or answered must be free of secrets, plain or encoded. */
export function expectNoSecrets(text: string): void {
  for (const value of [
    token,
    secret,
    encodeURIComponent(token),
    encodeURIComponent(secret),
    "sign=",
    "access_token=",
  ]) {
    expect(text).not.toContain(value);
  }
}
