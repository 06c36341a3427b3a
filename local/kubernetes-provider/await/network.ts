/** Readiness of Services and Ingresses. */

import { nameOf } from "../values/object.ts";
import { isObject, type Json, type JsonObject, pluck } from "../values/property.ts";
import { type Readiness, type ReadinessRule, relatedNamed, relatedOf, type Snapshot } from "./readiness.ts";

/** Endpoints change several times while pods come up: this long without a change, in milliseconds, is the end of it. */
const settleMs = 10_000;

function list(value: Json | undefined): Json[] {
  return Array.isArray(value) ? value : [];
}

function hasLoadBalancerAddress(object: JsonObject): boolean {
  return list(pluck(object, "status", "loadBalancer", "ingress")).length > 0;
}

/**
 * A Service with a selector is ready once its Endpoints object exists, has not changed for ten seconds and lists no pod
 * that isn't ready; an empty one will do. Without a controller that makes Endpoints, the wait ends with the timeout.
 */
function judgeService(snapshot: Snapshot): Readiness {
  const { object } = snapshot;
  const type = pluck(object, "spec", "type") ?? "ClusterIP";
  const addressed = type !== "LoadBalancer" || hasLoadBalancerAddress(object);
  const selector = pluck(object, "spec", "selector");
  const hasSelector = isObject(selector) && Object.keys(selector).length > 0;
  const complete = { ready: true, progress: "✅ Service initialization complete" };
  if (type === "ExternalName" || pluck(object, "spec", "clusterIP") === "None" || !hasSelector) {
    return addressed
      ? complete
      : { ready: false, problems: addressProblems(addressed), progress: addressProgress };
  }
  const endpoints = relatedNamed(snapshot, "Endpoints", nameOf(object));
  const subsets = list(pluck(endpoints, "subsets"));
  const listsReady = subsets.some((subset) => list(pluck(subset, "addresses")).length > 0);
  const pending = subsets.some((subset) => list(pluck(subset, "notReadyAddresses")).length > 0);
  const unchanged = snapshot.sinceChange("Endpoints", nameOf(object));
  const settled = snapshot.reading || (unchanged !== undefined && unchanged >= settleMs);
  if (addressed && settled && !pending) {
    return complete;
  }
  return {
    ready: false,
    acceptable: addressed && !pending,
    progress: settled && listsReady ? addressProgress : "[1/3] Finding Pods to direct traffic to",
    problems: [
      ...(listsReady
        ? []
        : [
            "Service does not target any Pods. Selected Pods may not be ready, or field '.spec.selector' may not " +
              "match labels on any Pods",
          ]),
      ...addressProblems(addressed),
    ],
    ...(unchanged === undefined || settled ? {} : { recheckAfter: settleMs - unchanged }),
  };
}

const addressProgress = "[2/3] Attempting to allocate IP address to Service";

function addressProblems(addressed: boolean): string[] {
  return addressed ? [] : ["Service was not allocated an IP address; does your cloud provider support this?"];
}

export const serviceRule: ReadinessRule = {
  related: [{ apiVersion: "v1", kind: "Endpoints" }],
  onRead: true,
  judge: judgeService,
};

/** Services that an Ingress sends requests to. */
function backends(ingress: JsonObject): string[] {
  const names = list(pluck(ingress, "spec", "rules"))
    .flatMap((rule) => list(pluck(rule, "http", "paths")))
    .map((path) => pluck(path, "backend", "service", "name") ?? pluck(path, "backend", "serviceName"));
  return [...new Set(names.filter((name) => typeof name === "string"))];
}

function judgeIngress(snapshot: Snapshot): Readiness {
  const { object } = snapshot;
  const addressed = hasLoadBalancerAddress(object);
  const missing = backends(object).filter(
    (name) =>
      relatedNamed(snapshot, "Endpoints", name) === undefined &&
      pluck(relatedNamed(snapshot, "Service", name), "spec", "type") !== "ExternalName",
  );
  const unchanged =
    relatedOf(snapshot, "Endpoints").length === 0
      ? snapshot.elapsed
      : (snapshot.sinceChange("Endpoints") ?? 0);
  const settled = snapshot.reading || unchanged >= settleMs;
  const warnings = settled
    ? missing.map((name) => `No matching service found for ingress rule: "${name}"`)
    : [];
  const targeted = settled || missing.length === 0;
  if (addressed && targeted) {
    return { ready: true, progress: "✅ Ingress initialization complete", warnings };
  }
  return {
    ready: false,
    warnings,
    progress: targeted
      ? "[2/3] Waiting for update of .status.loadBalancer with hostname/IP"
      : "[1/3] Finding a matching service for each Ingress path",
    problems: [
      ...(targeted ? [] : ["Ingress has at least one rule with an unavailable target endpoint."]),
      ...(addressed
        ? []
        : ["Ingress .status.loadBalancer field was not updated with a hostname/IP address."]),
    ],
    ...(settled ? {} : { recheckAfter: settleMs - unchanged }),
  };
}

export const ingressRule: ReadinessRule = {
  related: [
    { apiVersion: "v1", kind: "Endpoints" },
    { apiVersion: "v1", kind: "Service" },
  ],
  onRead: true,
  judge: judgeIngress,
};
