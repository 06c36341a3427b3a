/** Kubernetes quantities ("512Mi", "2.5", "500m") and Prometheus durations ("1m30s") as plain numbers. */

const SCALE: Record<string, number> = {
  "": 1,
  m: 1e-3,
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

/** The quantity in its base unit (bytes, cores); undefined when it is none. */
export function parseQuantity(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?|\.\d+)([a-zA-Z]*)$/.exec(text);
  const scale = SCALE[match?.[2] ?? "?"];
  return match?.[1] === undefined || scale === undefined ? undefined : Number(match[1]) * scale;
}

const SECONDS: Record<string, number> = {
  y: 31_536_000,
  w: 604_800,
  d: 86_400,
  h: 3600,
  m: 60,
  s: 1,
  ms: 0.001,
};

/** The Prometheus duration in seconds (units in falling order, each once); undefined when it is none. */
export function parseDuration(text: string): number | undefined {
  const shape = /^(?=\d)(\d+y)?(\d+w)?(\d+d)?(\d+h)?(\d+m)?(\d+s)?(\d+ms)?$/;
  if (!shape.test(text)) return undefined;
  const parts = text.match(/\d+(?:ms|[ywdhms])/g) ?? [];
  return parts.reduce((sum, part) => {
    const unit = part.replace(/\d+/, "");
    return sum + Number.parseInt(part, 10) * (SECONDS[unit] ?? Number.NaN);
  }, 0);
}
