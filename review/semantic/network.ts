/** Who may reach what: NetworkPolicies, Services, ingresses and security groups that let more in, or less. */

import { guardsNothing } from "./guarded.ts";
import type { Comparison, ResourceChange } from "../diff/changes.ts";
import { isKubernetes, kindOf, named } from "../model/documents.ts";
import {
  at,
  canonical,
  compareText,
  listOf,
  objectOf,
  textOf,
  type Json,
  type JsonObject,
  scalarOf,
} from "../model/json.ts";
import type { ResourceRecord } from "../model/snapshot.ts";
import { exitChanges, writers } from "./exits.ts";
import { wayChanges } from "./ways-in.ts";

export interface NetworkChange {
  resource: string;
  text: string;
  /** It lets somebody in who was out before; `public` when that is everybody. */
  opens: "no" | "some" | "public";
  /** Why it is a risk, where it doesn't open anything. */
  risk?: { level: "high" | "medium"; what: string };
}

export function diffNetwork({ changes, base, head }: Comparison): NetworkChange[] {
  const isIdle = guardsNothing(base, head);
  return changes
    .filter((change) => kindOf(change.resource) !== "NetworkPolicy" || !isIdle(change))
    .flatMap(changesOf)
    .sort((a, b) => compareText(`${a.resource} ${a.text}`, `${b.resource} ${b.text}`));
}

function changesOf(change: ResourceChange): NetworkChange[] {
  const { resource } = change;
  const kind = kindOf(resource);
  if (isKubernetes(resource)) {
    if (kind === "NetworkPolicy") return policyChanges(change);
    if (kind === "Service") return serviceChanges(change);
    if (/^(Ingress|HTTPRoute|GRPCRoute|Gateway|TCPRoute|TLSRoute)$/.test(kind)) return wayChanges(change);
    return writers.test(kind) ? exitChanges(change) : [];
  }
  return resource.type.startsWith("aws:") ? awsChanges(change) : [];
}

/** Every pod of the cluster, whatever it is. */
const wholeCluster = /^(every pod|all pods) of all namespaces$/;

/** Who may enter: one text for each peer and port. `null` when the policy doesn't restrict that direction. */
export function peersOf(
  record: ResourceRecord | undefined,
  direction: "ingress" | "egress",
): Map<string, boolean> | null {
  const spec = at(record?.inputs, "spec");
  const types = listOf(at(spec, "policyTypes"));
  const type = direction === "ingress" ? "Ingress" : "Egress";
  const restricts =
    types.length === 0 ? direction === "ingress" || at(spec, "egress") !== undefined : types.includes(type);
  if (record === undefined || !restricts) return null;
  const peers = new Map<string, boolean>();
  for (const rule of listOf(at(spec, direction))) {
    const ports = listOf(at(rule, "ports"));
    const portTexts = ports.length === 0 ? ["every port"] : ports.map(portText);
    const listed = listOf(at(rule, direction === "ingress" ? "from" : "to"));
    const everybody = listed.length === 0;
    for (const peer of everybody ? ["everybody"] : listed.map(peerText))
      for (const port of portTexts)
        peers.set(
          `${peer} on ${port}`,
          everybody || /(^| )(0\.0\.0\.0\/0|::\/0)/.test(peer) || wholeCluster.test(peer),
        );
  }
  return peers;
}

function portText(port: Json): string {
  const [from, to] = [at(port, "port"), at(port, "endPort")];
  const number = from === undefined ? "every port" : scalarOf(from);
  return `${textOf(at(port, "protocol")) || "TCP"} ${number}${to === undefined ? "" : `–${scalarOf(to)}`}`;
}

