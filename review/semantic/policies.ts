/** What the project's policies say of both sides, and what became of the policies themselves. */

import { evaluatePolicies, POLICIES, type Policy, type PolicyVerdict } from "../../policies/index.ts";
import type { Comparison } from "../diff/changes.ts";
import { named } from "../model/documents.ts";
import type { ResourceRecord, Snapshot } from "../model/snapshot.ts";

/** A verdict with the resource as the report names it. */
export interface ReviewedVerdict {
  policy: string;
  enforcement: string;
  resource: string;
  message: string;
}

/** A policy that is not what it was. */
export interface PolicyChange {
  policy: string;
  what: "new" | "gone" | "now advisory" | "now mandatory";
}

export interface PolicyDifference {
  /** Violations that the change brings, by its own policies. */
  added: ReviewedVerdict[];
  /** Violations that it ends. */
  resolved: ReviewedVerdict[];
  /** Violations on both sides. */
  standing: ReviewedVerdict[];
  /** Violations that only the base's policies would see. */
  unseen: ReviewedVerdict[];
  changed: PolicyChange[];
}

/** The policies of each side. */
export interface PolicySides {
  base: readonly Policy[];
  head: readonly Policy[];
}

const PRESENT: PolicySides = { base: POLICIES, head: POLICIES };

/**
 * Each side is judged by its own policies, and the head by those of the base too: a change that takes a policy away must not
 * hide what it would have said.
 */
export function diffPolicies(
  { base, head }: Pick<Comparison, "base" | "head">,
  sides: PolicySides = PRESENT,
): PolicyDifference {
  const before = verdictsOf(base, sides.base);
  const after = verdictsOf(head, sides.head);
  const byOld = sides.base === sides.head ? after : verdictsOf(head, sides.base);
  const isNew = isNotIn(before);
  const plain = (verdicts: Keyed[]) => verdicts.map(({ verdict }) => verdict);
  return {
    added: plain(after.filter(isNew)),
    resolved: plain(before.filter(isNotIn(after)).filter(isNotIn(byOld))),
    standing: plain(after.filter((verdict) => !isNew(verdict))),
    unseen: plain(byOld.filter(isNotIn(after)).filter(isNew)),
    changed: changedPolicies(sides),
  };
}

function changedPolicies({ base, head }: PolicySides): PolicyChange[] {
  const [before, after] = [base, head].map(
    (all) => new Map(all.map((policy) => [policy.name, policy.enforcement])),
  );
  const names = [...new Set([...(before?.keys() ?? []), ...(after?.keys() ?? [])])].sort();
  return names.flatMap((policy): PolicyChange[] => {
    const [old, now] = [before?.get(policy), after?.get(policy)];
    if (old === now) return [];
    if (old === undefined) return [{ policy, what: "new" }];
    if (now === undefined) return [{ policy, what: "gone" }];
    return [{ policy, what: now === "advisory" ? "now advisory" : "now mandatory" }];
  });
}

interface Keyed {
  key: string;
  verdict: ReviewedVerdict;
}

function isNotIn(verdicts: readonly Keyed[]): (verdict: Keyed) => boolean {
  const keys = new Set(verdicts.map(({ key }) => key));
  return ({ key }) => !keys.has(key);
}

function verdictsOf({ resources }: Snapshot, policies: readonly Policy[]): Keyed[] {
  const byUrn = new Map(resources.map((resource) => [resource.urn, resource]));
  const views = resources
    .filter(({ custom }) => custom)
    .map(({ urn, type, name, parent, inputs, protect }) => ({
      urn,
      type,
      name,
      parent,
      props: inputs,
      protect,
    }));
  return evaluatePolicies(views, policies).map((verdict) => ({
    key: [verdict.policy, verdict.urn, verdict.message].join("\n"),
    verdict: reviewed(verdict, byUrn.get(verdict.urn)),
  }));
}

function reviewed({ policy, enforcement, message }: PolicyVerdict, resource: ResourceRecord | undefined) {
  return {
    policy,
    enforcement,
    message,
    resource: resource === undefined ? "the stack" : named(resource),
  };
}
