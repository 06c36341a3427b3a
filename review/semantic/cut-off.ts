/** Who may no longer reach what: peers that NetworkPolicies let through before. */

import type { ResourceChange } from "../diff/changes.ts";
import { isKubernetes, kindOf } from "../model/documents.ts";
import { at, canonical, isObject, listOf, scalarOf, textOf, type Json } from "../model/json.ts";
import type { ResourceRecord } from "../model/snapshot.ts";
import { peersOf } from "./network.ts";

/** A peer that several policies no longer let through. */
export interface CutOff {
  /** `in` to the pods of the policies, or `out` of them. */
  direction: "in" | "out";
  /** `every pod of namespaces gateway on TCP 8000`. */
  peer: string;
  policies: string[];
}

export interface CutOffs {
  /** Policies that let no Prometheus in any more. */
  unscraped: string[];
  peers: CutOff[];
}

/** What changed policies no longer let through. @param resources of the head, which say where Prometheus runs */
export function cutOffs(changes: readonly ResourceChange[], resources: readonly ResourceRecord[]): CutOffs {
  const namespaces = new Set(
    resources
      .filter((resource) => isKubernetes(resource) && /^Prometheus(Agent)?$/.test(kindOf(resource)))
      .map(({ inputs }) => textOf(at(inputs, "metadata", "namespace"))),
  );
  const unscraped: string[] = [];
  const peers = new Map<string, CutOff>();
  for (const { before, after, resource } of changes) {
    if (before === undefined || after === undefined || kindOf(resource) !== "NetworkPolicy") continue;
    const name = `NetworkPolicy ${resource.name}`;
    const isUnscraped = letsScrape(before, namespaces) && !letsScrape(after, namespaces);
    if (isUnscraped) unscraped.push(name);
    for (const direction of ["in", "out"] as const)
      for (const { peer, isMonitoring } of lostPeers(before, after, direction, namespaces)) {
        if (direction === "in" && isUnscraped && isMonitoring) continue;
        const entry = peers.get(`${direction} ${peer}`) ?? { direction, peer, policies: [] };
        peers.set(`${direction} ${peer}`, { ...entry, policies: [...entry.policies, name] });
      }
  }
  return { unscraped, peers: [...peers.values()] };
}

interface LostPeer {
  peer: string;
  isMonitoring: boolean;
}

function lostPeers(
  before: ResourceRecord,
  after: ResourceRecord,
  direction: "in" | "out",
  namespaces: ReadonlySet<string>,
): LostPeer[] {
  const way = direction === "in" ? "ingress" : "egress";
  const [old, now] = [peersOf(before, way), peersOf(after, way)];
  if (old === null || now === null) return [];
  const monitoring = new Set(
    listOf(at(before.inputs, "spec", way)).flatMap((rule) => {
      const peers = listOf(at(rule, "from")).filter((peer) => isPrometheus(peer, before, namespaces));
      // The words for such a peer alone are those that it has among others.
      const alone = {
        ...before.inputs,
        spec: { policyTypes: ["Ingress"], ingress: [withPeers(rule, peers)] },
      };
      return peers.length === 0 ? [] : [...(peersOf({ ...before, inputs: alone }, "ingress")?.keys() ?? [])];
    }),
  );
  return [...old.keys()]
    .filter((peer) => !now.has(peer) && !isCovered(peer, now))
    .map((peer) => ({ peer, isMonitoring: monitoring.has(peer) }));
}

function withPeers(rule: Json, peers: Json[]): Json {
  return isObject(rule) ? { ...(rule as Record<string, Json>), from: peers } : rule;
}

/** Whether everybody, or the whole cluster, is let through on that port. */
function isCovered(peer: string, now: ReadonlyMap<string, boolean>): boolean {
  const port = peer.slice(peer.lastIndexOf(" on ") + 4);
  const everyone = ["everybody", ...(peer.startsWith("addresses") ? [] : ["every pod of all namespaces"])];
  return everyone.some((who) => now.has(`${who} on ${port}`) || now.has(`${who} on every port`));
}

/** Whether a policy lets some Prometheus in, on whichever port. */
function letsScrape(policy: ResourceRecord, namespaces: ReadonlySet<string>): boolean {
  if (peersOf(policy, "ingress") === null) return true;
  return listOf(at(policy.inputs, "spec", "ingress")).some((rule) => {
    const peers = listOf(at(rule, "from"));
    return peers.length === 0 || peers.some((peer) => isPrometheus(peer, policy, namespaces));
  });
}

/** Whether Prometheus is among the pods that a peer stands for. */
function isPrometheus(peer: Json, policy: ResourceRecord, namespaces: ReadonlySet<string>): boolean {
  // Addresses may be those of its nodes.
  if (at(peer, "ipBlock") !== undefined) return false;
  const pods = at(peer, "podSelector");
  const isAnyPod = pods === undefined || canonical(pods) === "{}" || /prometheus/.test(canonical(pods));
  const selector = at(peer, "namespaceSelector");
  const own = textOf(at(policy.inputs, "metadata", "namespace"));
  return isAnyPod && [...namespaces].some((name) => selects(selector, name, own));
}

/** Whether the selector takes the namespace; without one it is the policy's own. */
function selects(selector: Json | undefined, namespace: string, own: string): boolean {
  if (selector === undefined) return namespace === own;
  if (canonical(selector) === "{}") return true;
  const key = "kubernetes.io/metadata.name";
  if (scalarOf(at(selector, "matchLabels", key)) === namespace) return true;
  return listOf(at(selector, "matchExpressions")).some(
    (expression) =>
      textOf(at(expression, "key")) === key &&
      textOf(at(expression, "operator")) === "In" &&
      listOf(at(expression, "values")).includes(namespace),
  );
}