function peerText(peer: Json): string {
  const block = textOf(at(peer, "ipBlock", "cidr"));
  if (block !== "") {
    const except = listOf(at(peer, "ipBlock", "except"));
    return `addresses ${block}${except.length === 0 ? "" : ` but ${except.map(String).join(", ")}`}`;
  }
  const [pods, namespaces] = [at(peer, "podSelector"), at(peer, "namespaceSelector")];
  const podText = pods === undefined ? "every pod" : selectorText("pods", pods);
  return namespaces === undefined ? podText : `${podText} of ${selectorText("namespaces", namespaces)}`;
}

function selectorText(what: string, selector: Json): string {
  const { matchLabels, matchExpressions, ...rest } = objectOf(selector);
  const labels = Object.entries(objectOf(matchLabels)).map(([key, value]) =>
    key === "kubernetes.io/metadata.name" ? scalarOf(value) : `${key}=${scalarOf(value)}`,
  );
  const expressions = listOf(matchExpressions).map((expression) => {
    const values = listOf(at(expression, "values")).map(String).join(", ");
    return `${textOf(at(expression, "key"))} ${textOf(at(expression, "operator"))}${values === "" ? "" : ` (${values})`}`;
  });
  const texts = [...labels, ...expressions, ...(Object.keys(rest).length === 0 ? [] : [canonical(rest)])];
  return texts.length === 0 ? `all ${what}` : `${what} ${texts.sort(compareText).join(", ")}`;
}

function policyChanges({ before, after, resource }: ResourceChange): NetworkChange[] {
  const where = named(resource);
  if (after === undefined)
    return [{ resource: where, text: "deleted: nothing restricts these pods by it any more", opens: "some" }];
  const found: NetworkChange[] = [];
  if (
    before !== undefined &&
    canonical(at(before.inputs, "spec", "podSelector") ?? {}) !==
      canonical(at(after.inputs, "spec", "podSelector") ?? {})
  )
    found.push({
      resource: where,
      text: `guards ${selectorText("pods", at(after.inputs, "spec", "podSelector") ?? {})}, before ${selectorText("pods", at(before.inputs, "spec", "podSelector") ?? {})}`,
      opens: "some",
    });
  for (const direction of ["ingress", "egress"] as const) {
    const [old, now] = [peersOf(before, direction), peersOf(after, direction)];
    if (old === null && now === null) continue;
    const verb = direction === "ingress" ? "in" : "out";
    if (old === null) {
      // A policy only ever takes away what pods could do without one.
      if (before !== undefined)
        found.push({ resource: where, text: `restricts ${direction} now`, opens: "no" });
      continue;
    }
    if (now === null) {
      found.push({ resource: where, text: `no longer restricts ${direction}`, opens: "public" });
      continue;
    }
    for (const [peer, isPublic] of now)
      if (!old.has(peer))
        found.push({ resource: where, text: `lets ${verb}: ${peer}`, opens: isPublic ? "public" : "some" });
    for (const peer of old.keys())
      if (!now.has(peer))
        found.push({ resource: where, text: `no longer lets ${verb}: ${peer}`, opens: "no" });
  }
  return found;
}

const exposedTypes = ["NodePort", "LoadBalancer"];

function serviceChanges({ before, after, resource }: ResourceChange): NetworkChange[] {
  const type = (record: ResourceRecord | undefined) =>
    textOf(at(record?.inputs, "spec", "type")) || "ClusterIP";
  const where = named(resource);
  if (after === undefined) return [];
  const found: NetworkChange[] = [];
  const [old, now] = [before === undefined ? "ClusterIP" : type(before), type(after)];
  if (old !== now && exposedTypes.includes(now))
    found.push({
      resource: where,
      text: `is reachable from outside of the cluster (${now}, before ${before === undefined ? "not there" : old})`,
      opens: isInternal(after) ? "some" : "public",
    });
  else if (old !== now)
    found.push({
      resource: where,
      text: `is ${now}, before ${old}`,
      opens: "no",
      ...(exposedTypes.includes(old) ? { risk: { level: "high", what: "Way in lost" } as const } : {}),
    });
  const addresses = (record: ResourceRecord | undefined) =>
    listOf(at(record?.inputs, "spec", "externalIPs")).map(String);
  const added = addresses(after).filter((address) => !addresses(before).includes(address));
  if (added.length > 0)
    found.push({ resource: where, text: `has the external addresses ${added.join(", ")}`, opens: "public" });
  const ranges = (record: ResourceRecord | undefined) =>
    listOf(at(record?.inputs, "spec", "loadBalancerSourceRanges")).map(String);
  if (
    before !== undefined &&
    exposedTypes.includes(now) &&
    exposedTypes.includes(old) &&
    ranges(before).length > 0
  ) {
    const wider =
      ranges(after).length === 0
        ? ["everybody"]
        : ranges(after).filter((range) => !ranges(before).includes(range));
    if (wider.length > 0)
      found.push({ resource: where, text: `lets in ${wider.join(", ")}`, opens: "public" });
  }
  return found;
}

