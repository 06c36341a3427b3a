/** Checks and formatting of a dashboard's JSON. Pure. */

/** Kubernetes refuses a ConfigMap with more bytes than this in keys and values. */
export const CONFIG_MAP_LIMIT_BYTES = 1_048_576;

/** What makes a dashboard unfit, with what to do about it. */
export class DashboardError extends Error {
  readonly reason: string;
  readonly remedy: string;

  constructor(reason: string, remedy: string) {
    super(`${reason}; ${remedy}`);
    this.reason = reason;
    this.remedy = remedy;
  }
}

/** A dashboard ready to be stored. */
export interface FormattedDashboard {
  uid: string;
  json: string;
}

/** Numbers that an instance gives to its own copy. */
const COUNTED_BY_GRAFANA = ["id", "version", "iteration"];

/**
 * The dashboard with sorted keys, two spaces a level and the given uid, so that a diff shows what changed and
 * nothing else.
 *
 * @throws DashboardError for text that is no JSON, for something that is no classic dashboard, and for a missing,
 * malformed or contradicting uid.
 */
export function formatDashboard(json: string, uid: string | undefined): FormattedDashboard {
  const dashboard = parse(json);
  const found = dashboard["uid"];
  if (typeof found === "string" && found !== "" && uid !== undefined && found !== uid) {
    throw new DashboardError(
      `has uid "${found}" in its JSON, but uid is "${uid}"`,
      "make them equal or drop one",
    );
  }
  const chosen = uid ?? (typeof found === "string" ? found : "");
  if (!/^[A-Za-z0-9_-]{1,40}$/.test(chosen)) {
    const problem = chosen === "" ? "has no uid" : `has the uid "${chosen}"`;
    throw new DashboardError(problem, "give one of at most 40 letters, digits, - and _, for links to last");
  }
  const rest = Object.entries(dashboard).filter(([key]) => !COUNTED_BY_GRAFANA.includes(key));
  const stable = sortKeys({ ...Object.fromEntries(rest), uid: chosen });
  return { uid: chosen, json: `${JSON.stringify(stable, null, 2)}\n` };
}

function parse(json: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (error) {
    throw new DashboardError(`is no JSON (${(error as SyntaxError).message})`, "correct it");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new DashboardError("is no JSON object", "give the dashboard model itself");
  }
  const dashboard = value as Record<string, unknown>;
  if ("elements" in dashboard || "spec" in dashboard) {
    throw new DashboardError(
      "has schema v2, which file provisioning can't load",
      "export it in the classic schema",
    );
  }
  if ("dashboard" in dashboard && !("panels" in dashboard)) {
    throw new DashboardError("is the answer of Grafana's API", "give the object under its key dashboard");
  }
  if (typeof dashboard["title"] !== "string" || dashboard["title"].trim() === "") {
    throw new DashboardError("has no title", "give it one");
  }
  if (!Array.isArray(dashboard["panels"])) {
    throw new DashboardError("has no panels", "give a classic dashboard with a list of panels");
  }
  return dashboard;
}

function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).sort(([left], [right]) => (left < right ? -1 : left > right ? 1 : 0));
  return Object.fromEntries(entries.map(([key, inner]) => [key, sortKeys(inner)]));
}

/** @throws DashboardError when a ConfigMap can't hold the text under that key. */
export function assertFits(key: string, text: string): void {
  const bytes = Buffer.byteLength(key) + Buffer.byteLength(text);
  if (bytes <= CONFIG_MAP_LIMIT_BYTES) return;
  const size = `${String(bytes)} bytes, more than the ${String(CONFIG_MAP_LIMIT_BYTES)} of a ConfigMap`;
  throw new DashboardError(`has ${size}`, "split the dashboard");
}
