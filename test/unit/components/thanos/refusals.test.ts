import { describe, expect, it } from "vitest";

import type { ThanosStorageArgs } from "../../../../components/thanos-storage.ts";
import { build, whole } from "./typical.ts";

type Change = Partial<Record<keyof ThanosStorageArgs, unknown>>;
const cluster = (name: string, address = "thanos.example.com:10901") => ({ cluster: name, address });

describe("ThanosStorage refuses", () => {
  it.each<[string, Change, string]>([
    ["a bad namespace", { namespace: "Monitoring" }, "namespace must be a DNS label"],
    ["no object store", { objectStore: undefined }, "objectStore is required"],
    [
      "a bucket without a region",
      { objectStore: { kind: "s3", s3: { bucket: "history" } } },
      "objectStore.s3.region must name the bucket's region, which requests are signed for, is missing",
    ],
    ["no series", { expectedSeries: 0 }, "expectedSeries must be a whole number of at least 1"],
    ["no external label", { externalLabels: {} }, "externalLabels.cluster must name the cluster"],
    ["no labels at all", { externalLabels: undefined }, "externalLabels.cluster must name the cluster"],
    ["an empty external label", { externalLabels: { cluster: " " } }, "externalLabels.cluster must name"],
    [
      "a replica's label as external label",
      { externalLabels: { cluster: "a", prometheus_replica: "0" } },
      "externalLabels.prometheus_replica must not be a label that tells replicas apart",
    ],
    ["no replica label", { replicaLabels: [] }, "replicaLabels must name a label"],
    [
      "its own label for another cluster",
      { clusters: [cluster("vllm-dev")] },
      "clusters[0].cluster must not have the label of another cluster",
    ],
    [
      "two clusters with one label",
      { clusters: [cluster("eu"), cluster("us"), cluster("eu")] },
      "clusters[2].cluster must not have the label of another cluster",
    ],
    ["a cluster without a label", { clusters: [cluster("")] }, "clusters[0].cluster must not be empty"],
    ["a URL as address", { clusters: [cluster("eu", "https://x")] }, "clusters[0].address must be host:port"],
    [
      "an address without a port",
      { clusters: [cluster("eu", "x.example.com")] },
      "clusters[0].address must have a port",
    ],
    [
      "a certificate's name without TLS",
      { clusters: [{ ...cluster("eu"), serverName: "x" }] },
      "clusters[0].serverName only counts with grpcTls",
    ],
    [
      "a certificate's name of a dns address",
      {
        grpcTls: { secretName: "a", serverName: "b" },
        clusters: [{ ...cluster("eu", "dns+x.example.com:1"), serverName: "x" }],
      },
      "clusters[0].serverName must be absent with a dns address",
    ],
    [
      "raw samples that go before they are downsampled",
      { compactor: { retention: { raw: "48h" } } },
      "compactor.retention.raw must be at least 3d: five-minute points are made from blocks of two days",
    ],
    [
      "five-minute points that go before they are downsampled",
      { compactor: { retention: { fiveMinutes: "10d" } } },
      "compactor.retention.fiveMinutes must be at least 16d",
    ],
    [
      "hourly points that go at once",
      { compactor: { retention: { oneHour: "1w" } } },
      "compactor.retention.oneHour must be at least 16d",
    ],
    [
      "a retention that is none",
      { compactor: { retention: { raw: "forever" } } },
      "compactor.retention.raw must be a duration",
    ],
    [
      "a retention without a compactor",
      { compactor: { enabled: false, retention: { raw: "30d" } } },
      "compactor.retention only counts where a compactor runs",
    ],
    [
      "a cache without a size",
      { store: { indexCache: { kind: "in-memory" } } },
      "store.indexCache.size must be a quantity of at least 16Mi",
    ],
    [
      "a cache of nothing",
      { queryFrontend: { cache: { kind: "memcached", size: "0Mi" } } },
      "queryFrontend.cache.size must be a quantity of at least 16Mi",
    ],
    [
      "an unknown cache",
      { store: { bucketCache: { kind: "redis", size: "1Gi" } } },
      "store.bucketCache.kind must be one of",
    ],
    [
      "memcached pods of a cache in memory",
      { store: { bucketCache: { kind: "in-memory", size: "1Gi", replicas: 2 } } },
      "store.bucketCache.replicas only counts for memcached",
    ],
    [
      "no pool for chunks",
      { store: { chunkPoolSize: "1Ki" } },
      "store.chunkPoolSize must be a quantity of at least 16Mi",
    ],
    [
      "one shard",
      { store: { shards: { by: "hash", count: 1 } } },
      "store.shards.count must be a whole number of at least 2",
    ],
    ["shards by name", { store: { shards: { by: "name" } } }, "store.shards.by must be one of hash, time"],
    [
      "shards by time without ages",
      { store: { shards: { by: "time" } } },
      "store.shards.boundaries must name an age",
    ],
    [
      "ages that do not rise",
      { store: { shards: { by: "time", boundaries: ["13w", "2w"] } } },
      "store.shards.boundaries[1] must be a duration longer than the one before it",
    ],
    [
      "a number of shards by time",
      { store: { shards: { by: "time", boundaries: ["2w"], count: 2 } } },
      "store.shards.count must be absent for shards by time",
    ],
    ["no store", { store: { replicas: 0 } }, "store.replicas must be a whole number of at least 1"],
    ["half a query", { query: { replicas: 0.5 } }, "query.replicas must be a whole number of at least 1"],
    ["no concurrency", { compactor: { concurrency: 0 } }, "compactor.concurrency must be"],
    [
      "a timeout without a unit",
      { query: { timeout: "120" } },
      "query.timeout must be a duration above zero",
    ],
    [
      "no pause",
      { compactor: { waitInterval: "0s" } },
      "compactor.waitInterval must be a duration above zero",
    ],
    [
      "a volume that is none",
      { compactor: { volume: { size: "big" } } },
      "compactor.volume.size must be a quantity",
    ],
    [
      "a class of an emptyDir",
      { store: { volume: { ephemeral: true, storageClassName: "gp3" } } },
      "store.volume.storageClassName must be absent for an emptyDir",
    ],
    [
      "a ruler with every rule",
      { ruler: { ...whole.ruler, ruleSelector: {} } },
      "ruler.ruleSelector must pick its rules",
    ],
    [
      "a ruler that tells nobody",
      { ruler: { ...whole.ruler, alertmanagerUrls: [] } },
      "ruler.alertmanagerUrls must name an Alertmanager",
    ],
    [
      "TLS without a Secret",
      { grpcTls: { secretName: "", serverName: "x" } },
      "grpcTls.secretName must not be empty",
    ],
    [
      "a moving image",
      { images: { memcached: "docker.io/library/memcached:latest" } },
      "images.memcached must name a fixed version",
    ],
    [
      "an image whose version nobody knows",
      { images: { thanos: "quay.io/thanos/thanos:main" } },
      "images.thanos must have a tag that begins with a version",
    ],
    [
      "an image that is none",
      { images: { memcachedExporter: "Not an image" } },
      "images.memcachedExporter must be an image reference",
    ],
  ])("%s", async (_, change, expected) => {
    await expect(build(change as Partial<ThanosStorageArgs>)).rejects.toThrow(expected);
  });

  it("everything at once", async () => {
    const wrong = build({ expectedSeries: -1, namespace: "A" });
    await expect(wrong).rejects.toThrow(/namespace must be[^]*expectedSeries must be/);
  });
});
