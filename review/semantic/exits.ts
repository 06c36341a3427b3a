/** Where samples are sent that leave Prometheus. */

import type { ResourceChange } from "../diff/changes.ts";
import { named } from "../model/documents.ts";
import { at, listOf, type Json } from "../model/json.ts";
import type { ResourceRecord } from "../model/snapshot.ts";
import type { NetworkChange } from "./network.ts";

/** Kinds of prometheus-operator that write to somewhere else. */
export const writers = /^(Prometheus|PrometheusAgent|ThanosRuler)$/;

/** Addresses that samples go to now, and those that get none any more. */
export function exitChanges({ before, after, resource }: ResourceChange): NetworkChange[] {
  const where = named(resource);
  const [old, now] = [before, after].map(targetsOf) as [string[], string[]];
  return [
    ...now
      .filter((target) => !old.includes(target))
      .map((target): NetworkChange => ({
        resource: where,
        text: `sends samples to ${target}`,
        opens: "no",
        risk: { level: "medium", what: "Samples leave" },
      })),
    ...old
      .filter((target) => after !== undefined && !now.includes(target))
      .map((target): NetworkChange => ({
        resource: where,
        text: `no longer sends samples to ${target}`,
        opens: "no",
      })),
  ];
}

function targetsOf(record: ResourceRecord | undefined): string[] {
  return [
    ...new Set(listOf(at(record?.inputs, "spec", "remoteWrite")).map((entry) => addressOf(at(entry, "url")))),
  ];
}

/** The address without what may be a password: the user before the host, and the query. */
function addressOf(url: Json | undefined): string {
  if (typeof url !== "string") return "an address that is secret";
  if (!URL.canParse(url)) return "an address that can't be read";
  const { protocol, host, pathname } = new URL(url);
  return `${protocol}//${host}${pathname}`;
}
