/**
 * Seconds over which the limit holds. One more than DingTalk's minute, because messages that leave 60 s apart may arrive
 * a little closer together.
 */
export const windowSeconds = 61;

/**
 * Token bucket that keeps one robot within DingTalk's messages per minute: in no 61 s are there more than `perMinute`
 * takes. A plain bucket of that size would allow nearly twice as many (a full bucket and then its refill), so
 * the allowance is split: half of it refills steadily and the rest is the burst. With 20 that is 11 at once, then one every 6.1 s.
 *
 * It starts with one token, not full: DingTalk still counts what a predecessor sent just before a restart.
 */
export class TokenBucket {
  readonly #capacity: number;
  readonly #interval: number;
  readonly #now: () => number;
  #tokens = 1;
  #refillAt: number;

  /**
   * @param perMinute messages per minute, a whole number from 1 to 20
   * @param now a clock in milliseconds that never goes back
   * @throws RangeError for another number
   */
  constructor(perMinute: number, now: () => number) {
    if (!Number.isInteger(perMinute) || perMinute < 1) {
      throw new RangeError(`perMinute is ${String(perMinute)}; give a whole number of at least 1`);
    }
    const refill = Math.ceil(perMinute / 2);
    this.#capacity = perMinute - refill + 1;
    this.#interval = (windowSeconds * 1000) / refill;
    this.#now = now;
    this.#refillAt = now() + this.#interval;
  }

  /** Messages that may be sent now. */
  get available(): number {
    this.#refill();
    return this.#tokens;
  }

  /** Takes a token; false when there is none. */
  take(): boolean {
    this.#refill();
    if (this.#tokens === 0) return false;
    if (this.#tokens === this.#capacity) this.#refillAt = this.#now() + this.#interval;
    this.#tokens -= 1;
    return true;
  }

  /** Milliseconds until a token is there: 0 when one is. */
  get waitMilliseconds(): number {
    this.#refill();
    return this.#tokens > 0 ? 0 : this.#refillAt - this.#now();
  }

  #refill(): void {
    const now = this.#now();
    while (this.#tokens < this.#capacity && now >= this.#refillAt) {
      this.#tokens += 1;
      this.#refillAt += this.#interval;
    }
  }
}
