import { rmSync, writeFileSync } from "node:fs";
import * as http from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { FailureReason } from "../../../services/dingtalk-bridge/errcode.ts";
import { bridgeMetrics, RequestRejection } from "../../../services/dingtalk-bridge/metrics.ts";
import { startFakeRobot } from "../../../services/dingtalk-fake-robot/robot.ts";
import type { ModeInput } from "../../../services/dingtalk-fake-robot/mode.ts";
import { eventually, secret, startHarness, token } from "./harness.ts";
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

/** Everything that the bridge wrote or answered must be free of secrets, plain or encoded. */
function expectNoSecrets(text: string): void {
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

describe("requests", () => {
  it.each([
    ["/dingtalk/nope/send", 404, "unknown_robot", 'There is no robot \\"nope\\"; known robots: ops.'],
    ["/dingtalk/__proto__/send", 404, "unknown_robot", "known robots: ops."],
    ["/dingtalk//send", 404, "unknown_robot", "known robots: ops."],
    ["/dingtalk/ops", 404, "not_found", "/dingtalk/<robot>/send"],
  ])("POST %s: %i %s", async (path, status, reason, part) => {
    const { post } = await start();
    const answer = await post(recordedBody("firing"), path);
    expect(answer).toMatchObject({ status, body: { reason } });
    expect(JSON.stringify(answer.body)).toContain(part);
  });

  it.each(["", "[]", "{", '{"version":"4"}', "\ufffd"])("refuses the body %j with 400", async (body) => {
    const { post, metric, robot } = await start();
    expect(await post(body)).toMatchObject({ status: 400, body: { reason: "malformed" } });
    expect(await metric('dingtalk_bridge_requests_rejected_total{reason="malformed"}')).toBe(1);
    expect(robot.messages()).toHaveLength(0);
  });

  it("limits the body, announced or not", async () => {
    const { post, metric, bridge } = await start({ config: { maxRequestBytes: 4096 } });
    expect(await post("x".repeat(4097))).toMatchObject({ status: 413, body: { reason: "too_large" } });
    const chunked = await new Promise<number | string>((resolve) => {
      const request = http.request(`${bridge.url}/dingtalk/ops/send`, { method: "POST" }, (response) => {
        response.resume();
        resolve(response.statusCode ?? 0);
      });
      request.on("error", (error: NodeJS.ErrnoException) => {
        resolve(error.code ?? "error");
      });
      for (let index = 0; index < 100; index += 1) request.write("x".repeat(100_000));
      request.end();
    });
    expect(chunked).toBe(413);
    expect(await metric('dingtalk_bridge_requests_rejected_total{reason="too_large"}')).toBe(2);
    expect((await post()).status).toBe(200);
  });

  it("survives a request that ends early", async () => {
    const { post, metric, bridge } = await start();
    const request = http.request(`${bridge.url}/dingtalk/ops/send`, {
      method: "POST",
      headers: { "content-length": 1000 },
    });
    request.on("error", () => undefined);
    request.write("{");
    await new Promise((resolve) => setTimeout(resolve, 50));
    request.destroy();
    await eventually(
      async () => (await metric('dingtalk_bridge_requests_rejected_total{reason="aborted"}')) === 1,
    );
    expect((await post()).status).toBe(200);
  });

  it("wants POST for notifications and GET for the rest", async () => {
    const { get, post } = await start();
    expect((await get("/dingtalk/ops/send")).status).toBe(405);
    expect(await post("", "/metrics")).toMatchObject({ status: 405 });
    expect((await get("/-/healthy")).status).toBe(200);
    expect((await get("/")).status).toBe(200);
    expect((await get("/x")).status).toBe(404);
  });
});

describe("metrics", () => {
  it("exposes the families of the typed list, with their types and labels, and no others of its own", async () => {
    const { get } = await start();
    const { text } = await get("/metrics");
    const types = [...text.matchAll(/^# TYPE (dingtalk_\w+) (\w+)$/gm)].map((match) => [match[1], match[2]]);
    expect(types.sort()).toEqual(
      Object.values(bridgeMetrics)
        .map((metric) => [metric.name, metric.type])
        .sort(),
    );
    for (const metric of Object.values(bridgeMetrics)) {
      const suffix = metric.type === "histogram" ? "_count" : "";
      const labels = new RegExp(`^${metric.name}${suffix}\\{([^}]*)\\}`, "m").exec(text)?.[1] ?? "";
      expect([...labels.matchAll(/(\w+)=/g)].map((match) => match[1]).sort(), metric.name).toEqual(
        [...metric.labels].sort(),
      );
    }
    expect(text).toContain(`dingtalk_bridge_build_info{version="1.2.3",node_version="${process.version}"} 1`);
    expect(text).toMatch(/^process_resident_memory_bytes /m);
  });

  it("starts every series at zero, so that a first failure counts", async () => {
    const { metric } = await start();
    for (const reason of Object.values(FailureReason)) expect(await metric(failed(reason))).toBe(0);
    for (const reason of Object.values(RequestRejection)) {
      expect(await metric(`dingtalk_bridge_requests_rejected_total{reason="${reason}"}`)).toBe(0);
    }
  });

  it("follows Prometheus' naming", () => {
    for (const metric of Object.values(bridgeMetrics)) {
      expect(metric.name).toMatch(/^dingtalk_bridge_[a-z_]+$/);
      expect(metric.name.endsWith("_total")).toBe(metric.type === "counter");
      if (metric.type === "histogram") expect(metric.name).toMatch(/_seconds$/);
      expect(metric.help).toMatch(/\.$/);
    }
  });
});

describe("secrets", () => {
  it("count from the next message on when they change", async () => {
    let [current, currentSecret] = [token, secret];
    const { post, tokenFile, secretFile, log } = await start({
      fake: { accessToken: () => current, signingSecret: () => currentSecret },
      second: true,
    });
    expect((await post()).status).toBe(200);
    [current, currentSecret] = ["rotated-token-1234567890", "SECrotated1234567890"];
    writeFileSync(tokenFile, `${current}\n`);
    writeFileSync(secretFile, `${currentSecret}\n`);
    // Another robot with the same files, because `ops` has to wait for its next token.
    expect((await post(recordedBody("firing"), "/dingtalk/second/send")).status).toBe(200);
    expectNoSecrets(log());
    expect(log()).not.toContain("rotated");
  });

  it("serve on when their file is away, and the failed read counts", async () => {
    const { post, tokenFile, metric, get, log } = await start();
    rmSync(tokenFile);
    expect((await post()).status).toBe(200);
    expect(await metric('dingtalk_bridge_secret_read_failures_total{robot="ops"}')).toBeGreaterThan(0);
    expect((await get("/-/ready")).status).toBe(200);
    expect(log()).toContain("a secret can't be read; its last value serves");
  });

  it("are all checked at the start", async () => {
    const missing = startHarness({
      ops: { accessTokenFile: "/nonexistent/a", signingSecretFile: "/nonexistent/b" },
    });
    await expect(missing).rejects.toThrow(
      /Secrets can't be used:\n {2}robots\.ops: \/nonexistent\/a: can't be read \(ENOENT\).*\n {2}robots\.ops: \/nonexistent\/b: /,
    );
  });

  it("stay out of answers even when DingTalk repeats them", async () => {
    const { post, robot, log } = await start();
    robot.setMode({
      mode: "errcode",
      errcode: 300005,
      errmsg: `token ${token} is not exist, sign ${secret}`,
    });
    const { body } = await post();
    expect(body["message"]).toBe("errcode 300005: token [redacted] is not exist, sign [redacted]");
    expectNoSecrets(log());
  });
});

describe("stop", () => {
  it("finishes what is under way, tells the rest and the new to come back, and is not ready meanwhile", async () => {
    const { post, get, robot, bridge } = await start();
    robot.setMode({ mode: "slow", delayMilliseconds: 400 });
    const underWay = post();
    await eventually(async () => /robot_request|queued/.test((await get("/metrics")).text));
    await new Promise((resolve) => setTimeout(resolve, 100));
    const waiting = post(JSON.stringify({ ...recorded("firing"), groupKey: "waiting" }));
    await new Promise((resolve) => setTimeout(resolve, 100));
    const stopped = bridge.stop();
    expect((await get("/-/ready")).status).toBe(503);
    expect((await get("/-/healthy")).status).toBe(200);
    expect(await post()).toMatchObject({ status: 503, body: { reason: "shutting_down" } });
    expect((await underWay).status).toBe(200);
    expect(await waiting).toMatchObject({ status: 503, body: { reason: "shutting_down" } });
    expect(await stopped).toBe(true);
    await expect(get("/-/healthy")).rejects.toThrow();
    expect(robot.messages()).toHaveLength(1);
  });

  it("ends within its limit even when DingTalk doesn't answer", async () => {
    const { post, robot, bridge } = await start({
      config: { timeouts: { shutdownSeconds: 0.2, requestSeconds: 30 } },
    });
    robot.setMode({ mode: "timeout" });
    const hanging = post().catch(() => "cut");
    await new Promise((resolve) => setTimeout(resolve, 100));
    const before = Date.now();
    expect(await bridge.stop()).toBe(false);
    expect(Date.now() - before).toBeLessThan(1000);
    expect(await hanging).toBe("cut");
    await robot.close();
  });
});
