import type { Random } from "../engine/random.ts";

/** How much the clients ask for, over time; `t` in seconds since the scenario began. */
export interface Load {
  /** Requests per second of clients that don't wait for each other (Poisson). */
  readonly rate: (t: number) => number;
  /** No rate is above it. */
  readonly peakRate: number;
  /** Clients that send one request after the other, each waiting for its answer. */
  readonly clients: (t: number) => number;
}

/** Mean pause of a waiting client between an answer and its next request, in seconds. */
const thinkSeconds = 1;
/** How often the number of waiting clients follows the load, in seconds. */
const clientCheckInterval = 0.5;
/** Requests on their way beyond which the Poisson clients hold back, as a gateway's concurrency limit does. */
export const maxOutstanding = 2000;

/** Decides when requests come. */
export class Traffic {
  readonly #load: Load;
  readonly #random: Random;
  readonly #start: number;
  readonly #send: (now: number, done: (now: number) => void) => void;
  readonly #wakes: number[] = [];
  #nextPoisson: number;
  #nextCheck: number;
  #clients = 0;
  #outstanding = 0;

  /**
   * @param options.start when the scenario began, in seconds of the clock.
   * @param options.send is called for each request and calls `done` when the client has its answer or an error.
   */
  constructor(options: {
    readonly load: Load;
    readonly random: Random;
    readonly start: number;
    readonly send: (now: number, done: (now: number) => void) => void;
  }) {
    this.#load = options.load;
    this.#random = options.random;
    this.#start = options.start;
    this.#send = options.send;
    this.#nextPoisson = options.start;
    this.#nextCheck = options.start;
    this.#drawPoisson();
  }

  /** Time of the next request or change, in seconds. */
  get nextEvent(): number {
    return Math.min(this.#nextPoisson, this.#nextCheck, this.#wakes[0] ?? Infinity);
  }

  /** Handles what is due at {@link nextEvent}. */
  fire(): void {
    const now = this.nextEvent;
    if (now === this.#nextCheck) {
      this.#nextCheck = now + clientCheckInterval;
      this.#followClients(now);
    } else if (now === this.#nextPoisson) {
      const wanted = this.#random.uniform() * this.#load.peakRate < this.#load.rate(now - this.#start);
      this.#drawPoisson();
      if (wanted && this.#outstanding < maxOutstanding) {
        this.#request(now, () => undefined);
      }
    } else {
      this.#popWake();
      this.#clientTurn(now);
    }
  }

  #drawPoisson(): void {
    this.#nextPoisson +=
      this.#load.peakRate > 0 ? this.#random.exponential(1 / this.#load.peakRate) : Infinity;
  }

  #request(now: number, then: (now: number) => void): void {
    this.#outstanding += 1;
    this.#send(now, (answered) => {
      this.#outstanding -= 1;
      then(answered);
    });
  }

  /** New clients begin within the next interval; surplus ones leave at their next turn. */
  #followClients(now: number): void {
    for (const wanted = this.#wantedClients(now); this.#clients < wanted; this.#clients += 1) {
      this.#pushWake(now + this.#random.uniform() * clientCheckInterval);
    }
  }

  #wantedClients(now: number): number {
    return Math.round(this.#load.clients(now - this.#start));
  }

  #clientTurn(now: number): void {
    if (this.#clients > this.#wantedClients(now)) {
      this.#clients -= 1;
      return;
    }
    this.#request(now, (answered) => {
      this.#pushWake(answered + this.#random.exponential(thinkSeconds));
    });
  }

  /** A binary heap, the earliest first. */
  #pushWake(time: number): void {
    const heap = this.#wakes;
    let place = heap.push(time) - 1;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      if ((heap[parent] ?? 0) <= time) {
        break;
      }
      heap[place] = heap[parent] ?? 0;
      place = parent;
    }
    heap[place] = time;
  }

  #popWake(): void {
    const heap = this.#wakes;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) {
      return;
    }
    let place = 0;
    for (;;) {
      let child = 2 * place + 1;
      if (child >= heap.length) {
        break;
      }
      if (child + 1 < heap.length && (heap[child + 1] ?? 0) < (heap[child] ?? 0)) {
        child += 1;
      }
      if ((heap[child] ?? 0) >= last) {
        break;
      }
      heap[place] = heap[child] ?? 0;
      place = child;
    }
    heap[place] = last;
  }
}
