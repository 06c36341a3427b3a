import type * as pulumi from "@pulumi/pulumi";

import { requireInteger, requireOneOf, type Rule } from "../support/validation.ts";
import { AntiAffinity, PrometheusMode, type KubePrometheusArgs } from "./args.ts";

type Known = pulumi.Unwrap<KubePrometheusArgs>;

/** Arguments that only a server has a use for. */
const SERVER_ONLY = [
  "retention",
  "retentionSize",
  "evaluationInterval",
  "thanos",
  "query",
  "outOfOrderTimeWindow",
  "maxExemplars",
] as const;

/** What an agent can't do, and what needs somebody else who sees the whole. */
export const MODE_RULES: Rule<Known>[] = [
  ({ prometheus }, report) => {
    requireOneOf(report, "prometheus.mode", prometheus?.mode, PrometheusMode);
  },
  ({ prometheus, alertmanager }, report) => {
    requireOneOf(report, "prometheus.antiAffinity", prometheus?.antiAffinity, AntiAffinity);
    requireOneOf(report, "alertmanager.antiAffinity", alertmanager?.antiAffinity, AntiAffinity);
  },
  ({ prometheus }, report) => {
    if (prometheus?.mode !== PrometheusMode.Agent) return;
    for (const field of SERVER_ONLY) {
      if (prometheus[field] === undefined) continue;
      const path = `prometheus.${field}`;
      report(path, prometheus[field], "is nothing that an agent has", "remove it, or run a server");
    }
    if ((prometheus.remoteWrite ?? []).length > 0) return;
    report(
      "prometheus.remoteWrite",
      prometheus.remoteWrite,
      "must name a place for the samples, because an agent keeps none",
      "name one, or run a server",
    );
  },
  ({ prometheus, alertmanager }, report) => {
    if (alertmanager !== undefined || prometheus?.mode === PrometheusMode.Agent) return;
    report(
      "alertmanager",
      undefined,
      "is required, or no alert is ever sent",
      "pass at least its configSecret",
    );
  },
  ({ prometheus }, report) => {
    requireInteger(report, "prometheus.shards", prometheus?.shards, 1);
    if ((prometheus?.shards ?? 1) <= 1 || prometheus?.mode === PrometheusMode.Agent) return;
    if (prometheus?.thanos !== undefined || (prometheus?.remoteWrite ?? []).length > 0) return;
    report(
      "prometheus.shards",
      prometheus?.shards,
      "must be 1 without prometheus.thanos or prometheus.remoteWrite: each shard sees its part of the targets only",
      "add one of the two, so that queries and rules over everything have a place",
    );
  },
];
