/** Which blocks each store gateway answers for. */
import { ThanosShardBy, type ThanosShardsArgs } from "./storage-args.ts";

/** One shard. */
export interface StoreShard {
  /** Part of its objects' names: none for a single one. */
  suffix: string;
  /** Arguments that pick its blocks. */
  args: string[];
}

/**
 * The shards; a single one with all blocks unless told otherwise.
 *
 * Shards by time meet at a boundary: a block that spans it is loaded by both, and each answers for its own side, so that
 * nothing is missing and nothing is counted twice.
 */
export function shardsOf(shards: ThanosShardsArgs | undefined): StoreShard[] {
  if (shards === undefined) return [{ suffix: "", args: [] }];
  if (shards.by === ThanosShardBy.Hash) {
    const count = shards.count ?? 1;
    return Array.from({ length: count }, (_, index) => ({
      suffix: `-${String(index)}`,
      args: [`--selector.relabel-config=${JSON.stringify(hashRelabelling(index, count))}`],
    }));
  }
  const boundaries = shards.boundaries ?? [];
  return Array.from({ length: boundaries.length + 1 }, (_, index) => {
    const [newer, older] = [boundaries[index - 1], boundaries[index]];
    return {
      suffix: `-${String(index)}`,
      args: [
        ...(older === undefined ? [] : [`--min-time=-${older}`]),
        ...(newer === undefined ? [] : [`--max-time=-${newer}`]),
      ],
    };
  });
}

/** Keeps the blocks whose id's hash falls to this shard. Source: Thanos, docs/sharding.md. JSON is YAML too. */
function hashRelabelling(index: number, count: number): object[] {
  return [
    { action: "hashmod", source_labels: ["__block_id"], target_label: "shard", modulus: count },
    { action: "keep", source_labels: ["shard"], regex: String(index) },
  ];
}
