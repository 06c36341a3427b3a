const none = -1;

/**
 * The KV-cache blocks of one engine with the prefix cache over them, after vLLM's block pool: a freed block keeps its
 * content and waits at the end of the free queue, so the least recently used content is evicted first; a look-up that
 * finds it takes it out of the queue again. Block 0 is never handed out.
 *
 * A block's content is named by a number: equal numbers mean equal tokens from the start of the sequence.
 */
export class BlockPool {
  readonly size: number;
  readonly #caching: boolean;
  readonly #next: Int32Array;
  readonly #previous: Int32Array;
  readonly #references: Int32Array;
  readonly #content: Float64Array;
  readonly #byContent = new Map<number, number>();
  #head = none;
  #tail = none;
  #free = 0;

  /** @param size blocks, 2 or more; @param caching false as with --no-enable-prefix-caching. */
  constructor(size: number, caching: boolean) {
    this.size = size;
    this.#caching = caching;
    this.#next = new Int32Array(size).fill(none);
    this.#previous = new Int32Array(size).fill(none);
    this.#references = new Int32Array(size);
    this.#content = new Float64Array(size).fill(NaN);
    for (let block = 1; block < size; block += 1) {
      this.#enqueue(block);
    }
  }

  /** Blocks that can be handed out, those with cached content included. */
  get free(): number {
    return this.#free;
  }

  /** Share of the blocks that running requests hold, 0 to 1. */
  get usage(): number {
    return 1 - this.#free / (this.size - 1);
  }

  /** Blocks whose content the prefix cache knows; for tests. */
  get cached(): number {
    return this.#byContent.size;
  }

  /** The longest run of cached blocks from the start of a sequence, at most `limit`. Takes no reference. */
  findPrefix(content: (index: number) => number, limit: number): number[] {
    const found: number[] = [];
    while (this.#caching && found.length < limit) {
      const block = this.#byContent.get(content(found.length));
      if (block === undefined) {
        break;
      }
      found.push(block);
    }
    return found;
  }

  /** How many of these blocks are in the free queue: taking them costs as many free blocks. */
  unreferenced(blocks: readonly number[]): number {
    let count = 0;
    for (const block of blocks) {
      count += this.#references[block] === 0 ? 1 : 0;
    }
    return count;
  }

  /** Takes a reference to cached blocks. */
  take(blocks: readonly number[]): void {
    for (const block of blocks) {
      if (this.#references[block] === 0) {
        this.#unlink(block);
      }
      this.#references[block] = (this.#references[block] ?? 0) + 1;
    }
  }

  /** Appends `count` blocks with no content; the caller has made sure that as many are free. */
  allocate(count: number, into: number[]): void {
    for (let index = 0; index < count; index += 1) {
      const block = this.#head;
      if (block === none) {
        throw new Error(`${String(count)} blocks wanted, ${String(index)} free`);
      }
      this.#unlink(block);
      const content = this.#content[block] ?? NaN;
      if (!Number.isNaN(content)) {
        this.#byContent.delete(content);
        this.#content[block] = NaN;
      }
      this.#references[block] = 1;
      into.push(block);
    }
  }

  /** Names the content of a block that has just been filled; a content already cached stays where it is. */
  store(block: number, content: number): void {
    if (this.#caching && Number.isNaN(this.#content[block] ?? NaN) && !this.#byContent.has(content)) {
      this.#content[block] = content;
      this.#byContent.set(content, block);
    }
  }

  /** Gives blocks back, the last one first, so that the end of a sequence is evicted before its start. */
  release(blocks: readonly number[]): void {
    for (let index = blocks.length - 1; index >= 0; index -= 1) {
      const block = blocks[index] ?? 0;
      const left = (this.#references[block] ?? 0) - 1;
      this.#references[block] = left;
      if (left === 0) {
        this.#enqueue(block);
      }
    }
  }

  #enqueue(block: number): void {
    this.#previous[block] = this.#tail;
    this.#next[block] = none;
    if (this.#tail === none) {
      this.#head = block;
    } else {
      this.#next[this.#tail] = block;
    }
    this.#tail = block;
    this.#free += 1;
  }

  #unlink(block: number): void {
    const previous = this.#previous[block] ?? none;
    const next = this.#next[block] ?? none;
    if (previous === none) {
      this.#head = next;
    } else {
      this.#next[previous] = next;
    }
    if (next === none) {
      this.#tail = previous;
    } else {
      this.#previous[next] = previous;
    }
    this.#free -= 1;
  }
}
