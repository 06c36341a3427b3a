/** A real Alertmanager in front of the bridge: what it repeats, and that nothing is lost. */
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { toolPath } from "../../local/toolchain/tools.ts";
import { freePort, ownMetric } from "../support/programs.ts";
import { eventually, startHarness } from "../unit/dingtalk-bridge/harness.ts";
import type { Harness } from "../unit/dingtalk-bridge/harness.ts";

let folder = "";
let harness: Harness;
let alertmanager: ChildProcess | undefined;
let url = "";

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "dingtalk-alertmanager-"));
  // Under group_interval, which is how long Alertmanager waits and repeats.
  harness = await startHarness({ config: { timeouts: { holdSeconds: 8 } } });
  const address = `127.0.0.1:${String(await freePort())}`;
  url = `http://${address}`;
  const config = {
    route: {
      receiver: "ops",
      group_by: ["alertname"],
      group_wait: "0s",
      group_interval: "10s",
      repeat_interval: "4h",
    },
    receivers: [{ name: "ops", webhook_configs: [{ url: `${harness.bridge.url}/dingtalk/ops/send` }] }],
  };
  writeFileSync(join(folder, "alertmanager.yml"), JSON.stringify(config));
  alertmanager = spawn(
    toolPath("alertmanager"),
    [
      `--config.file=${join(folder, "alertmanager.yml")}`,
      `--storage.path=${join(folder, "data")}`,
      `--web.listen-address=${address}`,
      "--cluster.listen-address=",
    ],
    { stdio: "ignore" },
  );
  await until(async () => (await fetch(`${url}/-/ready`)).ok, 20);
});

afterEach(async () => {
  const child = alertmanager;
  if (child !== undefined) {
    const exited = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGTERM");
    await exited;
  }
  await harness.close();
  rmSync(folder, { recursive: true });
});

async function until(condition: () => boolean | Promise<boolean>, seconds: number): Promise<void> {
  const end = Date.now() + seconds * 1000;
  while (
    !(await Promise.resolve()
      .then(condition)
      .catch(() => false))
  ) {
    if (Date.now() > end)
      throw new Error(`did not come true in ${String(seconds)} s: ${condition.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

async function postAlert(times: { startsAt: string; endsAt?: string }): Promise<void> {
  const alert = {
    labels: { alertname: "HighWaitingRequests", severity: "warning" },
    annotations: {},
    ...times,
  };
  const response = await fetch(`${url}/api/v2/alerts`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify([alert]),
  });
  expect(response.status).toBe(200);
}

async function counter(name: string): Promise<number> {
  return (await ownMetric(url, name, 'integration="webhook"')) ?? 0;
}

it("repeats after 503 at once and after 400 with the next group interval, and loses neither message", async () => {
  const { robot, metric } = harness;
  robot.setMode({ mode: "errcode", errcode: -1, times: 1 });
  const startsAt = new Date(Date.now() - 1000).toISOString();
  await postAlert({ startsAt });
  await until(() => robot.messages().length === 1, 20);
  expect(robot.messages()[0]?.title).toBe("[FIRING:1] HighWaitingRequests");
  expect(await metric('dingtalk_bridge_notifications_failed_total{robot="ops",reason="busy"}')).toBe(1);
  await eventually(async () => (await counter("alertmanager_notification_requests_failed_total")) === 1);
  expect(await counter("alertmanager_notifications_failed_total")).toBe(0);

  robot.setMode({ mode: "errcode", errcode: 310000, errmsg: "sign not match", times: 1 });
  await postAlert({ startsAt, endsAt: new Date(Date.now() - 100).toISOString() });
  await until(() => robot.messages().length === 2, 40);
  expect(robot.messages()[1]?.title).toBe("[RESOLVED:1] HighWaitingRequests");
  expect(await metric('dingtalk_bridge_notifications_failed_total{robot="ops",reason="signature"}')).toBe(1);
  expect(await counter("alertmanager_notifications_failed_total")).toBe(1);
  expect(await metric('dingtalk_bridge_notifications_sent_total{robot="ops"}')).toBe(2);
});
