/**
 * Prometheus durations: "30s", "1h30m", "15d". Units go from large to small, each at most once.
 * Source: prometheus.io/docs/prometheus/latest/querying/basics/#float-literals-and-time-durations.
 */

type Unit = "ms" | "s" | "m" | "h" | "d" | "w" | "y";
/** A duration of one or two parts; longer ones are built with {@link formatDuration}. */
export type Duration = `${number}${Unit}` | `${number}${Unit}${number}${Unit}`;

const MILLISECONDS: Record<Unit, number> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
  y: 31_536_000_000,
};
const PATTERN = /^(?:(\d+)y)?(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?(?:(\d+)ms)?$/;
const UNITS = ["y", "w", "d", "h", "m", "s", "ms"] as const;

/** Milliseconds of a duration, or undefined if it is none. "0" is a duration. */
export function durationMilliseconds(text: string): number | undefined {
  if (text === "0") return 0;
  const match = PATTERN.exec(text);
  if (match === null || text === "") return undefined;
  return UNITS.reduce((total, unit, index) => total + Number(match[index + 1] ?? 0) * MILLISECONDS[unit], 0);
}

/** The shortest spelling without weeks and years, as Prometheus prints it ("90s" becomes "1m30s"). */
export function formatDuration(milliseconds: number): string {
  if (milliseconds === 0) return "0s";
  let rest = milliseconds;
  return (["d", "h", "m", "s", "ms"] as const)
    .map((unit) => {
      const count = Math.floor(rest / MILLISECONDS[unit]);
      rest -= count * MILLISECONDS[unit];
      return count === 0 ? "" : `${String(count)}${unit}`;
    })
    .join("");
}
