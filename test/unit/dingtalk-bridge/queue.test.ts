import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { FailureReason } from "../../../services/dingtalk-bridge/errcode.ts";
import type { Verdict } from "../../../services/dingtalk-bridge/errcode.ts";
import { TokenBucket } from "../../../services/dingtalk-bridge/limiter.ts";
import {
  maxQueuedBytes,
  maxQueuedNotifications,
  RobotQueue,
} from "../../../services/dingtalk-bridge/queue.ts";
import type { Outcome, QueueOptions } from "../../../services/dingtalk-bridge/queue.ts";
import type { Notification } from "../../../services/dingtalk-bridge/webhook.ts";
import { notification } from "./samples.ts";

const delivered: Verdict = { kind: "delivered" };
const throttled: Verdict = { kind: "retry", reason: FailureReason.throttled, detail: "errcode 130101" };

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date"] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** A queue whose sends take 100 ms and end as `verdicts` says, then delivered. */
function setUp(options: Partial<QueueOptions> & { perMinute?: number; verdicts?: Verdict[] } = {}) {
  const now = () => Date.now();
  const verdicts = [...(options.verdicts ?? [])];
  const sent: { at: number; groups: string[] }[] = [];
  const start = now();
  const queue = new RobotQueue({
    bucket: new TokenBucket(options.perMinute ?? 20, now),
    now,
    holdMilliseconds: 25_000,
    send: (notifications) => {
      sent.push({ at: now() - start, groups: notifications.map((one) => one.groupKey) });
      return new Promise((resolve) => {
        setTimeout(() => {
          resolve(verdicts.shift() ?? delivered);
        }, 100);
      });
    },
    ...options,
  });
  const outcomes = new Map<string, Outcome>();
  const submit = (groupKey: string, gone?: AbortSignal, bytes = 100) =>
    queue.submit(notification({ groupKey }), bytes, gone).then((outcome) => {
      outcomes.set(groupKey, outcome);
      return outcome;
    });
  const pass = (milliseconds: number) => vi.advanceTimersByTimeAsync(milliseconds);
  return { queue, sent, submit, outcomes, pass };
}

