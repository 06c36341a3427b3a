import { createHmac } from "node:crypto";

/**
 * DingTalk's robot signature: base64 of HMAC-SHA256 over `<timestamp>\n<secret>`, keyed with the secret.
 * Source: "Custom robot security settings" of the DingTalk Open Platform.
 *
 * @param timestamp milliseconds since 1970; DingTalk accepts one hour of difference to its own clock
 * @param secret the robot's signing secret (starts with SEC)
 * @returns base64, not yet URL-encoded
 */
export function signature(timestamp: number, secret: string): string {
  return createHmac("sha256", secret)
    .update(`${String(timestamp)}\n${secret}`, "utf8")
    .digest("base64");
}

/**
 * The URL of one send call: `access_token`, and with a signing secret `timestamp` and the URL-encoded `sign`.
 * The result holds credentials: it must never reach a log or an error.
 */
export function sendUrl(
  endpoint: string,
  accessToken: string,
  secret: string | undefined,
  timestamp: number,
): URL {
  const url = new URL(endpoint);
  url.searchParams.set("access_token", accessToken);
  if (secret !== undefined) {
    url.searchParams.set("timestamp", String(timestamp));
    url.searchParams.set("sign", signature(timestamp, secret));
  }
  return url;
}
