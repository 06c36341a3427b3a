/**
 * Which labels and metrics of LiteLLM are exposed. An allow-list of labels becomes LiteLLM's own settings, which name what
 * to leave out; the labels to choose from are those of the catalogue, and a bound on the series of a metric holds for
 * whatever a newer version adds.
 */
import { budgets } from "../../metrics/litellm/budgets.ts";
import { deployments } from "../../metrics/litellm/deployments.ts";
import { limits } from "../../metrics/litellm/limits.ts";
import { requests } from "../../metrics/litellm/requests.ts";
import { tokens } from "../../metrics/litellm/tokens.ts";
import type { MetricFamily } from "../../metrics/family.ts";

/** Families whose labels settings can leave out; those of guardrails and services are bounded by what is configured. */
const FAMILIES: readonly MetricFamily[] = [requests, deployments, tokens, budgets, limits].flatMap((part) =>
  Object.values(part as Record<string, MetricFamily>),
);

/** What a worker process and the names of callbacks add is not for settings to leave out. */
const FIXED = ["pid", "callback_name", "reason"];

/** Every label that can be left out, sorted. */
export const KNOWN_LABELS: readonly string[] = [...new Set(FAMILIES.flatMap(({ labels }) => labels))]
  .filter((label) => !FIXED.includes(label))
  .sort();

/** Labels with a value for each client, key or end user: the series they make are without bound. */
export const CLIENT_LABELS: readonly string[] = [
  "client_ip",
  "end_user",
  "hashed_api_key",
  "user",
  "user_agent",
  "user_email",
];

/** The allow-list unless told otherwise. */
export const DEFAULT_LABELS: readonly string[] = KNOWN_LABELS.filter(
  (label) => !CLIENT_LABELS.includes(label),
);

/** Labels that name the same thing: one of the two is enough to tell its series apart. */
const TWINS: Readonly<Record<string, string>> = {
  hashed_api_key: "api_key_alias",
  api_key_alias: "hashed_api_key",
  team: "team_alias",
  team_alias: "team",
  org_id: "org_alias",
  org_alias: "org_id",
  project_id: "project_alias",
  project_alias: "project_id",
};

/** Values of `prometheus_exclude_labels` and `prometheus_exclude_metrics`. */
export interface MetricExclusions {
  labels: string[];
  metrics: string[];
}

/**
 * What to leave out so that no label beyond the allowed ones is exposed. A gauge that tells what remains for somebody goes
 * with the label that names him: without it one value would stand for everybody.
 */
export function exclusionsFor(allowed: readonly string[]): MetricExclusions {
  const labels = KNOWN_LABELS.filter((label) => !allowed.includes(label));
  const isLost = (label: string): boolean => {
    const twin = TWINS[label];
    return labels.includes(label) && (twin === undefined || labels.includes(twin));
  };
  const metrics = FAMILIES.filter(({ type, labels: own }) => type === "gauge" && own.some(isLost)).map(
    ({ name }) => name,
  );
  return { labels, metrics: [...new Set(metrics)].sort() };
}
