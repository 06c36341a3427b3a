/** Everything that is known about the difference of one environment. */

import { urnsOf, urnsOfTwice, type Comparison } from "../diff/changes.ts";
import { diffAccess, type AccessChange } from "../semantic/access.ts";
import { diffDashboards, type DashboardChange } from "../semantic/dashboards.ts";
import { effectiveHead, groupsOfKeptSize } from "../semantic/effective.ts";
import { diffFleets, type FleetDifference } from "../semantic/fleet.ts";
import { diffImages, type ImageChange } from "../semantic/images.ts";
import { diffNetwork, type NetworkChange } from "../semantic/network.ts";
import type { NodePrices } from "../../stacks/config/node-prices.ts";
import { diffPolicies, type PolicyDifference, type PolicySides } from "../semantic/policies.ts";
import { diffRoutes, type RoutesDifference } from "../semantic/routes.ts";
import { diffRules, type RuleChange } from "../semantic/rules.ts";
import { diffSecrets, type SecretsDifference } from "../semantic/secrets.ts";
import { diffStackFiles, type StackFileChange } from "../semantic/stack-file.ts";
import { workloadConcerns, type WorkloadConcern } from "../semantic/workloads.ts";

export interface Analysis {
  comparison: Comparison;
  rules: RuleChange[];
  routes: RoutesDifference;
  dashboards: DashboardChange[];
  access: AccessChange[];
  fleet: FleetDifference;
  images: ImageChange[];
  network: NetworkChange[];
  secrets: SecretsDifference;
  workloads: WorkloadConcern[];
  /** Warnings of the program that it did not give before. */
  warnings: string[];
  /** Verdicts of policy packs that a real preview ran. */
  verdicts: PolicyVerdict[];
  /** What the project's own policies say, run here. */
  policies: PolicyDifference;
  /** What changes in the environment's file besides the project's settings. */
  stackFile: StackFileChange[];
}

export interface PolicyVerdict {
  policy: string;
  /** `mandatory`, `advisory`, `remediate`. */
  enforcement: string;
  resource: string;
  message: string;
}

export function analyse(
  compared: Comparison,
  prices: NodePrices,
  verdicts: PolicyVerdict[] = [],
  policies?: PolicySides,
): Analysis {
  const comparison = { ...compared, head: effectiveHead(compared) };
  const { base, head } = comparison;
  const present = withoutWhatStays(comparison);
  return {
    comparison,
    rules: diffRules(base, head),
    routes: diffRoutes(base, head),
    dashboards: diffDashboards(base, head),
    access: diffAccess(present.base, head),
    fleet: diffFleets(base, head, prices, groupsOfKeptSize(compared)),
    images: diffImages(present),
    network: diffNetwork(present),
    secrets: diffSecrets(comparison),
    workloads: workloadConcerns(present),
    warnings: head.warnings.filter((warning) => !base.warnings.some((old) => saysAll(old, warning))),
    verdicts,
    policies: diffPolicies(comparison, policies),
    stackFile: diffStackFiles(base, head),
  };
}

/** Whether an old warning has every word of another one: of a list of models that got shorter there is nothing new to say. */
function saysAll(old: string, warning: string): boolean {
  const words = new Set(old.split(/[\s,]+/));
  return warning.split(/[\s,]+/).every((word) => words.has(word));
}

/**
 * The comparison without deletions that take nothing away: of what stays in the cluster or cloud, and of what is made anew under
 * another URN.
 */
function withoutWhatStays(comparison: Comparison): Comparison {
  const renamed = urnsOfTwice(comparison);
  const retained = urnsOf(
    comparison.changes.filter(({ isRetained }) => isRetained),
    "delete",
  );
  if (renamed.size + retained.size === 0) return comparison;
  return {
    ...comparison,
    base: {
      ...comparison.base,
      resources: comparison.base.resources.filter(({ urn }) => !retained.has(urn)),
    },
    changes: comparison.changes.filter(({ resource: { urn } }) => !renamed.has(urn) && !retained.has(urn)),
  };
}
