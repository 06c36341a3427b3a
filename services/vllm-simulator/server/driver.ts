import type { Simulation } from "../simulation.ts";

/** How often an engine without real requests is brought up to date, in seconds. */
const idleInterval = 0.25;
/** A longer pause than this (a suspended machine) isn't made up for, in seconds. */
const longestCatchUp = 60;

/** Lets a simulation follow a clock: lazily while only synthetic clients use it, event by event while real ones wait. */
export class Driver {
  readonly #simulation: Simulation;
  readonly #elapsed: () => number;
  #skipped = 0;
  #attended = 0;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  /** @param elapsed seconds since the simulation's start, monotonic. */
  constructor(simulation: Simulation, elapsed: () => number) {
    this.#simulation = simulation;
    this.#elapsed = elapsed;
  }

  start(): void {
    this.#tick();
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  /** Brings the simulation up to now. */
  catchUp(): void {
    const now = this.#elapsed() - this.#skipped;
    const gap = now - this.#simulation.now;
    if (gap > longestCatchUp) {
      this.#skipped += gap - longestCatchUp;
    }
    this.#simulation.advanceTo(Math.max(this.#simulation.now, this.#elapsed() - this.#skipped));
  }

  /** A real request has come: every event is handled on time until {@link leave}. */
  attend(): void {
    this.#attended += 1;
    this.#schedule();
  }

  leave(): void {
    this.#attended -= 1;
  }

  #tick(): void {
    this.catchUp();
    this.#schedule();
  }

  #schedule(): void {
    clearTimeout(this.#timer);
    if (this.#stopped) {
      return;
    }
    let wait = idleInterval;
    if (this.#attended > 0) {
      const due = this.#simulation.nextEvent - (this.#elapsed() - this.#skipped);
      wait = Math.min(wait, Math.max(0.001, due));
    }
    this.#timer = setTimeout(() => {
      this.#tick();
    }, wait * 1000);
  }
}
