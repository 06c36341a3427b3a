/** The bridge's HTTP interface. */
import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { BridgeConfig } from "./config.ts";
import type { Instruments } from "./instruments.ts";
import type { Log } from "./log.ts";
import { RequestRejection } from "./metrics.ts";
import type { Robot } from "./robot.ts";
import type { Redactor } from "./secrets.ts";
import { MalformedWebhookError, parseWebhook } from "./webhook.ts";

export interface ServerContext {
  readonly config: BridgeConfig;
  readonly robots: ReadonlyMap<string, Robot>;
  readonly instruments: Instruments;
  readonly log: Log;
  readonly redactor: Redactor;
  readonly isStopping: () => boolean;
}

interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Makes the server; the caller lets it listen. */
export function createBridgeServer(context: ServerContext): Server {
  const server = createServer((request, response) => {
    handle(request, response, context).catch((error: unknown) => {
      context.log.error("request failed unexpectedly", {
        error: error instanceof Error ? error.name : "unknown",
      });
      if (!response.headersSent)
        answer(response, failure(503, "internal", "Internal error; see the log."), context);
    });
  });
  server.requestTimeout = 20_000;
  server.headersTimeout = 10_000;
  // Longer than Alertmanager keeps idle connections (5 minutes), so that it never reuses one that is just being closed.
  server.keepAliveTimeout = 330_000;
  server.maxConnections = 1024;
  return server;
}

async function handle(
  request: IncomingMessage,
  response: ServerResponse,
  context: ServerContext,
): Promise<void> {
  const path = (request.url ?? "/").split("?", 1)[0] ?? "/";
  const send = /^\/dingtalk\/([^/]*)\/send$/.exec(path);
  const isSend = send !== null;
  const known = isSend || ["/", "/metrics", "/-/healthy", "/-/ready"].includes(path);
  if (!known) {
    answer(response, failure(404, "not_found", "Post notifications to /dingtalk/<robot>/send."), context);
    return;
  }
  const allowed = isSend ? ["POST"] : ["GET", "HEAD"];
  if (!allowed.includes(request.method ?? "")) {
    if (isSend) context.instruments.requestsRejected.inc({ reason: RequestRejection.method });
    const wrong = failure(405, "method", `Use ${allowed.join(" or ")}.`);
    answer(response, { ...wrong, headers: { allow: allowed.join(", ") } }, context);
    return;
  }
  if (isSend) answer(response, await notify(send[1] ?? "", request, response, context), context);
  else await inspect(path, response, context);
}

async function inspect(path: string, response: ServerResponse, context: ServerContext): Promise<void> {
  if (path === "/metrics") {
    const { registry } = context.instruments;
    const text = await registry.metrics();
    response.writeHead(200, { "content-type": registry.contentType }).end(text);
    return;
  }
  if (path === "/-/ready") {
    const problems = context.isStopping()
      ? ["the bridge is stopping"]
      : [...context.robots.values()].flatMap((robot) => robot.checkSecrets());
    answer(
      response,
      problems.length === 0
        ? { status: 200, body: { status: "ready" } }
        : failure(503, "not_ready", problems.join("; ")),
      context,
    );
    return;
  }
  answer(response, { status: 200, body: { status: path === "/" ? "dingtalk-bridge" : "healthy" } }, context);
}

async function notify(
  encodedName: string,
  request: IncomingMessage,
  response: ServerResponse,
  context: ServerContext,
): Promise<Answer> {
  const { instruments } = context;
  const refuse = (status: number, reason: RequestRejection, message: string) => {
    instruments.requestsRejected.inc({ reason });
    context.log.warn("request refused", { reason, detail: message });
    return failure(status, reason, message);
  };
  if (context.isStopping()) return stopping();
  const robot = context.robots.get(encodedName);
  if (robot === undefined) {
    const names = [...context.robots.keys()].join(", ");
    const name = JSON.stringify(encodedName.slice(0, 64));
    return refuse(404, RequestRejection.unknownRobot, `There is no robot ${name}; known robots: ${names}.`);
  }
  const body = await readBody(request, context.config.maxRequestBytes);
  if (body === "aborted")
    return refuse(400, RequestRejection.aborted, "The request ended before its body was complete.");
  if (body === "too large") {
    const limit = String(context.config.maxRequestBytes);
    return refuse(
      413,
      RequestRejection.tooLarge,
      `The body has more than ${limit} bytes; set max_alerts on the receiver, or raise maxRequestBytes.`,
    );
  }
  let notification;
  try {
    notification = parseWebhook(body.toString("utf8"));
  } catch (error) {
    if (!(error instanceof MalformedWebhookError)) throw error;
    return refuse(400, RequestRejection.malformed, error.message);
  }
  const gone = new AbortController();
  response.on("close", () => {
    if (!response.writableFinished) gone.abort();
  });
  const outcome = await robot.deliver(notification, body.byteLength, gone.signal);
  if (outcome.kind === "delivered") return { status: 200, body: { status: "delivered", robot: robot.name } };
  if (outcome.kind === "reject") return failure(400, outcome.reason, outcome.detail);
  const wait = String(Math.max(1, outcome.retryAfterSeconds));
  return { ...failure(503, outcome.reason, outcome.detail), headers: { "retry-after": wait } };
}

function stopping(): Answer {
  return { ...failure(503, "shutting_down", "The bridge is stopping."), headers: { "retry-after": "1" } };
}

/**
 * The whole body, or why there is none. One that is too large is read to its end but not kept, because a client that is cut
 * off while it sends doesn't see the answer.
 */
async function readBody(request: IncomingMessage, limit: number): Promise<Buffer | "too large" | "aborted"> {
  let chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      size += chunk.byteLength;
      if (size <= limit) chunks.push(chunk);
      else chunks = [];
    }
  } catch {
    return "aborted";
  }
  if (!request.complete) return "aborted";
  return size > limit ? "too large" : Buffer.concat(chunks);
}

function failure(status: number, reason: string, message: string): Answer {
  return { status, body: { status: "error", reason, message } };
}

function answer(response: ServerResponse, { status, body, headers }: Answer, context: ServerContext): void {
  if (response.destroyed || response.headersSent) return;
  // What DingTalk answered is part of the message, so the answer goes through the redactor like the logs.
  const text = `${context.redactor.redact(JSON.stringify(body))}\n`;
  response.writeHead(status, {
    "content-type": "application/json",
    "content-length": String(Buffer.byteLength(text)),
    ...(context.isStopping() ? { connection: "close" } : {}),
    ...headers,
  });
  response.end(text);
}
