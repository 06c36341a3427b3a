import * as http from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { FailureReason } from "../../../services/dingtalk-bridge/errcode.ts";
import { startFakeRobot } from "../../../services/dingtalk-fake-robot/robot.ts";
import type { ModeInput } from "../../../services/dingtalk-fake-robot/mode.ts";
import { eventually, expectNoSecrets, startHarness } from "./harness.ts";
import type { Harness } from "./harness.ts";
import { recorded, recordedBody } from "./samples.ts";

let harness: Harness | undefined;
afterEach(async () => {
  await harness?.close();
  harness = undefined;
});
async function start(...args: Parameters<typeof startHarness>): Promise<Harness> {
  harness = await startHarness(...args);
  return harness;
}

const failed = (reason: string) =>
  `dingtalk_bridge_notifications_failed_total{robot="ops",reason="${reason}"}`;

describe("delivery", () => {
  it("delivers a recorded notification to a strict robot, signed, and says so only then", async () => {
    const { post, robot, metric, log } = await start({ fake: { keyword: "HighWaiting" } });
    expect(await post()).toMatchObject({ status: 200, body: { status: "delivered", robot: "ops" } });
    expect(robot.messages()).toHaveLength(1);
    expect(robot.messages()[0]).toMatchObject({
      msgtype: "markdown",
      title: "[FIRING:2] HighWaitingRequests",
    });
    expect(await metric('dingtalk_bridge_notifications_received_total{robot="ops"}')).toBe(1);
    expect(await metric('dingtalk_bridge_notifications_sent_total{robot="ops"}')).toBe(1);
    expect(await metric('dingtalk_bridge_messages_sent_total{robot="ops"}')).toBe(1);
    expect(await metric('dingtalk_bridge_robot_request_duration_seconds_count{robot="ops"}')).toBe(1);
    const last = (await metric('dingtalk_bridge_last_success_timestamp_seconds{robot="ops"}')) ?? 0;
    expect(Math.abs(last - Date.now() / 1000)).toBeLessThan(5);
    expectNoSecrets(log());
    expect(log()).toContain('"msg":"notification delivered"');
  });

  it("passes on what an action card robot accepts, and a keyword that the text lacks", async () => {
    const { post, robot } = await start({
      ops: { messageType: "actionCard", keyword: "监控" },
      fake: { keyword: "监控" },
    });
    expect((await post(recordedBody("resolved"))).status).toBe(200);
    expect(robot.messages()[0]).toMatchObject({ msgtype: "actionCard" });
  });

  it("coalesces when the allowance is used up: everybody gets 200, DingTalk one message", async () => {
    // 20 a minute start with one token; the next comes after 6.1 s.
    const { post, robot, metric } = await start();
    const bodies = ["a", "b", "c", "d"].map((groupKey) =>
      JSON.stringify({ ...recorded("firing"), groupKey }),
    );
    const answers = await Promise.all(bodies.map((body) => post(body)));
    expect(answers.map((answer) => answer.status)).toEqual([200, 200, 200, 200]);
    expect(robot.messages().map((message) => message.title)).toEqual([
      "[FIRING:2] HighWaitingRequests",
      "[FIRING:6] 3 groups: HighWaitingRequests",
    ]);
    expect(await metric('dingtalk_bridge_notifications_coalesced_total{robot="ops"}')).toBe(3);
    expect(await metric('dingtalk_bridge_notifications_sent_total{robot="ops"}')).toBe(4);
    expect(await metric('dingtalk_bridge_messages_sent_total{robot="ops"}')).toBe(2);
  });

  it("counts what it had to leave out", async () => {
    const { post, robot, metric } = await start();
    const alerts = Array.from({ length: 200 }, (_, index) => ({
      ...recorded("firing").alerts[0],
      fingerprint: String(index),
    }));
    expect((await post(JSON.stringify({ ...recorded("firing"), alerts }))).status).toBe(200);
    const [message] = robot.messages();
    expect(message?.bytes).toBeLessThanOrEqual(20_000);
    const more = Number(/\*\*\+(\d+) more\*\*/.exec(message?.text ?? "")?.[1]);
    expect(more).toBeGreaterThan(100);
    expect(await metric('dingtalk_bridge_alerts_omitted_total{robot="ops"}')).toBe(more);
    expect(await metric('dingtalk_bridge_messages_truncated_total{robot="ops"}')).toBe(1);
  });
});

