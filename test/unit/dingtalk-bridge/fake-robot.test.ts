import { createHmac } from "node:crypto";
import { afterEach, describe, expect, it } from "vitest";
import { startFakeRobot } from "../../../services/dingtalk-fake-robot/robot.ts";
import type { FakeRobot, FakeRobotOptions } from "../../../services/dingtalk-fake-robot/robot.ts";

const secret = "SECfake";
let robot: FakeRobot | undefined;
afterEach(async () => {
  await robot?.close();
  robot = undefined;
});

const text = { msgtype: "text", text: { content: "hello 监控" } };
const card = { title: "t", text: "x" };
const button = { title: "b", actionURL: "https://example.com" };

interface Call {
  readonly query?: Record<string, string>;
  readonly body?: unknown;
  readonly contentType?: string;
  readonly method?: string;
}

async function start(options: FakeRobotOptions = {}) {
  const started = await startFakeRobot(options);
  robot = started;
  return async ({
    query = { access_token: "t" },
    body = text,
    contentType = "application/json",
    method = "POST",
  }: Call = {}) => {
    const url = `${started.endpoint}?${new URLSearchParams(query).toString()}`;
    const raw =
      typeof body === "string" || body instanceof Uint8Array ? (body as string) : JSON.stringify(body);
    const response = await fetch(url, {
      method,
      headers: { "content-type": contentType },
      ...(method === "GET" ? {} : { body: raw }),
    });
    expect(response.status).toBe(200);
    return ((await response.json()) as { errcode?: number }).errcode;
  };
}

function sign(time: number, key = secret): Record<string, string> {
  const value = createHmac("sha256", key)
    .update(`${String(time)}\n${key}`)
    .digest("base64");
  return { access_token: "t", timestamp: String(time), sign: value };
}

