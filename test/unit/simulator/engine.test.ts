import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import { Engine, type EngineOptions } from "../../../services/vllm-simulator/engine/engine.ts";
import type { Sequence, SequenceRequest } from "../../../services/vllm-simulator/engine/sequence.ts";
import { privateContent, smallEngine, Tally } from "../../support/simulator.ts";

function request(changes: Partial<SequenceRequest> = {}): SequenceRequest {
  return {
    promptTokens: 10,
    outputTokens: 3,
    maxTokens: 100,
    frontEnd: 0,
    blockContent: privateContent(),
    ...changes,
  };
}

/** Runs an engine until it is idle. */
function drain(engine: Engine): number {
  let now = 0;
  for (let steps = 0; engine.nextEvent < Infinity; steps += 1) {
    if (steps > 100_000) {
      throw new Error("the engine never becomes idle");
    }
    now = engine.nextEvent;
    engine.endStep();
  }
  return now;
}

function started(changes: Partial<EngineOptions> = {}): { engine: Engine; tally: Tally } {
  const tally = new Tally();
  return { engine: new Engine(smallEngine(changes), tally), tally };
}

describe("one request", () => {
  it("takes a prefill step and a step per further token", () => {
    const { engine, tally } = started();
    engine.add(request(), 1);
    const end = drain(engine);
    // Step times: 0.01 fixed + 0.0001 for the sequence, and 10 prompt tokens of 0.0001 in the first.
    expect(end).toBeCloseTo(1 + 3 * 0.0101 + 0.001, 10);
    const [finished] = tally.finished;
    expect(finished).toMatchObject({
      reason: "stop",
      promptTokens: 10,
      generatedTokens: 3,
      queueTime: 0,
      preemptions: 0,
    });
    expect(finished?.prefillTime).toBeCloseTo(0.0111, 10);
    expect(finished?.decodeTime).toBeCloseTo(0.0202, 10);
    expect(finished?.e2eLatency).toBeCloseTo(end - 1, 10);
    expect(tally.sums).toMatchObject({
      iterations: 3,
      generatedTokens: 3,
      firstTokens: 1,
      interTokens: 2,
      requests: 1,
    });
    expect(engine.kvCacheUsage).toBe(0);
    expect(tally.scheduled.at(-1)).toMatchObject({ running: 0, waiting: 0, kvCacheUsage: 0 });
  });

  it("ends with length at max_tokens, with stop when the model ends first", () => {
    const { engine, tally } = started();
    engine.add(request({ outputTokens: 50, maxTokens: 2 }), 0);
    engine.add(request({ outputTokens: 2, maxTokens: 2 }), 0);
    drain(engine);
    expect(tally.finished.map(({ reason }) => reason).sort()).toEqual(["length", "stop"]);
  });

  it("is prefilled in chunks of the token budget", () => {
    const { engine, tally } = started();
    engine.add(request({ promptTokens: 150, outputTokens: 1 }), 0);
    drain(engine);
    expect(engine.totals.steps).toBe(3);
    expect(tally.sums.iterations).toBe(1);
    expect(tally.finished[0]?.prefillTime).toBeCloseTo(3 * 0.0101 + 0.015, 10);
  });

  it("reports several answers of one request together", () => {
    const { engine, tally } = started();
    const parent = { n: 3, unfinished: 3, maxGeneratedTokens: 0 };
    for (const outputTokens of [2, 9, 4]) {
      engine.add(request({ outputTokens, parent }), 0);
    }
    drain(engine);
    expect(tally.finished).toHaveLength(3);
    expect(tally.sums.requests).toBe(1);
    expect(parent.maxGeneratedTokens).toBe(9);
  });
});

describe("the queue", () => {
  it("holds what the batch has no room for, first come first served", () => {
    const { engine, tally } = started({ maxNumSeqs: 2 });
    const order: number[] = [];
    for (let index = 0; index < 5; index += 1) {
      engine.add(request({ onFinish: () => order.push(index) }), 0);
    }
    expect([engine.running, engine.waiting]).toEqual([1, 4]);
    engine.endStep();
    expect([engine.running, engine.waiting]).toEqual([2, 3]);
    drain(engine);
    expect(order).toEqual([0, 1, 2, 3, 4]);
    const waits = tally.finished.map(({ queueTime }) => queueTime);
    expect(waits.every((wait, index) => wait >= (waits[index - 1] ?? 0))).toBe(true);
    expect(waits.at(-1)).toBeGreaterThan(0.03);
  });

  it("defers adapters beyond --max-loras and lets others pass", () => {
    const { engine, tally } = started({ maxLoras: 1 });
    const order: string[] = [];
    for (const [index, adapter] of ["a", "b", undefined, "a"].entries()) {
      const name = `${String(index)}${adapter ?? "-"}`;
      engine.add(
        request({ ...(adapter === undefined ? {} : { adapter }), onFinish: () => order.push(name) }),
        0,
      );
    }
    engine.endStep();
    expect(tally.scheduled.at(-1)).toMatchObject({ adapters: ["a", "b"] });
    engine.endStep();
    expect(tally.scheduled.at(-1)).toMatchObject({ deferred: 1, waiting: 0, running: 3 });
    drain(engine);
    expect(order).toEqual(["0a", "2-", "3a", "1b"]);
    expect(tally.scheduled.at(-1)).toMatchObject({ deferred: 0, adapters: [] });
  });
});

