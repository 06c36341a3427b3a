/**
 * Kubernetes quantities of storage and memory ("50Gi", "500M", "1.5Ti").
 * Source: kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity.
 */

const FACTORS: Record<string, number> = {
  "": 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
};

/** Bytes of a quantity, or undefined if it is none. */
export function quantityBytes(quantity: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)(|k|M|G|T|P|Ki|Mi|Gi|Ti|Pi)$/.exec(quantity);
  if (match === null) return undefined;
  return Number(match[1]) * (FACTORS[match[2] ?? ""] ?? 1);
}

/**
 * Bytes of a Prometheus size, whose units are powers of two with or without the "i" ("512MB" = "512MiB"), or undefined
 * if it is none. Source: prometheus --help, storage.tsdb.retention.size.
 */
export function prometheusBytes(size: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)(|K|M|G|T|P|E)i?B$/.exec(size);
  if (match === null) return undefined;
  return Number(match[1]) * 2 ** (10 * ["", "K", "M", "G", "T", "P", "E"].indexOf(match[2] ?? ""));
}
