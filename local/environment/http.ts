import * as http from "node:http";
import * as https from "node:https";

/** Answer of a request, read whole. */
export interface Answer {
  readonly status: number;
  readonly body: string;
}

/** Options of {@link request}. */
export interface RequestOptions {
  readonly method?: string;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** PEM text of the authority that the server's certificate is checked against. */
  readonly certificateAuthority?: string;
  /** Milliseconds until the request is given up; default 5 s. */
  readonly timeoutMs?: number;
}

/** A plain request: unlike `fetch`, it takes a certificate authority and keeps no connection open. */
export async function request(url: string, options: RequestOptions = {}): Promise<Answer> {
  const client = url.startsWith("https:") ? https : http;
  return await new Promise<Answer>((resolve, reject) => {
    const outgoing = client.request(
      url,
      {
        method: options.method ?? "GET",
        headers: options.headers,
        agent: false,
        ...(options.certificateAuthority === undefined ? {} : { ca: options.certificateAuthority }),
        signal: AbortSignal.timeout(options.timeoutMs ?? 5000),
      },
      (incoming) => {
        const chunks: Buffer[] = [];
        incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
        incoming.on("error", reject);
        incoming.on("end", () => {
          resolve({ status: incoming.statusCode ?? 0, body: Buffer.concat(chunks).toString("utf8") });
        });
      },
    );
    outgoing.on("error", reject);
    outgoing.end(options.body);
  });
}

/** GET of a JSON document; an answer other than 2xx is an error with its text. */
export async function getJson<T>(url: string, options: RequestOptions = {}): Promise<T> {
  const answer = await request(url, options);
  if (answer.status < 200 || answer.status > 299) {
    throw new Error(`${url} answered ${String(answer.status)}: ${answer.body.slice(0, 500)}`);
  }
  return JSON.parse(answer.body) as T;
}