describe("RobotQueue", () => {
  it("sends at once while there is allowance, one notification a message", async () => {
    const { sent, submit, outcomes, pass } = setUp();
    await pass(61_000);
    const start = Date.now();
    for (const name of ["a", "b", "c"]) void submit(name);
    await pass(300);
    expect(Date.now() - start).toBe(300);
    expect(sent.map((one) => one.groups)).toEqual([["a"], ["b"], ["c"]]);
    expect(outcomes.get("c")).toEqual({ kind: "delivered", coalesced: 1 });
  });

  it("joins what waits once the allowance is used up, and answers each only when it is delivered", async () => {
    const { sent, submit, outcomes, pass, queue } = setUp();
    void submit("first");
    await pass(50);
    for (const name of ["a", "b", "c"]) void submit(name);
    await pass(5900);
    expect([...outcomes.keys()]).toEqual(["first"]);
    expect(queue.length).toBe(3);
    await pass(300);
    expect(sent).toEqual([
      { at: 0, groups: ["first"] },
      { at: 6100, groups: ["a", "b", "c"] },
    ]);
    expect(outcomes.get("b")).toEqual({ kind: "delivered", coalesced: 3 });
    expect(queue.length).toBe(0);
  });

  it("tells Alertmanager to repeat what waited too long, and does not send it", async () => {
    const { sent, submit, outcomes, pass } = setUp({ perMinute: 1, holdMilliseconds: 5000 });
    void submit("first");
    void submit("late");
    await pass(4999);
    expect(outcomes.has("late")).toBe(false);
    await pass(1);
    expect(outcomes.get("late")).toMatchObject({ kind: "retry", reason: FailureReason.queueTimeout });
    await pass(120_000);
    expect(sent.map((one) => one.groups)).toEqual([["first"]]);
  });

  it("does not send what Alertmanager has given up", async () => {
    const { sent, submit, outcomes, pass } = setUp();
    void submit("first");
    const gone = new AbortController();
    void submit("gone", gone.signal);
    void submit("kept");
    await pass(1000);
    gone.abort();
    await pass(10_000);
    expect(outcomes.get("gone")).toMatchObject({ reason: FailureReason.clientGone });
    expect(sent.map((one) => one.groups)).toEqual([["first"], ["kept"]]);
    void submit("gone before", AbortSignal.abort());
    await pass(0);
    expect(outcomes.get("gone before")).toMatchObject({ reason: FailureReason.clientGone });
  });

  it("keeps what is being sent even when its wait would be over", async () => {
    const { submit, outcomes, pass } = setUp({ holdMilliseconds: 50 });
    void submit("a");
    await pass(60);
    expect(outcomes.has("a")).toBe(false);
    await pass(50);
    expect(outcomes.get("a")).toMatchObject({ kind: "delivered" });
  });

  it.each<[Verdict, string]>([
    [{ kind: "retry", reason: FailureReason.network, detail: "d" }, "retry"],
    [{ kind: "reject", reason: FailureReason.signature, detail: "d" }, "reject"],
  ])("gives a failure to everybody in the message: %j", async (verdict, kind) => {
    const { submit, outcomes, pass } = setUp({ verdicts: [delivered, verdict] });
    for (const name of ["first", "a", "b"]) void submit(name);
    await pass(7000);
    for (const name of ["a", "b"])
      expect(outcomes.get(name)).toMatchObject({
        kind,
        reason: verdict.kind === "delivered" ? "" : verdict.reason,
        detail: "d",
      });
  });

  it("finds the one whose text DingTalk refuses, and delivers the others", async () => {
    const refused: Verdict = {
      kind: "reject",
      reason: FailureReason.contentRejected,
      detail: "errcode 430101",
    };
    const { sent, submit, outcomes, pass } = setUp({
      verdicts: [delivered, refused, delivered, refused, delivered],
    });
    for (const name of ["first", "a", "bad", "c"]) void submit(name);
    await pass(25_000);
    expect(sent.map((one) => one.groups)).toEqual([["first"], ["a", "bad", "c"], ["a"], ["bad"], ["c"]]);
    expect(outcomes.get("a")).toMatchObject({ kind: "delivered" });
    expect(outcomes.get("bad")).toMatchObject({ kind: "reject", reason: FailureReason.contentRejected });
    expect(outcomes.get("c")).toMatchObject({ kind: "delivered" });
  });

  it("doesn't let those that are sent apart wait longer than the others", async () => {
    const refused: Verdict = {
      kind: "reject",
      reason: FailureReason.contentRejected,
      detail: "errcode 430101",
    };
    const { submit, outcomes, pass } = setUp({ verdicts: [delivered, refused], holdMilliseconds: 6150 });
    for (const name of ["first", "a", "b"]) void submit(name);
    await pass(6190);
    expect(outcomes.has("a")).toBe(false);
    await pass(10);
    for (const name of ["a", "b"]) {
      expect(outcomes.get(name)).toMatchObject({ kind: "retry", reason: FailureReason.queueTimeout });
    }
  });

  it("is silent after a throttle, longer each time, and tells how long", async () => {
    const pauses: number[] = [];
    const { sent, submit, outcomes, pass } = setUp({
      verdicts: [throttled, throttled, delivered, throttled],
      onThrottle: (milliseconds) => pauses.push(milliseconds),
    });
    void submit("a");
    void submit("b");
    await pass(100);
    expect(outcomes.get("a")).toMatchObject({
      kind: "retry",
      reason: FailureReason.throttled,
      retryAfterSeconds: 60,
    });
    expect(outcomes.get("b")).toMatchObject({
      kind: "retry",
      reason: FailureReason.throttled,
      retryAfterSeconds: 60,
    });
    await pass(30_000);
    expect(await submit("c")).toMatchObject({ reason: FailureReason.throttled, retryAfterSeconds: 30 });
    // Within the hold it waits for the end of the pause instead.
    await pass(10_000);
    void submit("d");
    await pass(19_900);
    expect(sent).toHaveLength(1);
    await pass(200);
    expect(sent).toHaveLength(2);
    expect(outcomes.get("d")).toMatchObject({ retryAfterSeconds: 120 });
    await pass(120_000);
    void submit("e");
    await pass(200);
    expect(outcomes.get("e")).toMatchObject({ kind: "delivered" });
    void submit("f");
    await pass(200);
    expect(outcomes.get("f")).toMatchObject({ retryAfterSeconds: 60 });
    expect(pauses).toEqual([60_000, 120_000, 0, 60_000]);
  });

  it("pauses for ten minutes at most", async () => {
    const pauses: number[] = [];
    const { submit, pass } = setUp({
      verdicts: Array.from({ length: 8 }, () => throttled),
      onThrottle: (ms) => pauses.push(ms),
    });
    for (let turn = 0; turn < 8; turn += 1) {
      void submit(String(turn));
      await pass(700_000);
    }
    expect(pauses.map((ms) => ms / 1000)).toEqual([60, 120, 240, 480, 600, 600, 600, 600]);
  });

  it("keeps a bounded number and size, and asks for a repeat beyond", async () => {
    const { submit, outcomes, pass, queue } = setUp();
    void submit("first");
    for (let index = 0; index <= maxQueuedNotifications; index += 1) void submit(`n${String(index)}`);
    await pass(0);
    expect(queue.length).toBe(maxQueuedNotifications);
    expect(outcomes.get(`n${String(maxQueuedNotifications)}`)).toMatchObject({
      kind: "retry",
      reason: FailureReason.queueFull,
    });
    await pass(10_000);
    expect(outcomes.get("n0")).toEqual({ kind: "delivered", coalesced: maxQueuedNotifications });
    expect(await submit("huge", undefined, maxQueuedBytes + 1)).toMatchObject({
      reason: FailureReason.queueFull,
    });
  });

  it("stops: refuses what is new, finishes what is under way, sends what it may, tells the rest to come back", async () => {
    const { queue, sent, submit, outcomes, pass } = setUp();
    void submit("under way");
    void submit("waits");
    await pass(50);
    const stopped = queue.stop();
    expect(await submit("new")).toMatchObject({ kind: "retry", reason: FailureReason.shuttingDown });
    await pass(100);
    await stopped;
    expect(outcomes.get("under way")).toMatchObject({ kind: "delivered" });
    expect(outcomes.get("waits")).toMatchObject({ kind: "retry", reason: FailureReason.shuttingDown });
    await pass(60_000);
    expect(sent).toHaveLength(1);
  });

  it("stops: puts all that waits into one message when it may still send", async () => {
    const { queue, sent, submit, outcomes, pass } = setUp();
    await pass(61_000);
    for (const name of ["a", "b", "c"]) void submit(name);
    await pass(50);
    const stopped = queue.stop();
    await pass(200);
    await stopped;
    expect(sent.map((one) => one.groups)).toEqual([["a"], ["b", "c"]]);
    expect(outcomes.get("c")).toEqual({ kind: "delivered", coalesced: 2 });
  });

  it("loses nothing and answers each exactly once, whatever happens", async () => {
    const step = fc.record({
      gap: fc.integer({ min: 0, max: 20_000 }),
      count: fc.integer({ min: 1, max: 30 }),
      leaves: fc.boolean(),
    });
    const anyVerdict = fc.constantFrom<Verdict>(
      delivered,
      delivered,
      throttled,
      { kind: "retry", reason: FailureReason.timeout, detail: "" },
      { kind: "reject", reason: FailureReason.contentRejected, detail: "" },
      { kind: "reject", reason: FailureReason.keyword, detail: "" },
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 15 }),
        fc.array(anyVerdict, { maxLength: 40 }),
        async (steps, verdicts) => {
          const accepted: string[] = [];
          const calls: { at: number; groups: string[]; verdict: Verdict }[] = [];
          const planned = [...verdicts];
          const { submit, outcomes, pass, queue } = setUp({
            send: (notifications: readonly Notification[]) => {
              const verdict = planned.shift() ?? delivered;
              calls.push({ at: Date.now(), groups: notifications.map((one) => one.groupKey), verdict });
              return new Promise((resolve) => {
                setTimeout(() => {
                  resolve(verdict);
                }, 700);
              });
            },
          });
          let id = 0;
          for (const { gap, count, leaves } of steps) {
            await pass(gap);
            for (let index = 0; index < count; index += 1) {
              id += 1;
              const gone = new AbortController();
              void submit(String(id), gone.signal);
              accepted.push(String(id));
              if (leaves)
                setTimeout(() => {
                  gone.abort();
                }, 1000);
            }
          }
          await pass(60_000);
          await queue.stop();
          // Each has its answer, and "delivered" exactly when DingTalk took a message that carried it.
          const taken = calls
            .filter((call) => call.verdict.kind === "delivered")
            .flatMap((call) => call.groups);
          expect([...outcomes.keys()].sort()).toEqual([...accepted].sort());
          expect(new Set(taken).size).toBe(taken.length);
          const told = [...outcomes]
            .filter(([, outcome]) => outcome.kind === "delivered")
            .map(([name]) => name);
          expect(told.sort()).toEqual([...taken].sort());
          for (const call of calls) {
            const later = calls.filter((other) => other.at >= call.at && other.at < call.at + 61_000);
            expect(later.length).toBeLessThanOrEqual(20);
          }
        },
      ),
      { numRuns: 60 },
    );
  });
});