describe("the KV cache", () => {
  it("is shared by equal prompts, up to the last token", () => {
    const { engine, tally } = started();
    const blockContent = (index: number): number => index;
    engine.add(request({ promptTokens: 16, outputTokens: 1, blockContent }), 0);
    drain(engine);
    engine.add(request({ promptTokens: 16, outputTokens: 1, blockContent }), 10);
    drain(engine);
    // Of 4 full blocks of 4 tokens the last is computed again, since something must be.
    expect(tally.sums).toMatchObject({ queries: 32, hits: 12, promptTokens: 32, cachedTokens: 12 });
    expect(tally.finished[1]?.cachedTokens).toBe(12);
    expect(tally.finished[1]?.prefillTime).toBeLessThan(tally.finished[0]?.prefillTime ?? 0);
  });

  it("preempts the last comer when it is full, which later starts over", () => {
    // 10 usable blocks of 4 tokens; both sequences grow to 24 tokens, 6 blocks each.
    const { engine, tally } = started({ numBlocks: 11, prefixCaching: false });
    const order: string[] = [];
    engine.add(request({ promptTokens: 12, outputTokens: 12, onFinish: () => order.push("first") }), 0);
    engine.add(request({ promptTokens: 12, outputTokens: 12, onFinish: () => order.push("second") }), 0);
    drain(engine);
    expect(order).toEqual(["first", "second"]);
    expect(tally.sums.preemptions).toBe(1);
    expect(tally.finished.map(({ preemptions }) => preemptions)).toEqual([0, 1]);
    expect(Math.max(...tally.scheduled.map(({ kvCacheUsage }) => kvCacheUsage))).toBeGreaterThan(0.89);
    expect(engine.kvCacheUsage).toBe(0);
  });
});

describe("aborts", () => {
  it("by clients leave no statistics", () => {
    const { engine, tally } = started({ maxNumSeqs: 1 });
    const running = engine.add(request({ outputTokens: 50 }), 0);
    const waiting = engine.add(request(), 0);
    engine.endStep();
    engine.abort(waiting, engine.nextEvent);
    engine.abort(running, engine.nextEvent);
    engine.abort(running, engine.nextEvent);
    expect([engine.running, engine.waiting, engine.kvCacheUsage]).toEqual([0, 0, 0]);
    drain(engine);
    expect(tally.finished).toEqual([]);
    expect(engine.totals).toMatchObject({ arrived: 2, finished: 0, aborted: 2 });
  });

  it("by the engine count as abort", () => {
    const { engine, tally } = started({ maxNumSeqs: 1 });
    const reasons: string[] = [];
    engine.add(request({ outputTokens: 50, onFinish: (_sequence, reason) => reasons.push(reason) }), 0);
    engine.add(request({ onFinish: (_sequence, reason) => reasons.push(reason) }), 0);
    engine.endStep();
    engine.abortAll(1);
    expect(reasons).toEqual(["abort", "abort"]);
    expect(tally.finished.map(({ reason }) => reason)).toEqual(["abort", "abort"]);
    expect(tally.finished[1]).toMatchObject({
      queueTime: 1,
      prefillTime: 0,
      decodeTime: 0,
      generatedTokens: 0,
    });
  });
});

describe("a stuck engine", () => {
  it("takes requests in, schedules none, hears no abort, and goes on later", () => {
    const { engine, tally } = started();
    const sequence = engine.add(request({ outputTokens: 9 }), 0);
    engine.endStep();
    engine.setStuck(true, 0.02);
    engine.add(request(), 0.03);
    for (let step = 0; step < 10; step += 1) {
      engine.endStep();
    }
    engine.abort(sequence, engine.nextEvent);
    expect(tally.scheduled.at(-1)).toMatchObject({ running: 1, waiting: 1 });
    const tokens = tally.sums.generatedTokens;
    engine.endStep();
    expect(tally.sums.generatedTokens).toBe(tokens);
    engine.setStuck(false, engine.nextEvent);
    drain(engine);
    expect(tally.finished).toHaveLength(2);
  });
});

/** A load of random requests on a random engine; every sequence fits in the cache. */
const loads = fc
  .record({
    blockSize: fc.integer({ min: 1, max: 16 }),
    usableBlocks: fc.integer({ min: 12, max: 80 }),
    maxNumSeqs: fc.integer({ min: 1, max: 12 }),
    budget: fc.integer({ min: 12, max: 96 }),
    prefixCaching: fc.boolean(),
    maxLoras: fc.integer({ min: 1, max: 2 }),
  })
  .chain((shape) => {
    const room = shape.blockSize * shape.usableBlocks;
    const sequence = fc.record({
      prompt: fc.integer({ min: 1, max: Math.floor(room / 2) }),
      output: fc.integer({ min: 1, max: Math.min(40, Math.floor(room / 2)) }),
      maxTokens: fc.integer({ min: 1, max: Math.min(40, Math.floor(room / 2)) }),
      pause: fc.double({ min: 0, max: 0.2, noNaN: true }),
      group: fc.integer({ min: 0, max: 3 }),
      adapter: fc.constantFrom(undefined, "a", "b", "c"),
      abortAfter: fc.option(fc.integer({ min: 1, max: 20 }), { nil: undefined, freq: 5 }),
      frontEnd: fc.integer({ min: 0, max: 1 }),
    });
    return fc.record({
      shape: fc.constant(shape),
      sequences: fc.array(sequence, { minLength: 1, maxLength: 40 }),
    });
  });

