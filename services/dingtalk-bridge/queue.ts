/**
 * The waiting line of one robot: sends notifications one message at a time within the rate limit, and joins those that wait when
 * the allowance is used up.
 *
 * Nothing that waits here was promised to anybody: each caller is told the outcome, and Alertmanager holds its notification until
 * then. A crash therefore loses nothing.
 */
import { contentReasons, FailureReason } from "./errcode.ts";
import type { Verdict } from "./errcode.ts";
import type { TokenBucket } from "./limiter.ts";
import type { Notification } from "./webhook.ts";

/** What a caller is told. `retryAfterSeconds` is a hint for `retry`. */
export type Outcome =
  | { readonly kind: "delivered"; readonly coalesced: number }
  | {
      readonly kind: "retry";
      readonly reason: FailureReason;
      readonly detail: string;
      readonly retryAfterSeconds: number;
    }
  | { readonly kind: "reject"; readonly reason: FailureReason; readonly detail: string };

export interface QueueOptions {
  readonly bucket: TokenBucket;
  /** Sends one message that carries all the notifications. Must not throw. */
  readonly send: (notifications: readonly Notification[]) => Promise<Verdict>;
  /** The bucket's clock: milliseconds that never go back. */
  readonly now: () => number;
  readonly holdMilliseconds: number;
  /** Told when the number of waiting notifications changes. */
  readonly onLength?: (length: number) => void;
  /** Told when DingTalk throttles the robot (milliseconds from now) and when that is over (0). */
  readonly onThrottle?: (milliseconds: number) => void;
}

/** Most notifications that may wait for one robot, and their size together. */
export const maxQueuedNotifications = 256;
export const maxQueuedBytes = 16 * 1024 * 1024;
/** First pause after DingTalk refused the robot for its rate; doubled up to the length of its punishment, ten minutes. */
export const firstPauseMilliseconds = 60_000;
export const longestPauseMilliseconds = 600_000;

interface Entry {
  readonly notification: Notification;
  readonly bytes: number;
  readonly settle: (outcome: Outcome) => void;
  timer: NodeJS.Timeout | undefined;
  /** Its wait is over; set while it is being sent, when it can't be dropped. */
  late: boolean;
  /** Must not be joined with others: DingTalk didn't like the text of a joined message that it was part of. */
  alone: boolean;
}

/** See the file's comment. */
export class RobotQueue {
  readonly #options: QueueOptions;
  #waiting: Entry[] = [];
  #waitingBytes = 0;
  #sending: Promise<void> | undefined;
  #wakeUp: NodeJS.Timeout | undefined;
  #pausedUntil = 0;
  #pause = firstPauseMilliseconds;
  #stopping = false;

  constructor(options: QueueOptions) {
    this.#options = options;
  }

  /** Notifications that wait, without those being sent. */
  get length(): number {
    return this.#waiting.length;
  }

