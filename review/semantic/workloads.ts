/** Properties of objects whose change is a risk of its own: replicas, storage, retention, hardening, protection. */

import { guardsNothing } from "./guarded.ts";
import type { Comparison, ResourceChange } from "../diff/changes.ts";
import { isKubernetes, kindOf } from "../model/documents.ts";
import { at, compareText, entriesOf, isObject, listOf, textOf, type Json } from "../model/json.ts";
import type { ResourceRecord } from "../model/snapshot.ts";
import { dataConcerns } from "./data.ts";
import { exposureConcerns } from "./exposure.ts";
import { bytes, seconds } from "./quantities.ts";

export interface WorkloadConcern {
  resource: ResourceRecord;
  text: string;
  level: "high" | "medium";
}

/** Concerns about objects that are changed or deleted. */
export function workloadConcerns({ changes, base, head }: Comparison): WorkloadConcern[] {
  const isIdle = guardsNothing(base, head);
  return changes
    .flatMap((change) => [
      ...dataConcerns(change, changes),
      ...exposureConcerns(change),
      ...replicaConcerns(change),
      ...storageConcerns(change),
      ...hardeningConcerns(change),
      ...guardConcerns(change, isIdle),
    ])
    .sort((a, b) => compareText(`${a.resource.urn} ${a.text}`, `${b.resource.urn} ${b.text}`));
}

function replicaConcerns({ before, after, resource }: ResourceChange): WorkloadConcern[] {
  if (before === undefined || after === undefined) return [];
  const [old, now] = [before, after].map(({ inputs }) => at(inputs, "spec", "replicas"));
  if (typeof old !== "number" || typeof now !== "number" || now >= old) return [];
  const text = `fewer replicas: ${String(old)} → ${String(now)}`;
  return [{ resource, text, level: now === 0 ? "high" : "medium" }];
}

function storageConcerns({ before, after, resource }: ResourceChange): WorkloadConcern[] {
  if (before === undefined || after === undefined || !isKubernetes(resource)) return [];
  const found: WorkloadConcern[] = [];
  const pair = (...path: string[]) => [at(before.inputs, ...path), at(after.inputs, ...path)] as const;
  const [oldRetention, newRetention] = pair("spec", "retention").map((text) => seconds(textOf(text)));
  if (oldRetention !== undefined && newRetention !== undefined && newRetention < oldRetention)
    found.push({
      resource,
      text: `shorter retention: ${textOf(pair("spec", "retention")[0])} → ${textOf(pair("spec", "retention")[1])}, older data is deleted`,
      level: "medium",
    });
  const claim = ["spec", "storage", "volumeClaimTemplate"];
  const [oldClaim, newClaim] = pair(...claim);
  if (oldClaim !== undefined && newClaim === undefined)
    found.push({
      resource,
      text: "no persistent storage any more: data is lost with the pod",
      level: "high",
    });
  const [oldSize, newSize] = pair(...claim, "spec", "resources", "requests", "storage").map((text) =>
    bytes(textOf(text)),
  );
  if (oldSize !== undefined && newSize !== undefined && newSize < oldSize)
    found.push({
      resource,
      text: "a smaller volume: claims can only grow, so that this fails or is ignored",
      level: "medium",
    });
  return found;
}

const podSecurity = ["privileged", "baseline", "restricted"];
const ENFORCE = "pod-security.kubernetes.io/enforce";

/** Settings of pods that are less safe than before, or unsafe in new ones. */
function hardeningConcerns({ before, after, resource }: ResourceChange): WorkloadConcern[] {
  if (after === undefined || !isKubernetes(resource)) return [];
  const found: WorkloadConcern[] = [];
  if (kindOf(resource) === "Namespace" && before !== undefined) {
    const [old, now] = [before, after].map(
      ({ inputs }) => textOf(at(inputs, "metadata", "labels", ENFORCE)) || "privileged",
    );
    if (podSecurity.indexOf(now ?? "") < podSecurity.indexOf(old ?? ""))
      found.push({ resource, text: `weaker pod security: ${old ?? ""} → ${now ?? ""}`, level: "high" });
  }
  const old = before === undefined ? new Map<string, string>() : weaknesses(before.inputs);
  for (const [path, text] of weaknesses(after.inputs))
    if (!old.has(path)) found.push({ resource, text, level: "high" });
  return found;
}

const unsafe: Record<string, (value: Json) => string | undefined> = {
  privileged: (value) => (value === true ? "a privileged container" : undefined),
  allowPrivilegeEscalation: (value) => (value === true ? "a container may gain privileges" : undefined),
  hostNetwork: (value) => (value === true ? "pods use the node's network" : undefined),
  hostPID: (value) => (value === true ? "pods see the node's processes" : undefined),
  hostIPC: (value) => (value === true ? "pods share the node's memory segments" : undefined),
  hostPath: (value) => (isObject(value) ? `pods mount ${textOf(value["path"])} of the node` : undefined),
  runAsNonRoot: (value) => (value === false ? "containers may run as root" : undefined),
  runAsUser: (value) => (value === 0 ? "a container runs as root" : undefined),
};

function weaknesses(value: Json, path = ""): Map<string, string> {
  const found = new Map<string, string>();
  if (Array.isArray(value))
    value.forEach((item, index) => {
      const name = textOf(at(item, "name")) || String(index);
      for (const entry of weaknesses(item, `${path}[${name}]`)) found.set(...entry);
    });
  else if (isObject(value))
    for (const [key, inner] of entriesOf(value)) {
      // CRDs describe fields of these names.
      if (key === "openAPIV3Schema") continue;
      const text = unsafe[key]?.(inner);
      if (text !== undefined) found.set(`${path}.${key}`, text);
      else for (const entry of weaknesses(inner, `${path}.${key}`)) found.set(...entry);
    }
  return found;
}

/** What the loss of an object means, where the kind alone says it. */
const lostGuards: Record<string, string> = {
  PodDisruptionBudget: "drains of nodes may stop every replica at once",
  PodMonitor: "its targets are no longer scraped, and alerts on them fall silent",
  ServiceMonitor: "its targets are no longer scraped, and alerts on them fall silent",
  Probe: "its targets are no longer probed",
  ScrapeConfig: "its targets are no longer scraped",
};

function guardConcerns(
  change: ResourceChange,
  isIdle: (change: ResourceChange) => boolean,
): WorkloadConcern[] {
  const { before, after, resource } = change;
  if (after === undefined) {
    const text = lostGuards[kindOf(resource)];
    return text === undefined || isIdle(change)
      ? []
      : [{ resource, text: `deleted: ${text}`, level: "medium" }];
  }
  if (before === undefined) return [];
  return ["livenessProbe", "readinessProbe", "startupProbe"].flatMap((probe): WorkloadConcern[] => {
    const [old, now] = [before, after].map(
      ({ inputs }) =>
        listOf(at(inputs, "spec", "template", "spec", "containers")).filter(
          (item) => at(item, probe) !== undefined,
        ).length,
    );
    return (now ?? 0) < (old ?? 0)
      ? [{ resource, text: `a container has no ${probe} any more`, level: "medium" }]
      : [];
  });
}
