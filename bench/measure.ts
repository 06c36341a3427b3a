/** Durations of something that was run several times, in milliseconds. */
export interface Series {
  readonly name: string;
  readonly milliseconds: readonly number[];
}

/** The middle value; of an even number of values the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

/**
 * Runs each candidate several times, in turn, so that a machine that gets slower or faster meanwhile does so for all.
 *
 * @param rounds runs of each, after one that is not counted
 */
export async function alternate(
  candidates: Readonly<Record<string, () => Promise<unknown>>>,
  rounds: number,
): Promise<Record<string, Series>> {
  const times: Record<string, number[]> = {};
  for (let round = 0; round <= rounds; round++) {
    for (const [name, run] of Object.entries(candidates)) {
      const begun = performance.now();
      await run();
      if (round > 0) {
        (times[name] ??= []).push(performance.now() - begun);
      }
    }
  }
  return Object.fromEntries(
    Object.entries(times).map(([name, milliseconds]) => [name, { name, milliseconds }]),
  );
}
