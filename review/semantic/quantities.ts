/** Durations and sizes as Prometheus and Kubernetes write them. */

const durations: Record<string, number> = {
  ms: 0.001,
  s: 1,
  m: 60,
  h: 3600,
  d: 86_400,
  w: 604_800,
  y: 31_536_000,
};

/** Seconds of a duration such as `1d12h`; undefined for what is none. */
export function seconds(duration: string): number | undefined {
  const parts = [...duration.matchAll(/(\d+)(ms|[smhdwy])/g)];
  if (parts.length === 0 || parts.map(([part]) => part).join("") !== duration) return undefined;
  return parts.reduce((sum, [, amount, unit]) => sum + Number(amount) * (durations[unit ?? ""] ?? 0), 0);
}

/** Bytes of a quantity such as `200Gi`; undefined for what is none. */
export function bytes(quantity: string): number | undefined {
  const [, amount, prefix = "", binary] = /^(\d+(?:\.\d+)?)([kKMGTPE]?)(i?)$/.exec(quantity) ?? [];
  if (amount === undefined) return undefined;
  const power = "kMGTPE".indexOf(prefix === "K" ? "k" : prefix) + 1;
  return Number(amount) * (binary === "i" ? 1024 : 1000) ** (prefix === "" ? 0 : power);
}

/** Bytes of a size of Prometheus such as `170GiB`, whose units are binary with and without the `i`. */
export function prometheusBytes(size: string): number | undefined {
  return bytes(size.replace(/([KMGTPE])i?B$/, "$1i").replace(/B$/, ""));
}
