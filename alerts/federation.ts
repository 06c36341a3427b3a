/**
 * What a central Prometheus, or anyone else who wants a single endpoint, takes from this one: everything that rules record,
 * which is already merged over replicas, gateway, GPUs and nodes, and the alerts. Raw series stay where they are.
 */

/** Levels of recorded series: the part of a name before the first colon. */
export const recordedLevels = [
  "gpu",
  "model",
  "node",
  "node_group",
  "replica",
  "request_path",
  "slo",
  "team_model",
] as const;

/** Values of the parameter `match[]` of /federate: one for what is recorded, one for alerts. */
export function federationMatches(levels: readonly string[] = recordedLevels): string[] {
  return [`{__name__=~"(?:${levels.join("|")}):.+"}`, "ALERTS"];
}

/** Path and query below Prometheus' address. */
export function federationPath(levels: readonly string[] = recordedLevels): string {
  const query = federationMatches(levels).map((match) => `match[]=${encodeURIComponent(match)}`);
  return `/federate?${query.join("&")}`;
}
