import type { RemoteWriteArgs, RemoteWriteQueueArgs } from "./remote-write-args.ts";

/** What a remote write queue follows from. */
export interface RemoteWriteLoad {
  /** Series that one Prometheus sends: those of one replica and one shard, after `writeRelabelings`. */
  series: number;
  /** Seconds between samples of a series. */
  scrapeIntervalSeconds: number;
  /** Seconds that the receiver takes for one request. Default: 0.2, a receiver in the same region. */
  requestSeconds?: number;
  /** Most requests at a time that the receiver is to see from this Prometheus. Default: 50 (Prometheus'). */
  maximumRequests?: number;
}

/** Samples of a request: Prometheus' own number, which receivers are tuned for. */
const SAMPLES_PER_SEND = 2000;
/** Requests that a shard holds; three to ten are recommended (prometheus.io/docs/practices/remote_write). */
const HELD_REQUESTS = 5;
/** How many times the normal rate a queue must reach, so that it catches up with an outage as long as it lasted. */
const CATCH_UP = 2;

/**
 * Queue settings for a load: enough shards at the start for the normal rate, and at most enough for twice of it. Memory
 * is bounded by `maxShards × capacity` samples.
 *
 * @throws when the receiver may not be asked often enough even for the normal rate: samples would be lost for good
 */
export function remoteWriteQueue(load: RemoteWriteLoad): RemoteWriteQueueArgs {
  const { series, scrapeIntervalSeconds, requestSeconds = 0.2, maximumRequests = 50 } = load;
  // A shard sends one request at a time.
  const shards = (rate: number): number => Math.ceil((rate * requestSeconds) / SAMPLES_PER_SEND);
  const rate = series / scrapeIntervalSeconds;
  const [normal, catchUp] = [Math.max(1, shards(rate)), Math.max(1, shards(rate * CATCH_UP))];
  if (normal > maximumRequests) {
    throw new Error(
      `maximumRequests: got ${String(maximumRequests)}; expected at least ${String(normal)} for ${String(Math.ceil(rate))} samples a second; raise it, drop series by writeRelabelings, or divide the targets into shards`,
    );
  }
  return {
    minShards: normal,
    maxShards: Math.min(catchUp, maximumRequests),
    maxSamplesPerSend: SAMPLES_PER_SEND,
    capacity: HELD_REQUESTS * SAMPLES_PER_SEND,
    retryOnRateLimit: true,
  };
}

/** Samples that the queue holds at most; each takes about 50 bytes and its share of the labels. */
export function queuedSamples(queue: { maxShards: number; capacity: number }): number {
  return queue.maxShards * queue.capacity;
}

/** What Mimir takes for a tenant. */
export const TENANT = /^[A-Za-z0-9!._*'()-]{1,150}$/;
/** Header that names the tenant. */
export const TENANT_HEADER = "X-Scope-OrgID";

/** Sends to Grafana Mimir as one of its tenants, with a queue that fits the load. */
export function mimirRemoteWrite(url: string, tenant: string, load: RemoteWriteLoad): RemoteWriteArgs {
  if (!TENANT.test(tenant)) {
    throw new Error(
      `tenant: got ${JSON.stringify(tenant)}; expected 1 to 150 letters, digits or !._*'()-; Mimir refuses others`,
    );
  }
  return { name: "mimir", url, headers: { [TENANT_HEADER]: tenant }, queue: remoteWriteQueue(load) };
}