/** A load balancer inside of the network, as the AWS controllers are told. */
function isInternal({ inputs }: ResourceRecord): boolean {
  const annotations = objectOf(at(inputs, "metadata", "annotations"));
  return (
    annotations["service.beta.kubernetes.io/aws-load-balancer-scheme"] === "internal" ||
    annotations["service.beta.kubernetes.io/aws-load-balancer-internal"] === "true"
  );
}

const everywhere = new Set(["0.0.0.0/0", "::/0"]);

function awsChanges({ before, after, resource }: ResourceChange): NetworkChange[] {
  const where = named(resource);
  if (after === undefined)
    return resource.type.endsWith(":BucketPublicAccessBlock")
      ? [{ resource: where, text: "deleted: the bucket may become public", opens: "public" }]
      : [];
  const found: NetworkChange[] = [];
  const report = (text: string, opens: NetworkChange["opens"]) =>
    found.push({ resource: where, text, opens });
  const isNew = (read: (inputs: JsonObject) => boolean) =>
    read(after.inputs) && !(before !== undefined && read(before.inputs));
  if (resource.type.endsWith(":SecurityGroupIngressRule")) {
    const source = sourceText(after.inputs);
    if (before === undefined || sourceText(before.inputs) !== source)
      report(
        `lets in ${source}`,
        [...everywhere].some((range) => source.startsWith(range)) ? "public" : "some",
      );
  }
  for (const rule of listOf(after.inputs["ingress"])) {
    if (listOf(before?.inputs["ingress"]).some((old) => canonical(old) === canonical(rule))) continue;
    const blocks = [...listOf(at(rule, "cidrBlocks")), ...listOf(at(rule, "ipv6CidrBlocks"))].map(String);
    report(
      `lets in ${blocks.join(", ") || canonical(rule)}`,
      blocks.some((block) => everywhere.has(block)) ? "public" : "some",
    );
  }
  if (resource.type.endsWith(":BucketPublicAccessBlock"))
    for (const key of ["blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets"])
      if (isNew((inputs) => inputs[key] !== true)) report(`${key} is off`, "public");
  if (isNew((inputs) => at(inputs, "vpcConfig", "endpointPublicAccess") === true))
    report("the API server is reachable from the internet", "public");
  if (isNew((inputs) => inputs["publiclyAccessible"] === true)) report("is publicly accessible", "public");
  return found;
}

function sourceText(inputs: JsonObject): string {
  const source =
    textOf(inputs["cidrIpv4"]) ||
    textOf(inputs["cidrIpv6"]) ||
    textOf(inputs["referencedSecurityGroupId"]) ||
    textOf(inputs["prefixListId"]);
  const [from, to] = [inputs["fromPort"], inputs["toPort"]];
  const ports =
    from === undefined
      ? "every port"
      : from === to
        ? `port ${scalarOf(from)}`
        : `ports ${scalarOf(from)}–${scalarOf(to)}`;
  return `${source} on ${ports}`;
}
