import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { classifyAnswer, FailureReason } from "../../../services/dingtalk-bridge/errcode.ts";
import { anyText } from "./samples.ts";

const ok = (body: unknown) => classifyAnswer({ kind: "http", status: 200, body: JSON.stringify(body) });

describe("classifyAnswer", () => {
  it("takes only errcode 0 as delivered", () => {
    expect(ok({ errcode: 0, errmsg: "ok" })).toEqual({ kind: "delivered" });
  });

  it.each([
    [130101, "send too fast, exceed 20 times per minute", FailureReason.throttled],
    [410100, "发送速度太快而限流", FailureReason.throttled],
    [90018, "", FailureReason.throttled],
    [999999, "请求过于频繁", FailureReason.throttled],
    [-1, "系统繁忙", FailureReason.busy],
    [999999, "something new", FailureReason.unknownErrcode],
  ])("repeats errcode %i (%s): %s", (errcode, errmsg, reason) => {
    expect(ok({ errcode, errmsg })).toMatchObject({ kind: "retry", reason });
  });

  it.each([
    [
      310000,
      "sign not match, more: [https://ding-doc.dingtalk.com/doc#/serverapi2/qf2nxq]",
      FailureReason.signature,
    ],
    [
      310000,
      "description:机器人发送签名不匹配;solution:请确认签名和生成签名的时间戳必须都放在调用的网址中;",
      FailureReason.signature,
    ],
    [310000, "invalid timestamp", FailureReason.timestamp],
    [310000, "keywords not in content", FailureReason.keyword],
    [310000, "description:关键词不匹配;solution:请联系群管理员查看此机器人的关键词", FailureReason.keyword],
    [310000, "ip 203.0.113.7 not in whitelist", FailureReason.ipNotAllowed],
    [310000, "something else", FailureReason.security],
    [460101, "message too long, exceed 20000 bytes", FailureReason.tooLarge],
    [300001, "token is not exist", FailureReason.token],
    [300005, "token is not exist", FailureReason.token],
    [400101, "access_token不存在", FailureReason.token],
    [40014, "不合法的access_token", FailureReason.token],
    [40035, "缺少参数 access_token", FailureReason.token],
    [40035, "缺少参数 json", FailureReason.badRequest],
    [43004, "无效的HTTP HEADER Content-Type", FailureReason.badRequest],
    [400105, "不支持的消息类型", FailureReason.badRequest],
    [400013, "群已被解散", FailureReason.robotUnavailable],
    [400102, "机器人已停用", FailureReason.robotUnavailable],
    [400106, "机器人不存在", FailureReason.robotUnavailable],
    [430101, "含有不安全的外链", FailureReason.contentRejected],
    [430104, "含有不合适的内容", FailureReason.contentRejected],
  ])("gives errcode %i (%s) back to a person: %s", (errcode, errmsg, reason) => {
    const verdict = ok({ errcode, errmsg });
    expect(verdict).toMatchObject({ kind: "reject", reason });
    expect(verdict).toHaveProperty("detail", `errcode ${String(errcode)}: ${errmsg}`);
  });

  it("knows the traffic control's answer, which has no errcode", () => {
    const body = { status: 1111, wait: 5, source: "x5", punish: "deny", uuid: "24ce64f6" };
    expect(ok(body)).toMatchObject({ kind: "retry", reason: FailureReason.throttled });
  });

  it.each(["", "<html>", "null", "[]", "{}", '"ok"', '{"errcode":"0"}'])(
    "repeats after HTTP 200 with %s",
    (body) => {
      expect(classifyAnswer({ kind: "http", status: 200, body })).toMatchObject({
        kind: "retry",
        reason: FailureReason.badAnswer,
      });
    },
  );

  it.each([
    [500, "retry", FailureReason.httpServerError],
    [502, "retry", FailureReason.httpServerError],
    [503, "retry", FailureReason.httpServerError],
    [408, "retry", FailureReason.httpServerError],
    [429, "retry", FailureReason.throttled],
    [302, "reject", FailureReason.httpClientError],
    [204, "reject", FailureReason.httpClientError],
    [403, "reject", FailureReason.httpClientError],
    [404, "reject", FailureReason.httpClientError],
    [407, "reject", FailureReason.httpClientError],
  ])("maps HTTP %i to %s, %s", (status, kind, reason) => {
    // Not even errcode 0 counts with another status.
    expect(classifyAnswer({ kind: "http", status, body: '{"errcode":0}' })).toMatchObject({ kind, reason });
  });

  it.each(["timeout", "network", "tls"] as const)("repeats after %s", (reason) => {
    expect(classifyAnswer({ kind: "network", reason, code: "X" })).toMatchObject({ kind: "retry", reason });
  });

  it("never takes anything else for delivered", () => {
    fc.assert(
      fc.property(fc.integer({ min: 100, max: 599 }), fc.oneof(anyText(50), fc.json()), (status, body) => {
        if (classifyAnswer({ kind: "http", status, body }).kind !== "delivered") return;
        expect(status).toBe(200);
        expect(JSON.parse(body)).toMatchObject({ errcode: 0 });
      }),
    );
    fc.assert(
      fc.property(
        fc.integer().filter((code) => code !== 0),
        anyText(50),
        (errcode, errmsg) => {
          expect(ok({ errcode, errmsg }).kind).not.toBe("delivered");
        },
      ),
    );
  });
});