describe("failures", () => {
  it.each<[ModeInput, number, string]>([
    [
      { mode: "errcode", errcode: 130101, errmsg: "send too fast, exceed 20 times per minute" },
      503,
      "throttled",
    ],
    [{ mode: "punish" }, 503, "throttled"],
    [{ mode: "http", status: 429 }, 503, "throttled"],
    [{ mode: "errcode", errcode: -1, errmsg: "系统繁忙" }, 503, "busy"],
    [{ mode: "http", status: 500, body: "oops" }, 503, "http_5xx"],
    [{ mode: "http", status: 502 }, 503, "http_5xx"],
    [{ mode: "http", status: 200, body: "<html>" }, 503, "bad_answer"],
    [{ mode: "http", status: 200, body: "x".repeat(100_000) }, 503, "bad_answer"],
    [{ mode: "timeout" }, 503, "timeout"],
    [{ mode: "slow", delayMilliseconds: 1000 }, 503, "timeout"],
    [{ mode: "reset" }, 503, "network"],
    [{ mode: "errcode", errcode: 777, errmsg: "new" }, 503, "unknown_errcode"],
    [{ mode: "errcode", errcode: 310000, errmsg: "sign not match" }, 400, "signature"],
    [{ mode: "errcode", errcode: 310000, errmsg: "ip 1.2.3.4 not in whitelist" }, 400, "ip_not_allowed"],
    [{ mode: "errcode", errcode: 460101, errmsg: "message too long, exceed 20000 bytes" }, 400, "too_large"],
    [{ mode: "errcode", errcode: 400102, errmsg: "机器人已停用" }, 400, "robot_unavailable"],
    [{ mode: "errcode", errcode: 430104, errmsg: "含有不合适的内容" }, 400, "content_rejected"],
    [{ mode: "http", status: 403 }, 400, "http_4xx"],
    [{ mode: "http", status: 302, location: "/elsewhere" }, 400, "http_4xx"],
  ])("answers %j with %i %s", async (mode, status, reason) => {
    const { post, robot, metric, log } = await start({ config: { timeouts: { requestSeconds: 0.2 } } });
    robot.setMode(mode);
    const answer = await post();
    expect(answer).toMatchObject({ status, body: { status: "error", reason } });
    expect(answer.headers.has("retry-after")).toBe(status === 503);
    expect(await metric(failed(reason))).toBe(1);
    expect(await metric('dingtalk_bridge_notifications_sent_total{robot="ops"}')).toBe(0);
    expectNoSecrets(log() + JSON.stringify(answer.body));
    expect(robot.messages()).toHaveLength(0);
  });

  it.each([
    ["signature", { signingSecret: () => "SECother" }],
    ["timestamp", { now: () => Date.now() + 3_700_000 }],
    ["keyword", { keyword: "absent" }],
    ["token", { accessToken: () => "other" }],
  ])("a robot that is set up otherwise answers 400 %s", async (reason, fake) => {
    const { post } = await start({ fake });
    expect(await post()).toMatchObject({ status: 400, body: { reason } });
  });

  it("doesn't follow a redirect, which would carry the token elsewhere", async () => {
    let followed = 0;
    const elsewhere = http.createServer((_, response) => {
      followed += 1;
      response.end('{"errcode":0}');
    });
    await new Promise<void>((resolve) => elsewhere.listen(0, "127.0.0.1", resolve));
    const { port } = elsewhere.address() as AddressInfo;
    const { post, robot } = await start();
    robot.setMode({ mode: "http", status: 307, location: `http://127.0.0.1:${String(port)}/` });
    expect(await post()).toMatchObject({ status: 400, body: { reason: "http_4xx" } });
    expect(followed).toBe(0);
    await new Promise((resolve) => elsewhere.close(resolve));
  });

  it("answers 503 when nothing listens", async () => {
    const closed = await startFakeRobot();
    await closed.close();
    const { post } = await start({ ops: { endpoint: closed.endpoint } });
    const message = "no answer from DingTalk (ECONNREFUSED)";
    expect(await post()).toMatchObject({ status: 503, body: { reason: "network", message } });
  });

  it("answers 503 when the endpoint speaks no TLS", async () => {
    const plain = await startFakeRobot();
    const { post } = await start({ ops: { endpoint: plain.endpoint.replace("http:", "https:") } });
    expect(await post()).toMatchObject({ status: 503, body: { reason: "tls" } });
    await plain.close();
  });

  it("stays silent while throttled and says until when", async () => {
    const { post, robot, metric } = await start();
    robot.setMode({ mode: "errcode", errcode: 130101, times: 1 });
    const refused = await post();
    expect(refused.status).toBe(503);
    expect(refused.headers.get("retry-after")).toBe("60");
    const until = (await metric('dingtalk_bridge_throttled_until_timestamp_seconds{robot="ops"}')) ?? 0;
    expect(until - Date.now() / 1000).toBeGreaterThan(50);
    expect((await post()).body["message"]).toMatch(/nothing is sent for \d+ s/);
    expect(robot.messages()).toHaveLength(0);
    expect(robot.refusals()).toHaveLength(1);
  });

  it("gives up waiting after holdSeconds, and doesn't send that later", async () => {
    const { post, robot, metric } = await start({
      config: { timeouts: { holdSeconds: 0.1 } },
      ops: { ratePerMinute: 1 },
    });
    expect((await post()).status).toBe(200);
    const second = await post(JSON.stringify({ ...recorded("firing"), groupKey: "second" }));
    expect(second).toMatchObject({ status: 503, body: { reason: FailureReason.queueTimeout } });
    expect(robot.messages()).toHaveLength(1);
    expect(await metric('dingtalk_bridge_queued_notifications{robot="ops"}')).toBe(0);
  });

  it("drops what Alertmanager no longer waits for", async () => {
    const { post, metric } = await start({ ops: { ratePerMinute: 1 } });
    await post();
    const abort = new AbortController();
    const waiting = post(recordedBody("firing"), "/dingtalk/ops/send", { signal: abort.signal });
    const queued = 'dingtalk_bridge_queued_notifications{robot="ops"}';
    await eventually(async () => (await metric(queued)) === 1);
    abort.abort();
    await expect(waiting).rejects.toThrow();
    await eventually(async () => (await metric(queued)) === 0);
    expect(await metric(failed("client_gone"))).toBe(1);
  });
});
