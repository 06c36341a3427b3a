/** Options of resources that change what may happen later, but nothing now. */

import { compareText, equal, type Json } from "../model/json.ts";
import type { ResourceRecord } from "../model/snapshot.ts";
import type { Pair } from "./changes.ts";

const OPTIONS = [
  "protect",
  "retainOnDelete",
  "deleteBeforeReplace",
  "ignoreChanges",
  "replaceOnChanges",
] as const;

export interface OptionChange {
  resource: ResourceRecord;
  option: (typeof OPTIONS)[number] | "dependsOn";
  before: Json;
  after: Json;
}

/**
 * What differs in the options of a resource that is on both sides.
 *
 * @param now URN of today by the URN of before, of everything that is on both sides
 */
export function optionChanges({ before, after }: Pair, now: ReadonlyMap<string, string>): OptionChange[] {
  const own = OPTIONS.filter((option) => !equal(before[option], after[option])).map((option) => ({
    resource: after,
    option,
    before: before[option],
    after: after[option],
  }));
  return [...own, ...dependencyChanges({ before, after }, now)];
}

/**
 * What a resource waits for, of what is there on both sides: what comes and goes is told as that. Of resources whose inputs
 * differ nothing is said, since most dependencies follow from inputs.
 */
function dependencyChanges({ before, after }: Pair, now: ReadonlyMap<string, string>): OptionChange[] {
  if (!equal(before.inputs, after.inputs)) return [];
  const both = new Set(now.values());
  const old = new Set(before.dependencies.flatMap((urn) => now.get(urn) ?? []));
  const present = new Set(after.dependencies.filter((urn) => both.has(urn)));
  const names = (urns: Iterable<string>) =>
    [...urns]
      .map((urn) =>
        urn
          .split("::")
          .slice(2)
          .join(" ")
          .replace(/^\S*[$:]/, ""),
      )
      .sort(compareText);
  const [gone, added] = [
    [...old].filter((urn) => !present.has(urn)),
    [...present].filter((urn) => !old.has(urn)),
  ];
  if (gone.length + added.length === 0) return [];
  return [{ resource: after, option: "dependsOn", before: names(gone), after: names(added) }];
}
