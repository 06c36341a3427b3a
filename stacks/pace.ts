/** Registers what an environment has very many of no faster than the engine answers. */

import { setTimeout as sleep } from "node:timers/promises";

import * as pulumi from "@pulumi/pulumi";

export interface Pace {
  /** Resources that may wait for their answer. Default: 256, more than a fleet of thirty models has. */
  waiting: number;
  /** How long no answer may come before more is registered all the same, in milliseconds. Default: 1000. */
  patience: number;
}

const DEFAULT: Pace = { waiting: 256, patience: 1000 };

/** How often is looked whether answers came, in milliseconds. */
const LOOK = 10;

/** Options by which resources are counted: components hand them on to their children. */
export type Counted = Required<Pick<pulumi.ResourceOptions, "transformations">>;

/**
 * Calls `define` for each item, and before the next one waits until few resources are left that the engine has not answered for.
 *
 * Of a resource that waits for its answer the SDK keeps dozens of promises and several copies of its properties. Registered at
 * once, a thousand models take gigabytes, and each of them more time, for the garbage collector (docs/benchmarks.md).
 * An update answers for an object when it is ready, which for a model takes minutes; so where no answer comes for a while, more
 * is registered, and nothing is made later than the engine could make it.
 *
 * @param define gets options for every resource that it registers
 */
export async function registerPaced<Item, Result>(
  items: readonly Item[],
  define: (item: Item, counted: Counted) => Result,
  pace: Pace = DEFAULT,
): Promise<Result[]> {
  const results: Result[] = [];
  let waiting = 0;
  let allowed = pace.waiting;
  const counted: Counted = {
    transformations: [
      ({ resource }) => {
        waiting += 1;
        // The resource has its URN when its constructor is done, and none where that threw.
        queueMicrotask(() =>
          (resource.urn as pulumi.Output<string> | undefined)?.apply(() => {
            waiting -= 1;
          }),
        );
        return undefined;
      },
    ],
  };
  for (const item of items) {
    // Looks are counted, and not the time: answers that came while the program itself was busy are read between two of them.
    for (let before = waiting, idle = 0; waiting > allowed; before = waiting) {
      await sleep(LOOK);
      idle = waiting === before ? idle + 1 : 0;
      if (idle * LOOK >= pace.patience) allowed = waiting + pace.waiting;
    }
    results.push(define(item, counted));
  }
  return results;
}
