/** What DingTalk's robot endpoint checks about a request. Pure. */
import { createHmac, timingSafeEqual } from "node:crypto";

/** DingTalk's answer in a 200 response. */
export interface RobotReply {
  readonly errcode: number;
  readonly errmsg: string;
}

/** A message that passed the checks. */
export interface ParsedMessage {
  readonly msgtype: string;
  readonly title: string;
  readonly text: string;
  readonly body: Readonly<Record<string, unknown>>;
}

export const okReply: RobotReply = { errcode: 0, errmsg: "ok" };
/** Largest body in bytes. */
export const maxBodyBytes = 20_000;
/** How far the timestamp may be off. */
export const maxSkewMilliseconds = 60 * 60 * 1000;

/** Content type: JSON, with UTF-8 as the only charset. */
export function checkContentType(header: string | undefined): RobotReply | undefined {
  const [type, ...parameters] = (header ?? "")
    .toLowerCase()
    .split(";")
    .map((part) => part.trim());
  const charset = parameters.find((parameter) => parameter.startsWith("charset="));
  const utf8 = charset === undefined || /^charset="?utf-?8"?$/.test(charset);
  return type === "application/json" && utf8
    ? undefined
    : { errcode: 43004, errmsg: "无效的HTTP HEADER Content-Type" };
}

/** The access token; without an expected one any that isn't empty will do. */
export function checkToken(given: string | null, expected: string | undefined): RobotReply | undefined {
  if (given === null || given === "") return { errcode: 40035, errmsg: "缺少参数 access_token" };
  if (expected !== undefined && !equal(given, expected))
    return { errcode: 300005, errmsg: "token is not exist" };
  return undefined;
}

/** Timestamp and signature, when the robot is set to signatures. */
export function checkSignature(
  query: URLSearchParams,
  secret: string | undefined,
  now: number,
): RobotReply | undefined {
  if (secret === undefined) return undefined;
  const timestamp = query.get("timestamp") ?? "";
  const sign = query.get("sign") ?? "";
  if (timestamp === "" || sign === "") {
    const errmsg =
      "description:机器人发送签名不匹配;solution:请确认签名和生成签名的时间戳必须都放在调用的网址中，请确认机器人的密钥加密和填写正确;";
    return { errcode: 310000, errmsg };
  }
  if (!/^\d{13}$/.test(timestamp) || Math.abs(now - Number(timestamp)) > maxSkewMilliseconds) {
    return { errcode: 310000, errmsg: "invalid timestamp" };
  }
  // Written out again rather than imported: the fake must not share a mistake with what it tests.
  const expected = createHmac("sha256", Buffer.from(secret, "utf8"))
    .update(Buffer.from(`${timestamp}\n${secret}`, "utf8"))
    .digest("base64");
  return equal(sign, expected) ? undefined : { errcode: 310000, errmsg: "sign not match" };
}

/** The body's size, encoding, shape and keyword. */
export function checkBody(raw: Buffer, keyword: string | undefined): RobotReply | ParsedMessage {
  if (raw.byteLength > maxBodyBytes)
    return { errcode: 460101, errmsg: "message too long, exceed 20000 bytes" };
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(raw));
  } catch {
    return { errcode: 40035, errmsg: "不合法的参数: json" };
  }
  if (!isObject(value)) return { errcode: 40035, errmsg: "缺少参数 json" };
  const parsed = parseMessage(value);
  if ("errcode" in parsed) return parsed;
  const at = value["at"];
  if (at !== undefined && !isAt(at)) return { errcode: 40035, errmsg: "不合法的参数: at" };
  if (keyword !== undefined && !`${parsed.title}\n${parsed.text}`.includes(keyword)) {
    const errmsg =
      "description:关键词不匹配;solution:请联系群管理员查看此机器人的关键词，并在发送的信息中包含该关键词;";
    return { errcode: 310000, errmsg };
  }
  return parsed;
}

function parseMessage(body: Record<string, unknown>): RobotReply | ParsedMessage {
  const { msgtype } = body;
  switch (msgtype) {
    case "text":
      return parsePart(body, msgtype, [], ["content"]);
    case "markdown":
      return parsePart(body, msgtype, ["title"], ["text"]);
    case "link":
      return parsePart(body, msgtype, ["title", "messageUrl"], ["text"]);
    case "actionCard":
      return parseActionCard(body);
    default:
      // feedCard exists too, but carries no text of its own and nothing here sends it.
      return { errcode: 400105, errmsg: "不支持的消息类型" };
  }
}

function parsePart(
  body: Record<string, unknown>,
  msgtype: string,
  needed: readonly string[],
  texts: readonly string[],
): RobotReply | ParsedMessage {
  const part = body[msgtype];
  if (!isObject(part)) return { errcode: 40035, errmsg: `缺少参数 ${msgtype}` };
  const missing = [...needed, ...texts].find((name) => !isText(part[name]));
  if (missing !== undefined) return { errcode: 40035, errmsg: `缺少参数 ${msgtype}->${missing}` };
  return {
    msgtype,
    title: needed.includes("title") ? String(part["title"]) : "",
    text: texts.map((name) => String(part[name])).join("\n"),
    body,
  };
}

function parseActionCard(body: Record<string, unknown>): RobotReply | ParsedMessage {
  const parsed = parsePart(body, "actionCard", ["title"], ["text"]);
  if ("errcode" in parsed) return parsed;
  const card = body["actionCard"] as Record<string, unknown>;
  const single = isText(card["singleTitle"]) && isUrl(card["singleURL"]);
  const { btns } = card;
  const several =
    Array.isArray(btns) &&
    btns.length > 0 &&
    btns.every(
      (button: unknown) => isObject(button) && isText(button["title"]) && isUrl(button["actionURL"]),
    );
  if (!single && !several) return { errcode: 40035, errmsg: "缺少参数 actionCard->btns" };
  if (btns !== undefined && !several) return { errcode: 40035, errmsg: "不合法的参数: actionCard->btns" };
  const orientation = card["btnOrientation"];
  if (orientation !== undefined && orientation !== "0" && orientation !== "1") {
    return { errcode: 40035, errmsg: "不合法的参数: actionCard->btnOrientation" };
  }
  return parsed;
}

function isAt(value: unknown): boolean {
  if (!isObject(value)) return false;
  const list = (name: string) => {
    const entry = value[name];
    return entry === undefined || (Array.isArray(entry) && entry.every((item) => typeof item === "string"));
  };
  const all = value["isAtAll"];
  return list("atMobiles") && list("atUserIds") && (all === undefined || typeof all === "boolean");
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isText(value: unknown): boolean {
  return typeof value === "string" && value.trim() !== "";
}

function isUrl(value: unknown): boolean {
  return typeof value === "string" && /^(https?|dingtalk):\/\//.test(value) && URL.canParse(value);
}

function equal(a: string, b: string): boolean {
  const left = Buffer.from(a, "utf8");
  const right = Buffer.from(b, "utf8");
  return left.byteLength === right.byteLength && timingSafeEqual(left, right);
}
