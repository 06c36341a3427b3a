/** Requests, metrics, secrets and stopping of a running bridge; what it delivers is in bridge.test.ts. */
import { rmSync, writeFileSync } from "node:fs";
import * as http from "node:http";
import { afterEach, describe, expect, it } from "vitest";
import { FailureReason } from "../../../services/dingtalk-bridge/errcode.ts";
import { bridgeMetrics, RequestRejection } from "../../../services/dingtalk-bridge/metrics.ts";
import { eventually, expectNoSecrets, secret, startHarness, token } from "./harness.ts";
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