type Load = typeof loads extends fc.Arbitrary<infer T> ? T : never;

/** Plays a load to its end; `look` sees the engine after every event. */
function play(
  load: Load,
  look: (engine: Engine) => void = () => undefined,
): { engine: Engine; tally: Tally; all: Sequence[] } {
  const { shape } = load;
  const { engine, tally } = started({
    blockSize: shape.blockSize,
    numBlocks: shape.usableBlocks + 1,
    maxNumSeqs: shape.maxNumSeqs,
    maxNumBatchedTokens: shape.budget,
    prefixCaching: shape.prefixCaching,
    maxLoras: shape.maxLoras,
  });
  const all: Sequence[] = [];
  let now = 0;
  for (const { prompt, output, maxTokens, pause, group, adapter, abortAfter, frontEnd } of load.sequences) {
    now += pause;
    while (engine.nextEvent <= now) {
      engine.endStep();
      look(engine);
    }
    all.push(
      engine.add(
        {
          promptTokens: prompt,
          outputTokens: output,
          maxTokens,
          frontEnd,
          ...(adapter === undefined ? {} : { adapter }),
          blockContent: (index) => group * 1e6 + index,
          onToken: (sequence, at) => {
            if (sequence.generated === abortAfter) {
              engine.abort(sequence, at);
            }
          },
        },
        now,
      ),
    );
    look(engine);
  }
  while (engine.nextEvent < Infinity) {
    engine.endStep();
    look(engine);
  }
  return { engine, tally, all };
}

describe("whatever is asked of an engine", () => {
  it("no request is lost and all limits are kept", () => {
    fc.assert(
      fc.property(loads, (load) => {
        const { engine } = play(load, (busy) => {
          const { arrived, finished, aborted } = busy.totals;
          expect(busy.waiting + busy.running + finished + aborted).toBe(arrived);
          expect(busy.running).toBeLessThanOrEqual(load.shape.maxNumSeqs);
          expect(busy.kvCacheUsage).toBeGreaterThanOrEqual(0);
          expect(busy.kvCacheUsage).toBeLessThanOrEqual(1);
          expect(busy.waiting).toBeGreaterThanOrEqual(0);
        });
        expect(engine.running + engine.waiting).toBe(0);
        expect(engine.kvCacheUsage).toBe(0);
        expect(engine.totals.arrived).toBe(load.sequences.length);
      }),
      { numRuns: 150 },
    );
  });

  it("the statistics agree with each other and with what was asked", () => {
    fc.assert(
      fc.property(loads, (load) => {
        const { engine, tally, all } = play(load);
        const { sums, finished } = tally;
        expect(finished).toHaveLength(engine.totals.finished);
        expect(sums.requests).toBe(finished.length);
        const total = (of: (sequence: Sequence) => number): number =>
          all.reduce((sum, one) => sum + of(one), 0);
        // Every sequence got a first token: aborts come after it.
        expect(sums.firstTokens).toBe(all.length);
        expect(sums.promptTokens).toBe(total((one) => one.request.promptTokens));
        expect(sums.generatedTokens).toBe(total((one) => one.generated));
        expect(sums.interTokens).toBe(sums.generatedTokens - sums.firstTokens);
        expect(sums.cachedTokens).toBe(total((one) => one.cachedTokens));
        expect(sums.cachedTokens).toBeLessThanOrEqual(sums.promptTokens);
        expect(sums.preemptions).toBe(total((one) => one.preemptions));
        expect(sums.hits).toBeLessThanOrEqual(sums.queries);
        expect(sums.queries).toBe(load.shape.prefixCaching ? sums.promptTokens : 0);
        for (const one of finished) {
          expect(one.generatedTokens).toBeLessThanOrEqual(one.maxTokens);
          if (one.reason === "length") {
            expect(one.generatedTokens).toBe(one.maxTokens);
          }
          expect(one.queueTime + one.prefillTime + one.decodeTime).toBeCloseTo(one.e2eLatency, 9);
          expect(one.prefillTime + one.decodeTime).toBeCloseTo(one.inferenceTime, 9);
          expect(Math.min(one.queueTime, one.decodeTime)).toBeGreaterThanOrEqual(0);
          expect(one.prefillTime).toBeGreaterThan(0);
        }
      }),
      { numRuns: 150 },
    );
  });

  it("it happens the same way again", () => {
    fc.assert(
      fc.property(loads, (load) => {
        expect(play(load).tally).toEqual(play(load).tally);
      }),
      { numRuns: 30 },
    );
  });
});
