/** Settings of long-term storage. They count once `objectStore` is not of the kind none. */
import { z } from "zod";
import { expects } from "./messages.ts";
import {
  byteQuantity,
  dnsLabel,
  duration,
  flag,
  hostName,
  integer,
  list,
  mapping,
  metricLabelName,
  text,
} from "./types.ts";

const volume = mapping(
  {
    size: byteQuantity.optional().meta({ description: "Size of each pod's volume. Default: by the series." }),
    className: dnsLabel
      .optional()
      .meta({ description: "Storage class of the volumes. Default: the cluster's default class." }),
    ephemeral: flag
      .default(false)
      .meta({ description: "Use a directory that goes with the pod; it is filled again from the bucket." }),
  },
  "Where a program keeps what it can fetch again.",
);

const cacheKind = <const Kind extends string>(kind: Kind, description: string) =>
  z.literal(kind).meta({ description });
const cacheSize = byteQuantity.meta({ description: "Memory of the cache in each pod." });

const cache = z
  .discriminatedUnion("kind", [
    mapping(
      { kind: cacheKind("in-memory", "In each pod's own memory."), size: cacheSize },
      "A cache in each pod's own memory.",
    ),
    mapping(
      {
        kind: cacheKind("memcached", "Memcached pods."),
        size: cacheSize,
        replicas: integer(1, 20).default(2).meta({ description: "Memcached pods." }),
      },
      "A cache in memcached pods of its own.",
    ),
  ])
  .optional();

const shards = z
  .discriminatedUnion("by", [
    mapping(
      {
        by: z.literal("hash").meta({ description: "Evenly, by a hash of the block's id." }),
        count: integer(2, 50).meta({ description: "How many." }),
      },
      "Shards by hash.",
    ),
    mapping(
      {
        by: z.literal("time").meta({ description: "By age." }),
        boundaries: list(duration, "ages")
          .min(1, { error: expects("at least one age") })
          .meta({ description: "Ages at which one shard ends and the next begins, rising." }),
      },
      "Shards by time.",
    ),
  ])
  .optional()
  .meta({ description: "Spreads the blocks over several store gateways. Default: one for all." });

const keepError = expects(
  "a duration such as 30d, or 0d for ever",
  "write a number with its unit, largest unit first, without spaces",
);
const keep = (fallback: string, description: string) =>
  z
    .string({ error: keepError })
    .regex(/^(?=\d)(\d+y)?(\d+w)?(\d+d)?(\d+h)?(\d+m)?$/, { error: keepError })
    .default(fallback)
    .meta({ description });

const retention = mapping(
  {
    raw: keep("30d", "Samples as scraped; at least 3d."),
    fiveMinutes: keep("180d", "One point in five minutes; at least 16d."),
    oneHour: keep("730d", "One point an hour; at least 16d."),
  },
  "How long samples stay in the bucket, by resolution; 0d is for ever.",
);

const store = mapping(
  {
    replicas: integer(1, 10).default(1).meta({ description: "Pods of each shard." }),
    shards,
    indexCache: cache.meta({ description: "Cache of the index. Default: in memory, sized by the series." }),
    bucketCache: cache.meta({ description: "Cache of chunks and metadata. Default: as the index'." }),
    syncInterval: duration.default("3m").meta({ description: "How often it looks for new blocks." }),
    volume: volume.prefault({}),
  },
  "The store gateway, which answers from the bucket.",
);

const compactor = mapping(
  {
    enabled: flag.default(true).meta({
      description:
        "Whether this environment's compactor works on the bucket. There must be exactly one for a prefix.",
    }),
    retention: retention.prefault({}),
    concurrency: integer(1, 16)
      .default(1)
      .meta({ description: "Groups of blocks that are compacted at the same time." }),
    consistencyDelay: duration
      .default("30m")
      .meta({ description: "Age at which a block is looked at first." }),
    deleteDelay: duration
      .default("48h")
      .meta({ description: "How long a block that was replaced or is too old stays readable." }),
    waitInterval: duration.default("5m").meta({ description: "Pause between two rounds." }),
    volume: volume.prefault({}),
  },
  "The compactor, which merges, downsamples and deletes.",
);

const clusters = list(
  mapping(
    {
      cluster: dnsLabel.meta({ description: "External label `cluster` of the other cluster." }),
      address: text(
        /^((dns|dnssrv|dnssrvnoa)\+)?[A-Za-z0-9_]([-A-Za-z0-9_.]*[A-Za-z0-9])?(:[1-9][0-9]{0,4})?$/,
        "host:port of the other cluster's query, such as thanos.eu-1.example.com:10901",
        "leave out the scheme",
      ).meta({
        description: "host:port of its query; with `dns+` before it the name is resolved again and again.",
      }),
      serverName: hostName.optional().meta({ description: "Name in its certificate." }),
    },
    "Another cluster.",
  ),
  "clusters",
);

export const thanosSchema = mapping(
  {
    expectedSeries: integer(1, 100_000_000).default(250_000).meta({
      description:
        "Series of one Prometheus replica, from which sizes follow. Less than the fleet is estimated to have is refused.",
    }),
    replicaLabels: list(metricLabelName, "label names")
      .default(["prometheus_replica", "thanos_ruler_replica"])
      .meta({ description: "Labels that tell replicas apart; queries merge over them." }),
    blockDuration: duration.optional().meta({
      description:
        "Length of the blocks that Prometheus writes, instead of two hours. For tests: it switches Prometheus' own compaction off.",
    }),
    store: store.prefault({}),
    compactor: compactor.prefault({}),
    query: mapping(
      { replicas: integer(1, 20).default(2).meta({ description: "Pods of query." }) },
      "Query, which asks sidecars and store gateways and merges replicas.",
    ).prefault({}),
    queryFrontend: mapping(
      {
        replicas: integer(1, 20).default(2).meta({ description: "Pods of the query-frontend." }),
        cache: cache.meta({ description: "Cache of answers. Default: in memory, 256Mi." }),
      },
      "The query-frontend, which splits long ranges and remembers their answers.",
    ).prefault({}),
    clusters: clusters
      .default([])
      .meta({ description: "Other clusters that queries span: one view over several environments." }),
    globalQueryNamespaces: list(dnsLabel, "namespaces")
      .default([])
      .meta({ description: "Namespaces whose pods may call query's gRPC port, such as a global query's." }),
    grpcTls: mapping(
      {
        secretName: dnsLabel.meta({ description: "Secret with tls.crt, tls.key and ca.crt." }),
        serverName: hostName.meta({ description: "Name in the certificate." }),
      },
      "Certificates on both sides of the gRPC connections.",
    ).optional(),
  },
  "Thanos: history in the object store. Counts once `objectStore` is not of the kind none.",
);

export type ThanosSettings = z.output<typeof thanosSchema>;
