/**
 * What an answer of DingTalk means. DingTalk answers HTTP 200 for nearly everything and reports failures by `errcode` in the
 * body; Alertmanager takes any 2xx as delivered and repeats after 5xx only. So each outcome maps to 200, 400 or 503.
 *
 * Codes: DingTalk's error code table of custom robots, and answers recorded by users of it (the throttle's body without
 * errcode, 300005 for a token that doesn't exist).
 */

/** Why a notification could not be delivered; the value of the metrics' label `reason`. */
export const FailureReason = {
  /** DingTalk limits the robot to 20 messages a minute and has refused one. */
  throttled: "throttled",
  /** DingTalk asks to try again (errcode -1). */
  busy: "busy",
  /** No answer in time. */
  timeout: "timeout",
  /** Connection refused, reset, no route, name not found. */
  network: "network",
  /** The certificate or handshake failed. */
  tls: "tls",
  /** HTTP 5xx of DingTalk or a proxy. */
  httpServerError: "http_5xx",
  /** HTTP 3xx or 4xx: a wrong endpoint or a proxy in between. */
  httpClientError: "http_4xx",
  /** HTTP 200 with a body that is not DingTalk's. */
  badAnswer: "bad_answer",
  /** An errcode that is not in the table. */
  unknownErrcode: "unknown_errcode",
  /** 310000, wrong signature. */
  signature: "signature",
  /** 310000, the timestamp is more than an hour off: the clock is wrong. */
  timestamp: "timestamp",
  /** 310000, no keyword of the robot in the text. */
  keyword: "keyword",
  /** 310000, the sender's address is not on the robot's list. */
  ipNotAllowed: "ip_not_allowed",
  /** 310000 without a known message. */
  security: "security",
  /** 460101, more than 20,000 bytes. */
  tooLarge: "too_large",
  /** The access token is missing or doesn't exist. */
  token: "token",
  /** The robot is stopped or deleted, or its group is gone. */
  robotUnavailable: "robot_unavailable",
  /** DingTalk doesn't allow the text, a link or a picture in it. */
  contentRejected: "content_rejected",
  /** DingTalk says that the request itself is wrong. */
  badRequest: "bad_request",
  /** More notifications wait than the bridge may keep. */
  queueFull: "queue_full",
  /** The notification waited longer than `timeouts.holdSeconds`. */
  queueTimeout: "queue_timeout",
  /** The bridge is stopping. */
  shuttingDown: "shutting_down",
  /** Alertmanager closed the request before it was delivered. */
  clientGone: "client_gone",
  /** A secret file can't be read. */
  secretUnreadable: "secret_unreadable",
  /** A defect of the bridge. */
  internal: "internal",
} as const;
export type FailureReason = (typeof FailureReason)[keyof typeof FailureReason];

/** What came back from one send call. */
export type RobotAnswer =
  | { readonly kind: "http"; readonly status: number; readonly body: string }
  | { readonly kind: "network"; readonly reason: "timeout" | "network" | "tls"; readonly code: string };

/**
 * What to do with the notification: `delivered` answers 200; `retry` 503, so that Alertmanager repeats it; `reject` 400,
 * because repeating the same request can't help before a person has changed something.
 */
export type Verdict =
  | { readonly kind: "delivered" }
  | { readonly kind: "retry"; readonly reason: FailureReason; readonly detail: string }
  | { readonly kind: "reject"; readonly reason: FailureReason; readonly detail: string };

const tooFast = new Set([130101, 410100, 90018]);
const wrongToken = new Set([300001, 300005, 400101, 40014]);
const unavailable = new Set([400013, 400102, 400106]);
const content = new Set([430101, 430102, 430103, 430104]);
const wrongRequest = new Set([40035, 43002, 43004, 400105]);

/** Reasons that are about one message's text, not about the robot: a coalesced message with one of these is sent apart. */
export const contentReasons: ReadonlySet<FailureReason> = new Set([
  FailureReason.contentRejected,
  FailureReason.tooLarge,
  FailureReason.badRequest,
]);

/** Maps the answer to one send call to what Alertmanager is told. */
export function classifyAnswer(answer: RobotAnswer): Verdict {
  if (answer.kind === "network") {
    return retry(answer.reason, `no answer from DingTalk (${answer.code})`);
  }
  const { status } = answer;
  if (status === 429) return retry(FailureReason.throttled, "HTTP 429");
  if (status === 408 || status >= 500) return retry(FailureReason.httpServerError, `HTTP ${String(status)}`);
  if (status !== 200) {
    return reject(
      FailureReason.httpClientError,
      `HTTP ${String(status)} instead of 200: check the robot's endpoint and the proxies on the way`,
    );
  }
  const body = parseBody(answer.body);
  if (body === undefined) return retry(FailureReason.badAnswer, "HTTP 200 without an errcode");
  if (body === "punished") return retry(FailureReason.throttled, "refused by DingTalk's traffic control");
  return classifyErrcode(body.errcode, body.errmsg);
}

function classifyErrcode(errcode: number, errmsg: string): Verdict {
  const detail = `errcode ${String(errcode)}: ${errmsg}`;
  if (errcode === 0) return { kind: "delivered" };
  if (errcode === -1) return retry(FailureReason.busy, detail);
  if (tooFast.has(errcode)) return retry(FailureReason.throttled, detail);
  if (errcode === 310000) return reject(securityReason(errmsg), detail);
  if (errcode === 460101) return reject(FailureReason.tooLarge, detail);
  if (wrongToken.has(errcode)) return reject(FailureReason.token, detail);
  if (unavailable.has(errcode)) return reject(FailureReason.robotUnavailable, detail);
  if (content.has(errcode)) return reject(FailureReason.contentRejected, detail);
  if (errcode === 40035 && errmsg.includes("access_token")) return reject(FailureReason.token, detail);
  if (wrongRequest.has(errcode)) return reject(FailureReason.badRequest, detail);
  // DingTalk has used several codes for its limits, and adds some: better a pause too many than a longer punishment.
  if (/too (fast|many|frequent)|frequency|limit exceeded|限流|频繁|太快/i.test(errmsg)) {
    return retry(FailureReason.throttled, detail);
  }
  // Not known to be permanent, so it is tried again rather than given up.
  return retry(FailureReason.unknownErrcode, detail);
}

/** One errcode for several causes: only the message tells them apart, in English (older) or Chinese. */
function securityReason(errmsg: string): FailureReason {
  if (/timestamp.*invalid|invalid timestamp|时间戳(无效|过期|不合法)/i.test(errmsg))
    return FailureReason.timestamp;
  if (/keyword|关键词/i.test(errmsg)) return FailureReason.keyword;
  if (/sign|签名/i.test(errmsg)) return FailureReason.signature;
  if (/whitelist|白名单|\bip\b/i.test(errmsg)) return FailureReason.ipNotAllowed;
  return FailureReason.security;
}

/** The body's errcode and errmsg; "punished" for the traffic control's body, which has no errcode; undefined for anything else. */
function parseBody(text: string): { errcode: number; errmsg: string } | "punished" | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== "object" || value === null) return undefined;
  const { errcode, errmsg, punish } = value as { errcode?: unknown; errmsg?: unknown; punish?: unknown };
  if (typeof errcode === "number") {
    return { errcode, errmsg: typeof errmsg === "string" ? errmsg.slice(0, 300) : "" };
  }
  return punish === undefined ? undefined : "punished";
}

function retry(reason: FailureReason, detail: string): Verdict {
  return { kind: "retry", reason, detail };
}

function reject(reason: FailureReason, detail: string): Verdict {
  return { kind: "reject", reason, detail };
}
