import type { Sequence } from "./sequence.ts";

/** First come, first served; preempted and deferred sequences go back to the front. Aborted ones vanish on their own. */
export class WaitingQueue {
  #items: Sequence[] = [];
  #head = 0;
  #aborted = 0;

  get length(): number {
    return this.#items.length - this.#head - this.#aborted;
  }

  push(sequence: Sequence): void {
    this.#items.push(sequence);
  }

  pushFront(sequence: Sequence): void {
    if (this.#head > 0) {
      this.#head -= 1;
      this.#items[this.#head] = sequence;
    } else {
      this.#items.unshift(sequence);
    }
  }

  /** To be called when the state of a sequence in the queue became "aborted". */
  noteAborted(): void {
    this.#aborted += 1;
  }

  peek(): Sequence | undefined {
    for (;;) {
      const first = this.#items[this.#head];
      if (first?.state !== "aborted") {
        return first;
      }
      this.#aborted -= 1;
      this.#drop();
    }
  }

  shift(): Sequence | undefined {
    const first = this.peek();
    if (first !== undefined) {
      this.#drop();
    }
    return first;
  }

  /** Those that wait, in order. */
  *[Symbol.iterator](): Generator<Sequence> {
    for (let index = this.#head; index < this.#items.length; index += 1) {
      const sequence = this.#items[index];
      if (sequence !== undefined && sequence.state !== "aborted") {
        yield sequence;
      }
    }
  }

  #drop(): void {
    this.#head += 1;
    if (this.#head > 512 && this.#head * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
  }
}
