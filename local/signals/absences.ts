/** Which series an environment has not, by its configuration, and which only something that went wrong brings. */
import type { Settings } from "../../stacks/config/settings.ts";
import { dcgmExporterArgs } from "../../stacks/mapping/gpu-software.ts";
import type { Absence, LoadedRule } from "./report.ts";

/** Series of things that happen, and have not yet where all is well. */
const eventful: readonly Absence[] = [
  { selector: /CrashLoopBackOff/, reason: "no container is in a crash loop" },
  { selector: /OOMKilled/, reason: "no container ran out of memory" },
  { selector: /^kube_job_/, reason: "there is no Job" },
  { selector: /^kube_persistentvolumeclaim_/, reason: "there is no claim" },
  { selector: /^thanos_compact_group_/, reason: "there is no group of blocks to compact" },
  {
    selector: /^DCGM_EXP_XID_ERRORS_COUNT|^DCGM_FI_DEV_XID_ERRORS\{err_code/,
    reason: "no GPU had such an XID error",
  },
  { selector: /^DCGM_EXP_CLOCK_EVENTS_COUNT.*hw_/, reason: "no GPU is braked" },
  { selector: /^DCGM_FI_(?:DEV|PROF)_NVLINK_/, reason: "no GPU here has NVLink" },
  { selector: /^replica:vllm_start_seconds:max/, reason: "no replica has just started" },
];

/** SLO windows of days read a sample of every fifth minute, and are recorded each minute. */
const SLOW_SECONDS = 420;
const slow: Absence = {
  selector: /^slo:.*:(rate[13]d|period|ratio)\b/,
  reason: "windows of days need a sample of a fifth minute, and Prometheus is younger than seven",
};

/**
 * Reasons why series are not there.
 *
 * @param age seconds for which Prometheus has run
 */
export function absencesOf(settings: Settings, age: number): Absence[] {
  const { monitoring, objectStore, fleet, gateway } = settings;
  const when = (holds: boolean, selector: RegExp, reason: string): Absence[] =>
    holds ? [{ selector, reason }] : [];
  return [
    ...when(dcgmExporterArgs(settings) === undefined, /^DCGM_|"dcgm-exporter"/, "there is no DCGM exporter"),
    ...when(gateway === undefined, /^litellm_/, "there is no gateway"),
    ...when(
      fleet.models.every(({ engine }) => engine.kind !== "ray"),
      /^ray_|ray_io_cluster/,
      "no model runs under Ray",
    ),
    ...when(
      fleet.models.every(({ autoscaling }) => autoscaling === undefined),
      /^kube_horizontalpodautoscaler_/,
      "no model has an autoscaler",
    ),
    ...when(objectStore.kind === "none", /^thanos_/, "objectStore is none"),
    ...when(
      monitoring.prometheus.remoteWrite.length === 0,
      /^prometheus_remote_storage_/,
      "monitoring.prometheus.remoteWrite is empty",
    ),
    ...when(age < SLOW_SECONDS, slow.selector, slow.reason),
    ...eventful,
  ];
}

/** Intervals below this, in seconds, are waited for; the first evaluation of a group comes at any time within its interval. */
const LONG_INTERVAL = 60;

/** Series of groups that are evaluated so seldom that a young Prometheus may not have come to them. @param age in seconds */
export function notYetRecorded(rules: readonly LoadedRule[], age: number): Absence[] {
  const late = rules.filter(
    ({ type, interval = 0 }) =>
      type === "recording" && interval > LONG_INTERVAL && age < interval + LONG_INTERVAL,
  );
  return late.map(({ name, interval = 0 }) => ({
    selector: new RegExp(`^${name}(?![\\w:])`),
    reason: `recorded every ${String(interval)} s, and Prometheus is younger`,
  }));
}
