/** What the project's policies say of both sides. */

import { evaluatePolicies, type PolicyResource, type PolicyVerdict } from "../../policies/index.ts";
import type { Comparison } from "../diff/changes.ts";
import { kindOf } from "../model/documents.ts";
import type { ResourceRecord, Snapshot } from "../model/snapshot.ts";

/** A verdict with the resource as the report names it. */
export interface ReviewedVerdict {
  policy: string;
  enforcement: string;
  resource: string;
  message: string;
}

export interface PolicyDifference {
  /** Violations that the change brings. */
  added: ReviewedVerdict[];
  /** Violations that it ends. */
  resolved: ReviewedVerdict[];
  /** Violations on both sides. */
  standing: ReviewedVerdict[];
}

export function diffPolicies({ base, head }: Pick<Comparison, "base" | "head">): PolicyDifference {
  const [before, after] = [verdictsOf(base), verdictsOf(head)];
  const isIn = (verdicts: Keyed[]) => {
    const keys = new Set(verdicts.map(({ key }) => key));
    return ({ key }: Keyed) => keys.has(key);
  };
  const plain = (verdicts: Keyed[]) => verdicts.map(({ verdict }) => verdict);
  return {
    added: plain(after.filter((verdict) => !isIn(before)(verdict))),
    resolved: plain(before.filter((verdict) => !isIn(after)(verdict))),
    standing: plain(after.filter(isIn(before))),
  };
}

interface Keyed {
  key: string;
  verdict: ReviewedVerdict;
}

function verdictsOf({ resources }: Snapshot): Keyed[] {
  const byUrn = new Map(resources.map((resource) => [resource.urn, resource]));
  return evaluatePolicies(resources.filter(({ custom }) => custom).map(viewOf)).map((verdict) => ({
    key: [verdict.policy, verdict.urn, verdict.message].join("\n"),
    verdict: reviewed(verdict, byUrn.get(verdict.urn)),
  }));
}

function viewOf({ urn, type, name, parent, inputs, protect }: ResourceRecord): PolicyResource {
  return { urn, type, name, parent, props: inputs, protect };
}

function reviewed({ policy, enforcement, message }: PolicyVerdict, resource: ResourceRecord | undefined) {
  return {
    policy,
    enforcement,
    message,
    resource: resource === undefined ? "the stack" : `${kindOf(resource)} ${resource.name}`,
  };
}
