import type { IncomingMessage, ServerResponse } from "node:http";

/** Largest body that is read, in bytes. */
const bodyLimit = 8 * 1024 * 1024;

/** A body longer than the limit. */
export class BodyTooLarge extends Error {
  override readonly name = "BodyTooLarge";
}

/** The body of a request as text. @throws BodyTooLarge */
export async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > bodyLimit) {
      throw new BodyTooLarge(`the body is longer than ${String(bodyLimit)} bytes`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

/** Sends a whole answer. */
export function send(response: ServerResponse, status: number, type: string, body: string): void {
  // Set one by one, so that the length can be read back for the metrics.
  response.statusCode = status;
  response.setHeader("content-type", type);
  response.setHeader("content-length", Buffer.byteLength(body));
  response.end(body);
}

export function sendJson(response: ServerResponse, status: number, body: unknown): void {
  send(response, status, "application/json", JSON.stringify(body));
}

/** A header's Content-Length, or 0. */
export function contentLength(value: unknown): number {
  const length = typeof value === "string" || typeof value === "number" ? Number(value) : 0;
  return Number.isSafeInteger(length) && length > 0 ? length : 0;
}
