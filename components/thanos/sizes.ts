/**
 * Sizes that follow from the number of series. Pure; docs/long-term-storage.md explains the formula and says what was
 * measured.
 */

const KIBIBYTE = 2 ** 10;
const MEBIBYTE = 2 ** 20;
const GIBIBYTE = 2 ** 30;
const DAY = 86_400;

/** Bytes of a sample in a block, its share of the index included. Prometheus' documentation says 1 to 2. */
export const BYTES_PER_SAMPLE = 1.5;
/** Bytes of one point of a downsampled series: five aggregates (count, sum, min, max, counter), each compressed. */
export const BYTES_PER_AGGREGATE_POINT = 8;
/**
 * Series of two weeks for each series of now: pods come and go, and each brings its series anew. Two weeks is the longest
 * block that the compactor makes.
 */
export const CHURN = 3;
/** Bytes of a series in the memory-mapped part of an index (index header): symbols and offsets of postings. */
const INDEX_HEADER_BYTES_PER_SERIES = 60;
/** Hours of the blocks that Prometheus writes. */
const BLOCKS_PER_DAY = 12;

/** What the sizes follow from. */
export interface SizeInputs {
  /** Series of one Prometheus replica. */
  series: number;
  /** Replicas that scrape the same; each uploads its own blocks. */
  replicas: number;
  scrapeIntervalSeconds: number;
  /** Retention in days by resolution; Infinity for ever. */
  rawDays: number;
  fiveMinuteDays: number;
  oneHourDays: number;
  /** Shards of the store gateway. */
  shards: number;
  /** Groups that are compacted at the same time. */
  concurrency: number;
}

/** Bytes and numbers; the components write them as quantities. */
export interface ThanosSizes {
  samplesPerSecond: number;
  /** Bytes in the bucket once all retentions are reached; Infinity when one is for ever. */
  bucketBytes: number;
  store: {
    indexCacheBytes: number;
    bucketCacheBytes: number;
    chunkPoolBytes: number;
    /** Series that one request may touch. */
    requestSeriesLimit: number;
    memoryRequestBytes: number;
    memoryLimitBytes: number;
    volumeBytes: number;
  };
  query: { memoryRequestBytes: number; memoryLimitBytes: number };
  compactor: { memoryRequestBytes: number; memoryLimitBytes: number; volumeBytes: number };
}

const clamp = (value: number, low: number, high: number): number => Math.min(Math.max(value, low), high);

/** Retention that counts for blocks: ten years stand for ever, so that a number comes out. */
const bounded = (days: number): number => Math.min(days, 3650);

/** Bytes of one replica's raw blocks of a day. */
function rawBytesPerDay({ series, scrapeIntervalSeconds }: SizeInputs): number {
  return ((series * DAY) / scrapeIntervalSeconds) * BYTES_PER_SAMPLE;
}

/** Blocks in the bucket of all replicas: twelve a day until they are merged, then one for two weeks and resolution. */
export function blockCount(inputs: SizeInputs): number {
  const merged = [inputs.rawDays, inputs.fiveMinuteDays, inputs.oneHourDays]
    .map((days) => Math.ceil(bounded(days) / 14))
    .reduce((sum, count) => sum + count, 0);
  // Two days are there in single blocks, two weeks in blocks of two days.
  return inputs.replicas * (2 * BLOCKS_PER_DAY + 7 + merged);
}

/** Everything that follows from the series. */
export function thanosSizes(inputs: SizeInputs): ThanosSizes {
  const { series, replicas, shards, concurrency } = inputs;
  const raw = rawBytesPerDay(inputs);
  const aggregates = (pointsPerDay: number) => series * pointsPerDay * BYTES_PER_AGGREGATE_POINT;
  const bucketBytes =
    replicas *
    (raw * inputs.rawDays + aggregates(288) * inputs.fiveMinuteDays + aggregates(24) * inputs.oneHourDays);

  const indexCacheBytes = clamp((series * CHURN * KIBIBYTE) / shards, 256 * MEBIBYTE, 8 * GIBIBYTE);
  const bucketCacheBytes = clamp((series * KIBIBYTE) / shards, 128 * MEBIBYTE, 8 * GIBIBYTE);
  const chunkPoolBytes = clamp((series * 2 * KIBIBYTE) / shards, 512 * MEBIBYTE, 8 * GIBIBYTE);
  const headers =
    (blockCount(inputs) * clamp(series * CHURN * INDEX_HEADER_BYTES_PER_SERIES, MEBIBYTE, GIBIBYTE)) / shards;
  // Headers are memory-mapped: the pages that queries touch count, a fifth of them on a busy day.
  const storeMemory =
    256 * MEBIBYTE +
    indexCacheBytes +
    bucketCacheBytes +
    chunkPoolBytes +
    Math.min(headers / 5, 8 * GIBIBYTE);

  const queryMemory = clamp(512 * MEBIBYTE + series * 4 * KIBIBYTE, GIBIBYTE, 16 * GIBIBYTE);
  // Thanos' own advice: twice the source blocks of two weeks, for each group that is compacted at the same time.
  const compactorVolume = concurrency * 2 * 14 * raw * 1.2;
  const compactorMemory = clamp(
    concurrency * (512 * MEBIBYTE + series * CHURN * 3 * KIBIBYTE),
    GIBIBYTE,
    32 * GIBIBYTE,
  );
  return {
    samplesPerSecond: (series * replicas) / inputs.scrapeIntervalSeconds,
    bucketBytes,
    store: {
      indexCacheBytes,
      bucketCacheBytes,
      chunkPoolBytes,
      requestSeriesLimit: Math.max(200_000, series * CHURN * replicas),
      memoryRequestBytes: storeMemory / 2,
      // Go's collector needs room to work in.
      memoryLimitBytes: storeMemory * 1.25,
      volumeBytes: Math.max(10 * GIBIBYTE, headers * 1.5),
    },
    query: { memoryRequestBytes: queryMemory / 4, memoryLimitBytes: queryMemory },
    compactor: {
      memoryRequestBytes: compactorMemory / 2,
      memoryLimitBytes: compactorMemory,
      volumeBytes: Math.max(20 * GIBIBYTE, compactorVolume),
    },
  };
}

/** Bytes as a Kubernetes quantity: whole GiB from 8 GiB on, whole MiB below, rounded up. */
export function quantity(bytes: number): string {
  return bytes >= 8 * GIBIBYTE
    ? `${String(Math.ceil(bytes / GIBIBYTE))}Gi`
    : `${String(Math.ceil(bytes / MEBIBYTE))}Mi`;
}

/** A Kubernetes quantity as Thanos reads sizes: its units end in B and are powers of two. */
export function thanosBytes(bytes: number): string {
  return `${String(Math.ceil(bytes / MEBIBYTE))}MiB`;
}
