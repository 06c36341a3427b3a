/** Risks of what is taken away: ways in, scraping, gateways, keys. */

import { kindOf } from "../model/documents.ts";
import { at, listOf, scalarOf, textOf } from "../model/json.ts";
import { lessCapacity } from "../semantic/capacity.ts";
import { cutOffs } from "../semantic/cut-off.ts";
import { lostKeys } from "../semantic/data.ts";
import type { Analysis } from "./analysis.ts";
import type { Risk } from "./risks.ts";
import { code, count, listed, plain } from "./text.ts";

/** Risks of what somebody could do or reach before. */
export function lossRisks(analysis: Analysis): Risk[] {
  return [
    ...analysis.network.flatMap(({ resource, text, risk }): Risk[] =>
      risk === undefined
        ? []
        : [{ level: risk.level, text: `${risk.what}: ${code(resource)} ${plain(text)}` }],
    ),
    ...cutOffRisks(analysis),
    ...gatewayRisks(analysis),
    ...capacityRisks(analysis),
    ...lostKeys(analysis.access, analysis.comparison.changes).map(({ key, holders }): Risk => ({
      level: "medium",
      text: `${listed(holders.map(code))} may no longer decrypt with ${code(key)}, and can't read what was written with this key`,
    })),
  ];
}

function cutOffRisks({ comparison }: Analysis): Risk[] {
  const { unscraped, peers } = cutOffs(comparison.changes, comparison.head.resources);
  return [
    ...(unscraped.length === 0
      ? []
      : [
          {
            level: "high",
            text: `Prometheus may no longer scrape the pods of ${count(unscraped.length, "network policy", "network policies")}: ${listed(unscraped.map(code))}`,
          } as const,
        ]),
    ...peers.map(({ direction, peer, policies }): Risk => {
      const these = `${count(policies.length, "network policy", "network policies")}: ${listed(policies.map(code))}`;
      return {
        level: "medium",
        text:
          direction === "in"
            ? `${plain(capitalised(peer))} may no longer reach the pods of ${these}`
            : `${plain(capitalised(peer))} may no longer be reached by the pods of ${these}`,
      };
    }),
  ];
}

function capitalised(text: string): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`;
}

/** Gateways that go with everything that clients call. */
function gatewayRisks({ comparison: { base, pairs, changes } }: Analysis): Risk[] {
  const stays = new Set(pairs.map(({ before }) => before.urn));
  return base.resources
    .filter((resource) => kindOf(resource) === "LiteLlmGateway" && !stays.has(resource.urn))
    .map(({ urn, name }): Risk => {
      const services = changes
        .filter(({ operation, resource }) => operation === "delete" && resource.parent === urn)
        .filter(({ resource }) => kindOf(resource) === "Service")
        .flatMap(({ resource: { inputs } }) => {
          const host = `${textOf(at(inputs, "metadata", "name"))}.${textOf(at(inputs, "metadata", "namespace"))}.svc`;
          return listOf(at(inputs, "spec", "ports")).map((port) => `${host}:${scalarOf(at(port, "port"))}`);
        });
      return {
        level: "high",
        text: `Gateway gone: ${code(`LiteLlmGateway ${name}`)}; its clients lose ${services.length === 0 ? "it" : listed(services.map(code))}`,
      };
    });
}

function capacityRisks({ comparison: { base, head } }: Analysis): Risk[] {
  return lessCapacity(base, head).map(({ workload, what, before, after }): Risk => {
    if (what === "no autoscaler")
      return {
        level: "medium",
        text: `${code(workload)}: no autoscaler any more, which went up to ${count(before, "replica")}, and no number of replicas`,
      };
    return {
      level: what === "at most" && after === 0 ? "high" : "medium",
      text: `${code(workload)}: fewer replicas ${what}: ${String(before)} → ${String(after)}`,
    };
  });
}
