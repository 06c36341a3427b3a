/** Policies and budgets that guard pods, and whether the pods are still there. */

import type { ResourceChange } from "../diff/changes.ts";
import { isKubernetes } from "../model/documents.ts";
import { at, objectOf, scalarOf, textOf, type Json } from "../model/json.ts";
import type { ResourceRecord, Snapshot } from "../model/snapshot.ts";

/** Fields that name the pods of a guard: of a NetworkPolicy, and of a PodDisruptionBudget. */
const SELECTORS = ["podSelector", "selector"];

/**
 * Whether a deleted guard guarded only what is deleted as well: then nothing is left open. One that selects by expressions, or
 * whose pods are of no workload here, may guard others.
 */
export function guardsNothing(base: Snapshot, head: Snapshot): (change: ResourceChange) => boolean {
  return ({ before, after }) => {
    if (before === undefined || after !== undefined) return false;
    const selector = SELECTORS.map((field) => at(before.inputs, "spec", field)).find(
      (found) => found !== undefined,
    );
    const labels = Object.entries(objectOf(at(selector, "matchLabels")));
    if (labels.length === 0 || at(selector, "matchExpressions") !== undefined) return false;
    const isGuarded = (resource: ResourceRecord) =>
      isKubernetes(resource) &&
      namespaceOf(resource) === namespaceOf(before) &&
      labels.every(([key, value]) => scalarOf(at(podLabels(resource), key)) === scalarOf(value));
    return base.resources.some(isGuarded) && !head.resources.some(isGuarded);
  };
}

function namespaceOf({ inputs }: ResourceRecord): string {
  return textOf(at(inputs, "metadata", "namespace"));
}

/** Labels of a workload's pods, wherever its template stands. */
function podLabels({ inputs }: ResourceRecord): Json | undefined {
  return at(inputs, "spec", "template", "metadata", "labels");
}
