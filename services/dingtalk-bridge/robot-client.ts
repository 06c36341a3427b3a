/** One call to a DingTalk robot. */
import { performance } from "node:perf_hooks";
import type { RobotAnswer } from "./errcode.ts";

/** DingTalk's answers are a few hundred bytes; more than this is something else. */
const maxAnswerBytes = 64 * 1024;

const tlsErrors = /^(ERR_TLS|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|ERR_SSL|EPROTO|HOSTNAME_MISMATCH)/;

/**
 * Posts a message. Never throws for a network failure; the answer names its code only, since the errors of the HTTP client may
 * carry the URL, which holds the token. Redirects are not followed for the same reason.
 *
 * @param url the signed URL
 * @param timeoutMilliseconds for the whole call
 */
export async function postMessage(url: URL, body: string, timeoutMilliseconds: number): Promise<RobotAnswer> {
  const abort = AbortSignal.timeout(timeoutMilliseconds);
  try {
    const response = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json; charset=utf-8" },
      body,
      redirect: "manual",
      signal: abort,
    });
    return { kind: "http", status: response.status, body: await readLimited(response) };
  } catch (error) {
    if (abort.aborted) return { kind: "network", reason: "timeout", code: "timeout" };
    const code = errorCode(error);
    return { kind: "network", reason: tlsErrors.test(code) ? "tls" : "network", code };
  }
}

/** A call and the seconds that it took. */
export async function timed<T>(call: () => Promise<T>): Promise<{ result: T; seconds: number }> {
  const start = performance.now();
  const result = await call();
  return { result, seconds: (performance.now() - start) / 1000 };
}

async function readLimited(response: Response): Promise<string> {
  if (response.body === null) return "";
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
    size += chunk.byteLength;
    if (size > maxAnswerBytes) return "";
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

/** The innermost error code, such as ECONNREFUSED; "unknown" when there is none. */
function errorCode(error: unknown): string {
  let code = "unknown";
  for (let depth = 0, at: unknown = error; depth < 5 && typeof at === "object" && at !== null; depth += 1) {
    const { code: own, cause, errors } = at as { code?: unknown; cause?: unknown; errors?: unknown };
    if (typeof own === "string" && /^[A-Z0-9_]+$/.test(own)) code = own;
    at = cause ?? (Array.isArray(errors) ? errors[0] : undefined);
  }
  return code;
}
