type DurationUnit = "ms" | "s" | "m" | "h" | "d" | "w" | "y";

/** A range that Grafana fills in, for panels only. */
export type GrafanaDuration = "$__rate_interval" | "$__interval" | "$__range";

/** A PromQL duration of one or two parts ("5m", "1h30m"), or one that Grafana fills in. */
export type Duration =
  `${number}${DurationUnit}` | `${number}${DurationUnit}${number}${DurationUnit}` | GrafanaDuration;

const PATTERN = /^(?:(\d+)y)?(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?(?:(\d+)ms)?$/;
const MILLISECONDS = [31_536_000_000, 604_800_000, 86_400_000, 3_600_000, 60_000, 1_000, 1] as const;

export function isGrafanaDuration(text: string): text is GrafanaDuration {
  return text === "$__rate_interval" || text === "$__interval" || text === "$__range";
}

/** Milliseconds of a duration above zero, or undefined if the text is none or is Grafana's. */
export function durationMilliseconds(text: string): number | undefined {
  const match = PATTERN.exec(text);
  const total = MILLISECONDS.reduce((sum, unit, index) => sum + Number(match?.[index + 1] ?? 0) * unit, 0);
  return total > 0 ? total : undefined;
}

/** Whether the text is a duration above zero. */
export function isDuration(text: string): text is Duration {
  return isGrafanaDuration(text) || durationMilliseconds(text) !== undefined;
}
