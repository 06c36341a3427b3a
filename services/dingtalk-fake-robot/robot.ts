/** A DingTalk robot to test against: as strict as the real one, and on request as unkind. */
import { createServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { checkBody, checkContentType, checkSignature, checkToken, okReply } from "./checks.ts";
import type { RobotReply } from "./checks.ts";
import { parseMode } from "./mode.ts";
import type { Mode, ModeInput } from "./mode.ts";

export interface FakeRobotOptions {
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Default 0: any free port. */
  readonly port?: number;
  /** Read at each request, so that a test can rotate it. Without it any token will do. */
  readonly accessToken?: () => string;
  /** Read at each request. Without it signatures aren't looked at. */
  readonly signingSecret?: () => string;
  /** A message's title or text must contain it. */
  readonly keyword?: string;
  /** Messages per minute; the next one is refused and punished. Default 20. */
  readonly ratePerMinute?: number;
  /** How long a robot that was too fast is refused everything. Default 600, as DingTalk says. */
  readonly punishSeconds?: number;
  /** Told of each accepted message. */
  readonly onMessage?: (message: ReceivedMessage) => void;
  /** Milliseconds since 1970. Default Date.now. */
  readonly now?: () => number;
}

/** An accepted message. */
export interface ReceivedMessage {
  /** 1, 2, 3 … */
  readonly id: number;
  /** RFC 3339. */
  readonly receivedAt: string;
  /** Of the JSON body. */
  readonly bytes: number;
  readonly msgtype: string;
  readonly title: string;
  readonly text: string;
  readonly body: Readonly<Record<string, unknown>>;
}

/** A running fake robot. */
export interface FakeRobot {
  /** `http://HOST:PORT/robot/send`, the endpoint without a token. */
  readonly endpoint: string;
  /** `http://HOST:PORT`. */
  readonly url: string;
  readonly messages: () => readonly ReceivedMessage[];
  /** Errcodes of refused requests, in order. */
  readonly refusals: () => readonly RobotReply[];
  readonly setMode: (mode: ModeInput) => void;
  readonly close: () => Promise<void>;
}

const keptMessages = 1000;
const minute = 60_000;

/** Starts a fake robot. Rejects when the address is taken. */
export async function startFakeRobot(options: FakeRobotOptions = {}): Promise<FakeRobot> {
  const now = options.now ?? Date.now;
  let mode: Mode = { mode: "ok" };
  let messages: ReceivedMessage[] = [];
  let refusals: RobotReply[] = [];
  let nextId = 1;
  let accepted: number[] = [];
  let punishedUntil = 0;

  /** The checks in order; the first that fails is the answer. */
  const judge = (request: IncomingMessage, query: URLSearchParams, raw: Buffer): RobotReply | "punished" => {
    const failed =
      (request.method === "POST" ? undefined : { errcode: 43002, errmsg: "需要POST请求" }) ??
      checkContentType(request.headers["content-type"]) ??
      checkToken(query.get("access_token"), options.accessToken?.());
    if (failed !== undefined) return failed;
    const time = now();
    if (time < punishedUntil) return "punished";
    const refused = checkSignature(query, options.signingSecret?.(), time);
    if (refused !== undefined) return refused;
    const parsed = checkBody(raw, options.keyword);
    if ("errcode" in parsed) return parsed;
    accepted = accepted.filter((at) => time - at < minute);
    if (accepted.length >= (options.ratePerMinute ?? 20)) {
      punishedUntil = time + (options.punishSeconds ?? 600) * 1000;
      return { errcode: 130101, errmsg: "send too fast, exceed 20 times per minute" };
    }
    accepted.push(time);
    const message = {
      id: nextId,
      receivedAt: new Date(time).toISOString(),
      bytes: raw.byteLength,
      ...parsed,
    };
    nextId += 1;
    messages = [...messages, message].slice(-keptMessages);
    options.onMessage?.(message);
    return okReply;
  };

  const nextMode = (): Mode => {
    const current = mode;
    if ("times" in current && current.times !== undefined) {
      mode = current.times > 1 ? { ...current, times: current.times - 1 } : { mode: "ok" };
    }
    return current;
  };

  const refuse = (response: ServerResponse, reply: RobotReply) => {
    refusals = [...refusals, reply].slice(-keptMessages);
    sendJson(response, 200, reply);
  };

  const receive = async (request: IncomingMessage, response: ServerResponse, query: URLSearchParams) => {
    const raw = await readBody(request);
    const current = nextMode();
    switch (current.mode) {
      case "timeout":
        return;
      case "reset":
        request.socket.resetAndDestroy();
        return;
      case "http":
        response.writeHead(current.status, {
          "content-type": "text/html",
          ...(current.location === undefined ? {} : { location: current.location }),
        });
        response.end(current.body);
        return;
      case "errcode":
        refuse(response, { errcode: current.errcode, errmsg: current.errmsg });
        return;
      case "punish":
        sendPunished(response);
        return;
      case "slow":
        await new Promise((resolve) => setTimeout(resolve, current.delayMilliseconds));
        break;
      case "ok":
    }
    const reply = judge(request, query, raw);
    if (reply === "punished") sendPunished(response);
    else if (reply.errcode === 0) sendJson(response, 200, reply);
    else refuse(response, reply);
  };

  const control = async (request: IncomingMessage, response: ServerResponse, url: URL) => {
    switch (`${request.method ?? ""} ${url.pathname}`) {
      case "GET /messages":
        sendJson(response, 200, since(messages, url.searchParams.get("since")));
        return;
      case "DELETE /messages":
        messages = [];
        refusals = [];
        sendJson(response, 200, { status: "ok" });
        return;
      case "GET /refusals":
        sendJson(response, 200, refusals);
        return;
      case "GET /mode":
        sendJson(response, 200, mode);
        return;
      case "POST /mode":
        try {
          mode = parseMode(JSON.parse((await readBody(request)).toString("utf8")));
          sendJson(response, 200, mode);
        } catch (error) {
          sendJson(response, 400, { error: error instanceof Error ? error.message : "invalid" });
        }
        return;
      case "GET /-/healthy":
        sendJson(response, 200, { status: "healthy" });
        return;
      default:
        sendJson(response, 404, { errcode: 404, errmsg: "请求的URI地址不存在" });
    }
  };

  const server = createServer((request, response) => {
    const url = new URL(request.url ?? "/", "http://fake");
    const handled =
      url.pathname === "/robot/send"
        ? receive(request, response, url.searchParams)
        : control(request, response, url);
    handled.catch(() => response.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port ?? 0, options.host ?? "127.0.0.1", resolve);
  });
  const { address, family, port } = server.address() as AddressInfo;
  const base = `http://${family === "IPv6" ? `[${address}]` : address}:${String(port)}`;
  return {
    url: base,
    endpoint: `${base}/robot/send`,
    messages: () => messages,
    refusals: () => refusals,
    setMode: (input) => {
      mode = parseMode(input);
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}

/** Messages after an id, or received at or after a time. */
function since(messages: readonly ReceivedMessage[], from: string | null): readonly ReceivedMessage[] {
  if (from === null || from === "") return messages;
  if (/^\d+$/.test(from)) return messages.filter((message) => message.id > Number(from));
  const time = Date.parse(from);
  return messages.filter((message) => Date.parse(message.receivedAt) >= time);
}

/** What DingTalk's traffic control answers: no errcode at all. */
function sendPunished(response: ServerResponse): void {
  sendJson(response, 200, { status: 1111, wait: 5, source: "x5", punish: "deny", uuid: "fake" });
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.byteLength;
    // Enough to see that it is too large.
    if (size <= 1024 * 1024) chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
