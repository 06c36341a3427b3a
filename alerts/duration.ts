type Unit = "ms" | "s" | "m" | "h" | "d" | "w" | "y";

/**
 * A Prometheus duration of one or two parts: "30s", "1h30m". Units go from large to small, each at most once.
 * Source: prometheus.io/docs/prometheus/latest/querying/basics/#float-literals-and-time-durations.
 */
export type Duration = `${number}${Unit}` | `${number}${Unit}${number}${Unit}`;
