import { setImmediate as nextTurn } from "node:timers/promises";

import * as pulumi from "@pulumi/pulumi";
import { expect, it } from "vitest";

import { registerPaced, type Pace } from "../../../stacks/pace.ts";

class Thing extends pulumi.CustomResource {
  constructor(name: string, opts: pulumi.CustomResourceOptions) {
    super("test:index:Thing", name, {}, opts);
  }
}

class Pair extends pulumi.ComponentResource {
  constructor(name: string, opts: pulumi.ComponentResourceOptions) {
    super("test:index:Pair", name, {}, opts);
    for (const side of ["left", "right"]) new Thing(`${name}-${side}`, { parent: this });
    this.registerOutputs({});
  }
}

const names = Array.from({ length: 40 }, (_, index) => `pair-${String(index)}`);
const impatient: Pace = { waiting: 6, patience: 30 };

/** An engine that answers for a resource when `answer` resolves. Tells how many waited at the same time, at most. */
async function engine(answer: (name: string) => Promise<void>) {
  const seen = { waiting: 0, most: 0, registered: 0 };
  await pulumi.runtime.setMocks({
    call: () => ({}),
    newResource: async ({ name, inputs, type }) => {
      seen.registered += type === "test:index:Thing" ? 1 : 0;
      seen.waiting += 1;
      seen.most = Math.max(seen.most, seen.waiting);
      await answer(name);
      seen.waiting -= 1;
      return { id: name, state: inputs as object };
    },
  });
  return seen;
}

async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await nextTurn();
}

it("lets few resources wait for their answer, and keeps the order", async () => {
  const seen = await engine(() => turns(3));
  const pairs = await registerPaced(names, (name, counted) => new Pair(name, counted), impatient);
  const urns = pairs.map(({ urn }) => new Promise<string>((resolve) => void urn.apply(resolve)));
  const found = await Promise.all(urns);
  expect(found.map((urn) => urn.slice(urn.lastIndexOf(":") + 1))).toEqual(names);
  await expect.poll(() => seen.registered).toBe(2 * names.length);
  // What waits already, and the three resources of one item more.
  expect(seen.most).toBeLessThanOrEqual(impatient.waiting + 3);
});

it("goes on where no answer comes", async () => {
  let release = (): void => undefined;
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  const seen = await engine((name) => (/left|right/.test(name) ? released : turns(1)));
  await registerPaced(names.slice(0, 8), (name, counted) => new Pair(name, counted), impatient);
  await expect.poll(() => seen.waiting).toBe(16);
  release();
  await expect.poll(() => seen.waiting).toBe(0);
});
