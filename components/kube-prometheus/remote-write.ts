import type { RemoteWriteSpec } from "../crds/monitoring.ts";
import type { PrometheusServerArgs } from "./args.ts";
import type { RemoteWriteArgs } from "./remote-write-args.ts";

/** Samples of one request and of one shard's buffer where none are given; Prometheus' own defaults. */
export const DEFAULT_QUEUE = { capacity: 10_000, maxSamplesPerSend: 2000, minShards: 1, maxShards: 50 };

/** `remoteWrite` of the Prometheus or PrometheusAgent object. */
export function remoteWriteSpecs({
  remoteWrite = [],
  nativeHistograms,
}: PrometheusServerArgs): RemoteWriteSpec[] {
  return remoteWrite.map((target) => remoteWriteSpec(target, nativeHistograms !== undefined));
}

function remoteWriteSpec(target: RemoteWriteArgs, hasNativeHistograms: boolean): RemoteWriteSpec {
  const { sigV4, oauth2 } = target;
  return {
    name: target.name,
    url: target.url,
    remoteTimeout: target.timeout ?? "30s",
    ...(target.headers === undefined ? {} : { headers: target.headers }),
    ...(target.messageVersion === undefined ? {} : { messageVersion: target.messageVersion }),
    ...(target.writeRelabelings === undefined ? {} : { writeRelabelConfigs: target.writeRelabelings }),
    ...(target.basicAuth === undefined ? {} : { basicAuth: target.basicAuth }),
    ...(target.bearerToken === undefined
      ? {}
      : { authorization: { type: "Bearer", credentials: target.bearerToken } }),
    ...(oauth2 === undefined ? {} : { oauth2: { ...oauth2, clientId: { secret: oauth2.clientId } } }),
    ...(sigV4 === undefined ? {} : { sigv4: sigV4 }),
    ...(target.tls === undefined ? {} : { tlsConfig: target.tls }),
    ...(target.sendExemplars === undefined ? {} : { sendExemplars: target.sendExemplars }),
    sendNativeHistograms: target.sendNativeHistograms ?? hasNativeHistograms,
    queueConfig: { ...target.queue, retryOnRateLimit: target.queue?.retryOnRateLimit ?? true },
  };
}