  /**
   * Queues a notification; resolves when it was delivered, refused, or waited too long. Never rejects.
   *
   * @param bytes its size, for the limit of what may wait
   * @param gone aborted when the caller has left: then the notification isn't sent any more
   */
  submit(notification: Notification, bytes: number, gone?: AbortSignal): Promise<Outcome> {
    if (this.#stopping)
      return Promise.resolve(retry(FailureReason.shuttingDown, "the bridge is stopping", 1));
    const pause = this.#pauseLeft();
    if (pause > this.#options.holdMilliseconds) return Promise.resolve(throttled(pause));
    if (this.#waiting.length >= maxQueuedNotifications || this.#waitingBytes + bytes > maxQueuedBytes) {
      return Promise.resolve(
        retry(FailureReason.queueFull, `${String(this.length)} notifications wait already`, 10),
      );
    }
    return new Promise((resolve) => {
      const leave = () => {
        this.#drop(entry, retry(FailureReason.clientGone, "the caller closed the request", 0));
      };
      const entry: Entry = {
        notification,
        bytes,
        alone: false,
        late: false,
        timer: undefined,
        settle: (outcome) => {
          clearTimeout(entry.timer);
          gone?.removeEventListener("abort", leave);
          resolve(outcome);
        },
      };
      entry.timer = setTimeout(() => {
        entry.late = true;
        this.#drop(entry, this.#tooLong());
      }, this.#options.holdMilliseconds);
      gone?.addEventListener("abort", leave);
      this.#change([...this.#waiting, entry]);
      if (gone?.aborted === true) leave();
      this.#pump();
    });
  }

  /**
   * Refuses new notifications, lets the message under way finish, sends what waits if the rate allows a message right now, and tells
   * the others to try again.
   */
  async stop(): Promise<void> {
    this.#stopping = true;
    do {
      await this.#sending;
      this.#pump();
    } while (this.#sending !== undefined);
    const left = this.#waiting;
    this.#change([]);
    clearTimeout(this.#wakeUp);
    for (const entry of left) entry.settle(retry(FailureReason.shuttingDown, "the bridge is stopping", 1));
  }

  #pump(): void {
    clearTimeout(this.#wakeUp);
    if (this.#sending !== undefined || this.#waiting.length === 0) return;
    const wait = Math.max(this.#pauseLeft(), this.#options.bucket.waitMilliseconds);
    if (wait > 0) {
      this.#wakeUp = setTimeout(() => {
        this.#pump();
      }, Math.ceil(wait));
      return;
    }
    this.#options.bucket.take();
    this.#sending = this.#sendBatch(this.#nextBatch()).finally(() => {
      this.#sending = undefined;
      this.#pump();
    });
  }

  /** The last token carries everything that waits, so that nobody waits longer than for one token; others carry one each. */
  #nextBatch(): Entry[] {
    const [first] = this.#waiting;
    if (first === undefined) return [];
    const last = this.#stopping || this.#options.bucket.available === 0;
    const batch = first.alone || !last ? [first] : this.#waiting.filter((entry) => !entry.alone);
    this.#change(this.#waiting.filter((entry) => !batch.includes(entry)));
    return batch;
  }

  async #sendBatch(batch: readonly Entry[]): Promise<void> {
    const verdict = await this.#options.send(batch.map((entry) => entry.notification));
    if (verdict.kind === "delivered") {
      this.#pause = firstPauseMilliseconds;
      if (this.#pausedUntil !== 0) this.#setPause(0);
      for (const entry of batch) entry.settle({ kind: "delivered", coalesced: batch.length });
      return;
    }
    if (verdict.kind === "retry" && verdict.reason === FailureReason.throttled) {
      this.#throttle(batch, verdict.detail);
      return;
    }
    if (batch.length > 1 && contentReasons.has(verdict.reason)) {
      // One of them is to blame; apart, only that one is refused.
      for (const entry of batch) {
        entry.alone = true;
        if (entry.late) entry.settle(this.#tooLong());
      }
      this.#change([...batch.filter((entry) => !entry.late), ...this.#waiting]);
      return;
    }
    const outcome = verdict.kind === "retry" ? retry(verdict.reason, verdict.detail, 1) : verdict;
    for (const entry of batch) entry.settle(outcome);
  }

  /** Stays silent for a while: a call during DingTalk's punishment is refused too, and may prolong it. */
  #throttle(batch: readonly Entry[], detail: string): void {
    const pause = this.#pause;
    this.#pause = Math.min(pause * 2, longestPauseMilliseconds);
    this.#setPause(pause);
    const seconds = Math.ceil(pause / 1000);
    for (const entry of batch) entry.settle(retry(FailureReason.throttled, detail, seconds));
    if (pause <= this.#options.holdMilliseconds) return;
    const left = this.#waiting;
    this.#change([]);
    for (const entry of left) entry.settle(throttled(pause));
  }

  #setPause(milliseconds: number): void {
    this.#pausedUntil = milliseconds === 0 ? 0 : this.#options.now() + milliseconds;
    this.#options.onThrottle?.(milliseconds);
  }

  #pauseLeft(): number {
    return this.#pausedUntil === 0 ? 0 : Math.max(0, this.#pausedUntil - this.#options.now());
  }

  #tooLong(): Outcome {
    const pause = this.#pauseLeft();
    if (pause > 0) return throttled(pause);
    const seconds = this.#options.holdMilliseconds / 1000;
    return retry(FailureReason.queueTimeout, `waited ${String(seconds)} s for its turn`, 1);
  }

  /** Ends an entry that still waits; one that is being sent gets the outcome of that. */
  #drop(entry: Entry, outcome: Outcome): void {
    if (!this.#waiting.includes(entry)) return;
    this.#change(this.#waiting.filter((other) => other !== entry));
    entry.settle(outcome);
  }

  #change(waiting: Entry[]): void {
    this.#waiting = waiting;
    this.#waitingBytes = waiting.reduce((sum, entry) => sum + entry.bytes, 0);
    this.#options.onLength?.(waiting.length);
  }
}

function throttled(pauseMilliseconds: number): Outcome {
  const seconds = Math.ceil(pauseMilliseconds / 1000);
  return retry(
    FailureReason.throttled,
    `DingTalk throttles the robot; nothing is sent for ${String(seconds)} s`,
    seconds,
  );
}

function retry(reason: FailureReason, detail: string, retryAfterSeconds: number): Outcome {
  return { kind: "retry", reason, detail, retryAfterSeconds };
}