describe("fake robot", () => {
  it.each<[string, Call, number | undefined]>([
    ["a text", {}, 0],
    ["a content type with charset", { contentType: "application/json; charset=utf-8" }, 0],
    ["GET", { method: "GET" }, 43002],
    ["a form", { contentType: "application/x-www-form-urlencoded" }, 43004],
    ["another charset", { contentType: "application/json; charset=gbk" }, 43004],
    ["no token", { query: {} }, 40035],
    ["another token", { query: { access_token: "x" } }, 300005],
    ["no JSON", { body: "{" }, 40035],
    ["invalid UTF-8", { body: Buffer.from([0x22, 0xff, 0x22]) }, 40035],
    ["a list", { body: [] }, 40035],
    ["no msgtype", { body: {} }, 400105],
    ["an unknown msgtype", { body: { msgtype: "image" } }, 400105],
    ["an empty text", { body: { msgtype: "text", text: { content: " " } } }, 40035],
    ["markdown without title", { body: { msgtype: "markdown", markdown: { text: "x" } } }, 40035],
    ["markdown", { body: { msgtype: "markdown", markdown: card } }, 0],
    ["a link", { body: { msgtype: "link", link: { ...card, messageUrl: "https://example.com" } } }, 0],
    ["a card without button", { body: { msgtype: "actionCard", actionCard: card } }, 40035],
    [
      "a card with one",
      {
        body: {
          msgtype: "actionCard",
          actionCard: { ...card, singleTitle: "b", singleURL: "https://example.com" },
        },
      },
      0,
    ],
    [
      "a card with several",
      {
        body: { msgtype: "actionCard", actionCard: { ...card, btnOrientation: "0", btns: [button, button] } },
      },
      0,
    ],
    [
      "a card with a bad URL",
      {
        body: {
          msgtype: "actionCard",
          actionCard: { ...card, btns: [{ title: "b", actionURL: "javascript:x" }] },
        },
      },
      40035,
    ],
    [
      "a card with a bad orientation",
      { body: { msgtype: "actionCard", actionCard: { ...card, btnOrientation: 0, btns: [button] } } },
      40035,
    ],
    ["mentions", { body: { ...text, at: { atMobiles: ["1"], atUserIds: [], isAtAll: false } } }, 0],
    ["bad mentions", { body: { ...text, at: { atMobiles: [1] } } }, 40035],
  ])("answers %s", async (_, call, errcode) => {
    const send = await start({ accessToken: () => "t" });
    expect(await send(call)).toBe(errcode);
    expect(robot?.messages()).toHaveLength(errcode === 0 ? 1 : 0);
  });

  it("counts bytes of UTF-8 up to 20,000", async () => {
    const send = await start();
    const body = (content: string) => JSON.stringify({ msgtype: "text", text: { content } });
    const room = 20_000 - Buffer.byteLength(body(""));
    expect(await send({ body: body("告".repeat(Math.floor(room / 3)) + "x".repeat(room % 3)) })).toBe(0);
    expect(await send({ body: body("告".repeat(Math.floor(room / 3)) + "x".repeat((room % 3) + 1)) })).toBe(
      460101,
    );
  });

  it.each<[string, (now: number) => Record<string, string>, number]>([
    ["a right signature", (now) => sign(now), 0],
    ["one just within the hour", (now) => sign(now - 3_600_000), 0],
    ["one over an hour old", (now) => sign(now - 3_600_001), 310000],
    ["one over an hour ahead", (now) => sign(now + 3_600_001), 310000],
    ["seconds instead of milliseconds", (now) => sign(Math.floor(now / 1000)), 310000],
    ["another secret", (now) => sign(now, "SECx"), 310000],
    ["another time than signed", (now) => ({ ...sign(now), timestamp: String(now + 1) }), 310000],
    [
      "a signature encoded twice",
      (now) => ({ ...sign(now), sign: encodeURIComponent(sign(now)["sign"] ?? "") }),
      310000,
    ],
    ["no signature", () => ({ access_token: "t" }), 310000],
  ])("with signatures: %s", async (_, query, errcode) => {
    const now = 1_795_436_397_784;
    const send = await start({ signingSecret: () => secret, now: () => now });
    expect(await send({ query: query(now) })).toBe(errcode);
  });

  it("looks for the keyword in the text", async () => {
    const send = await start({ keyword: "监控" });
    expect(await send()).toBe(0);
    expect(await send({ body: { msgtype: "text", text: { content: "监 控" } } })).toBe(310000);
  });

  it("takes 20 a minute, then punishes with an answer without errcode", async () => {
    let now = Date.now();
    const send = await start({ now: () => now });
    for (let index = 0; index < 20; index += 1) expect(await send()).toBe(0);
    now += 59_999;
    expect(await send()).toBe(130101);
    now += 599_999;
    expect(await send()).toBeUndefined();
    now += 1;
    expect(await send()).toBe(0);
    expect(robot?.messages()).toHaveLength(21);
  });

  it("forgets a message after a minute", async () => {
    let now = Date.now();
    const send = await start({ now: () => now, ratePerMinute: 2 });
    expect(await send()).toBe(0);
    now += 30_000;
    expect(await send()).toBe(0);
    now += 30_000;
    expect(await send()).toBe(0);
    expect(await send()).toBe(130101);
  });

  it("lists messages by id or time, and forgets them when told", async () => {
    let now = Date.parse("2026-11-23T10:00:00Z");
    const send = await start({ now: () => now });
    await send();
    now += 60_000;
    await send();
    const list = async (query: string) => {
      const response = await fetch(`${robot?.url ?? ""}/messages${query}`);
      return ((await response.json()) as { id: number }[]).map((message) => message.id);
    };
    expect(await list("")).toEqual([1, 2]);
    expect(await list("?since=1")).toEqual([2]);
    expect(await list("?since=2026-11-23T10:00:30Z")).toEqual([2]);
    await fetch(`${robot?.url ?? ""}/messages`, { method: "DELETE" });
    expect(await list("")).toEqual([]);
    await send();
    expect(await list("")).toEqual([3]);
  });

  it("can be told to misbehave for some requests, and refuses an unknown way", async () => {
    const send = await start();
    const tell = (mode: unknown) =>
      fetch(`${robot?.url ?? ""}/mode`, { method: "POST", body: JSON.stringify(mode) });
    expect((await tell({ mode: "errcode", errcode: 460101, times: 2 })).status).toBe(200);
    expect([await send(), await send(), await send()]).toEqual([460101, 460101, 0]);
    expect((await tell({ mode: "explode" })).status).toBe(400);
    expect((await tell({ mode: "http" })).status).toBe(400);
    await tell({ mode: "reset" });
    await expect(send()).rejects.toThrow();
  });
});
