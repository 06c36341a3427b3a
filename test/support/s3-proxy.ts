/**
 * A proxy before an S3 server that enforces IAM policies as AWS does, and records who asked for what.
 *
 * The server knows one key with all rights; each program comes through a proxy of its own, which knows the program's
 * policy. A request is passed on unchanged, its signature included, once the policies allow what it means.
 */
import * as http from "node:http";
import type { AddressInfo } from "node:net";

import type { PolicyDocument } from "../../components/object-store/policies.ts";
import { Decision, evaluate, type IamRequest } from "./iam.ts";

/** What a program asked for. */
export interface RecordedRequest extends IamRequest {
  decision: Decision;
}

/** A running proxy. */
export interface S3Proxy {
  /** `host:port` for the object-store file. */
  readonly address: string;
  readonly requests: readonly RecordedRequest[];
  /** While true, every connection is ended without an answer, as when the server is down. */
  isDown: boolean;
  stop(): Promise<void>;
}

/** The S3 actions that a request needs. Source: the service authorization reference of Amazon S3. */
export function actionsOf(method: string, url: URL): IamRequest[] {
  const [, bucket = "", ...rest] = decodeURIComponent(url.pathname).split("/");
  const key = rest.join("/");
  const bucketArn = `arn:aws:s3:::${bucket}`;
  const query = url.searchParams;
  // As over the internet, where the bucket's policy asks for TLS.
  const context = { "aws:SecureTransport": "true", "s3:TlsVersion": "1.3" };
  if (key === "") {
    if (method === "GET" && query.has("location"))
      return [{ action: "s3:GetBucketLocation", resource: bucketArn, context }];
    if (method === "GET" || method === "HEAD") {
      const prefix = query.get("prefix");
      const known = prefix === null ? context : { ...context, "s3:prefix": prefix };
      return [{ action: "s3:ListBucket", resource: bucketArn, context: known }];
    }
    return [{ action: `s3:unknown-${method}-of-a-bucket`, resource: bucketArn, context }];
  }
  const resource = `${bucketArn}/${key}`;
  const actions: Record<string, string> = {
    GET: "s3:GetObject",
    HEAD: "s3:GetObject",
    PUT: "s3:PutObject",
    // Begin and end of an upload in parts.
    POST: "s3:PutObject",
    DELETE: query.has("uploadId") ? "s3:AbortMultipartUpload" : "s3:DeleteObject",
  };
  return [{ action: actions[method] ?? `s3:unknown-${method}`, resource, context }];
}

/** Starts a proxy for one program. */
export async function startS3Proxy(
  upstream: { host: string; port: number },
  policies: readonly PolicyDocument[],
): Promise<S3Proxy> {
  const requests: RecordedRequest[] = [];
  const state = { isDown: false };
  const decide = (request: IamRequest): Decision => {
    const decision = evaluate(policies, request);
    requests.push({ ...request, decision });
    return decision;
  };
  const server = http.createServer((incoming, response) => {
    if (state.isDown) {
      incoming.socket.destroy();
      return;
    }
    const method = incoming.method ?? "GET";
    const url = new URL(incoming.url ?? "/", "http://s3");
    const wanted = actionsOf(method, url);
    if (wanted.some((request) => decide(request) !== Decision.Allowed)) {
      deny(response);
      return;
    }
    const outgoing = http.request(
      { ...upstream, method, path: incoming.url, headers: incoming.headers },
      (answer) => {
        // S3 tells only those who may list that an object is missing; the others get the same as for no rights.
        const list: IamRequest = {
          action: "s3:ListBucket",
          resource: (wanted[0]?.resource ?? "").split("/")[0] ?? "",
        };
        if (answer.statusCode === 404 && evaluate(policies, list) !== Decision.Allowed) {
          answer.resume();
          requests.push({ ...list, decision: Decision.ImplicitlyDenied });
          deny(response);
          return;
        }
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      },
    );
    outgoing.on("error", () => incoming.socket.destroy());
    incoming.on("error", () => outgoing.destroy());
    incoming.pipe(outgoing);
  });
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    address: `127.0.0.1:${String(port)}`,
    requests,
    get isDown() {
      return state.isDown;
    },
    set isDown(value: boolean) {
      state.isDown = value;
      if (value) server.closeAllConnections();
    },
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function deny(response: http.ServerResponse): void {
  response.writeHead(403, { "content-type": "application/xml" });
  response.end("<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>");
}
