/** Data that a change deletes sooner, protects less, or leaves unreadable. */

import type { ResourceChange } from "../diff/changes.ts";
import { isKubernetes, kindOf, named } from "../model/documents.ts";
import { at, listOf, textOf, type Json, type JsonObject } from "../model/json.ts";
import type { ResourceRecord } from "../model/snapshot.ts";
import type { AccessChange, Right } from "./access.ts";
import { prometheusBytes, seconds } from "./quantities.ts";
import type { WorkloadConcern } from "./workloads.ts";

/** Concerns about what one of the changes does to data. */
export function dataConcerns(change: ResourceChange, all: readonly ResourceChange[]): WorkloadConcern[] {
  const { before, after } = change;
  if (isKubernetes(change.resource))
    return before === undefined || after === undefined
      ? []
      : [
          ...historyConcerns(change.resource, before.inputs, after.inputs),
          ...sizeConcerns(change.resource, before.inputs, after.inputs),
        ];
  if (before === undefined || bucketGoes(before, all)) return [];
  return [...versioningConcerns(change), ...encryptionConcerns(change)];
}

/** Flags of programs that delete what is older, and what each of them keeps. */
const keeps: Record<string, string> = {
  "--retention.resolution-raw": "raw samples",
  "--retention.resolution-5m": "samples of 5 minutes",
  "--retention.resolution-1h": "samples of an hour",
  "--storage.tsdb.retention.time": "samples",
  "--tsdb.retention": "samples",
};

/** Thanos keeps for ever what has the retention 0d, which is also its default. */
const FOR_EVER = "0d";

function historyConcerns(resource: ResourceRecord, before: JsonObject, after: JsonObject): WorkloadConcern[] {
  return Object.entries(keeps).flatMap(([flag, what]): WorkloadConcern[] => {
    const isKeptByDefault = flag.startsWith("--retention.resolution");
    const [old, now] = [before, after].map(
      (inputs) => flagValue(inputs, flag) ?? (isKeptByDefault ? FOR_EVER : undefined),
    );
    if (old === undefined || now === undefined || kept(now) >= kept(old)) return [];
    const text = `shorter history of ${what}: ${old === FOR_EVER ? "for ever" : old} → ${now}, older data is deleted`;
    return [{ resource, text, level: "high" }];
  });
}

function kept(duration: string): number {
  const time = seconds(duration);
  return time === undefined || time === 0 ? Infinity : time;
}

/** What a flag of the containers is set to. */
function flagValue(inputs: JsonObject, flag: string): string | undefined {
  const containers = listOf(at(inputs, "spec", "template", "spec", "containers"));
  const args = containers.flatMap((container) => [
    ...listOf(at(container, "command")).map(textOf),
    ...listOf(at(container, "args")).map(textOf),
  ]);
  const index = args.findLastIndex((arg) => arg === flag || arg.startsWith(`${flag}=`));
  if (index < 0) return undefined;
  return args[index] === flag ? args[index + 1] : args[index]?.slice(flag.length + 1);
}

function sizeConcerns(resource: ResourceRecord, before: JsonObject, after: JsonObject): WorkloadConcern[] {
  const [from, to] = [before, after].map((inputs) => textOf(at(inputs, "spec", "retentionSize")));
  const [old, now] = [from, to].map((size) => prometheusBytes(size ?? ""));
  // Zero is no limit.
  if (now === undefined || now === 0 || (old !== undefined && old !== 0 && now >= old)) return [];
  const wasLimited = old !== undefined && old !== 0;
  const text = `keeps less: ${wasLimited ? (from ?? "") : "no limit"} → ${to ?? ""} (retentionSize), the oldest data beyond that is deleted`;
  return [{ resource, text, level: wasLimited && now < old / 2 ? "high" : "medium" }];
}

/** Whether the bucket of that setting is deleted as well, which is told of the bucket. */
function bucketGoes({ inputs }: ResourceRecord, all: readonly ResourceChange[]): boolean {
  return all.some(
    ({ operation, resource, isRetained }) =>
      operation === "delete" &&
      !isRetained &&
      kindOf(resource) === "Bucket" &&
      resource.inputs["bucket"] === inputs["bucket"],
  );
}

/** Deleting the setting suspends it, unless it is left as it is. */
function settingAfter({ after, before, isRetained }: ResourceChange): JsonObject | undefined {
  return (after ?? (isRetained ? before : undefined))?.inputs;
}

function versioningConcerns(change: ResourceChange): WorkloadConcern[] {
  const { resource, before } = change;
  if (kindOf(resource) !== "BucketVersioning") return [];
  const isOn = (inputs: JsonObject | undefined) =>
    at(inputs, "versioningConfiguration", "status") === "Enabled";
  if (!isOn(before?.inputs) || isOn(settingAfter(change))) return [];
  const text = "versioning is off: what is deleted or overwritten can't be brought back";
  return [{ resource, text, level: "high" }];
}

/** From the weakest to the strongest; S3 encrypts with keys of its own where nothing is said. */
const encryptions = ["none", "AES256", "aws:kms", "aws:kms:dsse"];

function encryptionConcerns(change: ResourceChange): WorkloadConcern[] {
  const { resource, before } = change;
  if (kindOf(resource) !== "BucketServerSideEncryptionConfiguration") return [];
  const [old, now] = [before?.inputs, settingAfter(change)].map(algorithm);
  if (old === undefined || now === undefined || encryptions.indexOf(now) >= encryptions.indexOf(old))
    return [];
  const text = `weaker encryption of new objects: ${old} → ${now === "none" ? "none of its own" : now}`;
  return [{ resource, text, level: "high" }];
}

function algorithm(inputs: JsonObject | undefined): string {
  const rules: Json[] = listOf(inputs?.["rules"]);
  return textOf(at(rules[0], "applyServerSideEncryptionByDefault", "sseAlgorithm")) || "none";
}

/** A key that holders can no longer decrypt with. */
export interface LostKey {
  key: string;
  holders: string[];
}

/** Keys that holders which stay may no longer decrypt with. */
export function lostKeys(access: readonly AccessChange[], changes: readonly ResourceChange[]): LostKey[] {
  const gone = new Set(
    changes.filter(({ operation }) => operation === "delete").map(({ resource }) => named(resource)),
  );
  const byKey = new Map<string, string[]>();
  for (const { holder, gained, lost } of access) {
    if (gone.has(holder)) continue;
    const now = new Set(gained.filter(decrypts).map(keyOf));
    for (const key of new Set(lost.filter(decrypts).map(keyOf)))
      if (!now.has(key) && !now.has("*")) byKey.set(key, [...(byKey.get(key) ?? []), holder]);
  }
  return [...byKey].map(([key, holders]) => ({ key, holders }));
}

function decrypts({ action }: Right): boolean {
  return /^(kms:(Decrypt|\*)|\*)$/.test(action);
}

/** What the right is on, without who has it and when. */
function keyOf({ target }: Right): string {
  return / on (<[^>]*>|\S+)/.exec(target)?.[1] ?? "*";
}
