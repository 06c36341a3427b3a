/** Ingresses and routes: which hosts they publish, and whether clients reach them over TLS. */

import type { ResourceChange } from "../diff/changes.ts";
import { kindOf, named } from "../model/documents.ts";
import { at, listOf, textOf } from "../model/json.ts";
import type { ResourceRecord } from "../model/snapshot.ts";
import type { NetworkChange } from "./network.ts";

/** Stands for every host. */
const EVERY = "";

/** Hosts that come and go, and those that lose TLS. */
export function wayChanges({ before, after, resource }: ResourceChange): NetworkChange[] {
  const where = named(resource);
  const lost = (text: string): NetworkChange => ({
    resource: where,
    text,
    opens: "no",
    risk: { level: "high", what: "Way in lost" },
  });
  if (after === undefined) return [lost(`deleted: clients of ${hostTexts(hostsOf(before))} lose it`)];
  const [old, now] = [before === undefined ? [] : hostsOf(before), hostsOf(after)];
  const added = now.filter((host) => !old.includes(host));
  const gone = old.filter((host) => !now.some((other) => covers(other, host)));
  return [
    ...(added.length === 0
      ? []
      : [{ resource: where, text: `publishes ${hostTexts(added)}`, opens: "public" } as const]),
    ...(gone.length === 0 ? [] : [lost(`no longer publishes ${hostTexts(gone)}`)]),
    ...(before === undefined ? [] : tlsChanges(where, before, after)),
  ];
}

/** Hosts of an Ingress, of a route of the Gateway API, or of the listeners of a Gateway. */
function hostsOf(record: ResourceRecord | undefined): string[] {
  const list = (key: string) => listOf(at(record?.inputs, "spec", key));
  const hosts = [
    ...(record !== undefined && kindOf(record) === "Ingress"
      ? list("rules").map((rule) => textOf(at(rule, "host")))
      : []),
    ...list("hostnames").map(String),
    ...list("listeners").map((listener) => textOf(at(listener, "hostname"))),
  ];
  return hosts.length === 0 ? [EVERY] : [...new Set(hosts)];
}

function hostTexts(hosts: readonly string[]): string {
  return hosts.includes(EVERY) ? "every host" : hosts.join(", ");
}

/** Whether a host, or a wildcard for the first label, stands for another one. */
function covers(host: string, other: string): boolean {
  return host === EVERY || host === other || (host.startsWith("*.") && other.endsWith(host.slice(1)));
}

function tlsChanges(where: string, before: ResourceRecord, after: ResourceRecord): NetworkChange[] {
  const open = (text: string): NetworkChange => ({
    resource: where,
    text,
    opens: "no",
    risk: { level: "high", what: "Without TLS" },
  });
  const bare = hostsOf(after).filter(
    (host) => !hasCertificate(after, host) && hostsOf(before).includes(host) && hasCertificate(before, host),
  );
  if (bare.length > 0) return [open(`clients reach it without TLS on ${hostTexts(bare)}`)];
  if (redirects(before) && !redirects(after))
    return [open("clients reach it without TLS as well: plain HTTP is no longer redirected")];
  const [old, now] = [before, after].map(listenersOf);
  if (old?.every(isSecure) === true && now?.every(isSecure) === false)
    return [open(`clients may reach it without TLS: listener ${names(old)}, now ${names(now)}`)];
  return [];
}

/** An entry of `tls` without hosts is for all of them. */
function hasCertificate({ inputs }: ResourceRecord, host: string): boolean {
  return listOf(at(inputs, "spec", "tls")).some((entry) => {
    const hosts = listOf(at(entry, "hosts")).map(String);
    return hosts.length === 0 || hosts.some((other) => covers(other, host));
  });
}

/** Redirection is ingress-nginx's default where there is a certificate. */
function redirects({ inputs }: ResourceRecord): boolean {
  const value = at(inputs, "metadata", "annotations", "nginx.ingress.kubernetes.io/ssl-redirect");
  return listOf(at(inputs, "spec", "tls")).length > 0 && value !== "false";
}

/** Listeners of the Gateways that a route is attached to; the empty text for all of a Gateway. */
function listenersOf({ inputs }: ResourceRecord): string[] {
  const parents = listOf(at(inputs, "spec", "parentRefs"));
  return parents.length === 0 ? [""] : parents.map((parent) => textOf(at(parent, "sectionName")));
}

/** Only the name says it: the Gateway is often not in the program. */
function isSecure(listener: string): boolean {
  return /https|tls/i.test(listener);
}

function names(listeners: readonly string[]): string {
  return listeners.map((name) => (name === "" ? "any" : name)).join(", ");
}
