import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import { BlockPool } from "../../../services/vllm-simulator/engine/block-pool.ts";

function allocate(pool: BlockPool, count: number): number[] {
  const blocks: number[] = [];
  pool.allocate(count, blocks);
  return blocks;
}

describe("BlockPool", () => {
  it("keeps the first block to itself and counts usage over the others", () => {
    const pool = new BlockPool(5, true);
    expect(pool.free).toBe(4);
    expect(allocate(pool, 3)).toEqual([1, 2, 3]);
    expect(pool.usage).toBe(0.75);
    expect(() => allocate(pool, 2)).toThrow("2 blocks wanted, 1 free");
  });

  it("finds released content until it is evicted, the least recently used first", () => {
    const pool = new BlockPool(4, true);
    const blocks = allocate(pool, 2);
    pool.store(blocks[0] ?? 0, 100);
    pool.store(blocks[1] ?? 0, 101);
    pool.release(blocks);
    expect(pool.usage).toBe(0);
    const content = (index: number): number => 100 + index;
    expect(pool.findPrefix(content, 9)).toEqual(blocks);
    expect(pool.findPrefix(content, 1)).toEqual([blocks[0]]);
    // Never used before, then the end of the sequence.
    expect(allocate(pool, 2)).toEqual([3, blocks[1]]);
    expect(pool.findPrefix(content, 9)).toEqual([blocks[0]]);
    allocate(pool, 1);
    expect(pool.findPrefix(content, 9)).toEqual([]);
    expect(pool.cached).toBe(0);
  });

  it("shares referenced blocks without giving them away", () => {
    const pool = new BlockPool(3, true);
    const blocks = allocate(pool, 1);
    pool.store(blocks[0] ?? 0, 7);
    expect(pool.unreferenced(blocks)).toBe(0);
    pool.take(blocks);
    pool.release(blocks);
    expect(pool.free).toBe(1);
    pool.release(blocks);
    expect(pool.unreferenced(blocks)).toBe(1);
    pool.take(blocks);
    expect(pool.free).toBe(1);
  });

  it("remembers nothing without prefix caching", () => {
    const pool = new BlockPool(3, false);
    const blocks = allocate(pool, 1);
    pool.store(blocks[0] ?? 0, 7);
    pool.release(blocks);
    expect(pool.findPrefix(() => 7, 1)).toEqual([]);
  });

  it("hands out every block once and gets all of them back, whatever is done", () => {
    const command = fc.record({ take: fc.boolean(), count: fc.integer({ min: 1, max: 6 }), pick: fc.nat() });
    fc.assert(
      fc.property(fc.array(command, { maxLength: 60 }), fc.integer({ min: 2, max: 20 }), (commands, size) => {
        const pool = new BlockPool(size, true);
        const held: { blocks: number[]; content: number }[] = [];
        for (const [step, { take, count, pick }] of commands.entries()) {
          const content = pick % 5;
          if (take) {
            const found = pool.findPrefix((index) => content * 100 + index, count);
            const fresh = count - found.length;
            if (fresh + pool.unreferenced(found) <= pool.free) {
              pool.take(found);
              pool.allocate(fresh, found);
              found.forEach((block, index) => {
                pool.store(block, content * 100 + index);
              });
              held.push({ blocks: found, content });
            }
          } else if (held.length > 0) {
            const [gone] = held.splice(step % held.length, 1);
            pool.release(gone?.blocks ?? []);
          }
          const used = new Set(held.flatMap(({ blocks }) => blocks));
          expect(used.has(0)).toBe(false);
          expect(pool.free).toBe(size - 1 - used.size);
          expect(pool.usage).toBeCloseTo(used.size / (size - 1), 10);
          for (const { blocks } of held) {
            expect(new Set(blocks).size).toBe(blocks.length);
          }
        }
        for (const { blocks } of held) {
          pool.release(blocks);
        }
        expect(pool.usage).toBe(0);
        expect(pool.cached).toBeLessThan(size);
      }),
    );
  });
});
