/** Values as people read them. Also runs in the page, so it imports nothing. */

const scaled = (value: number, base: number, names: readonly string[]): string => {
  let rest = Math.abs(value);
  let index = 0;
  while (rest >= base && index < names.length - 1) {
    rest /= base;
    index += 1;
  }
  return `${value < 0 ? "-" : ""}${short(rest)}${names[index] ?? ""}`;
};

/** Three digits, without zeros that say nothing. */
const short = (value: number): string => {
  const size = Math.abs(value);
  if (size === 0) return "0";
  if (size >= 100) return String(Math.round(value));
  return String(Number(value.toPrecision(size >= 10 ? 3 : 2)));
};

const duration = (seconds: number): string => {
  const size = Math.abs(seconds);
  if (size === 0) return "0 s";
  if (size < 1e-3) return `${short(seconds * 1e6)} µs`;
  if (size < 1) return `${short(seconds * 1e3)} ms`;
  if (size < 120) return `${short(seconds)} s`;
  if (size < 7200) return `${short(seconds / 60)} min`;
  if (size < 172_800) return `${short(seconds / 3600)} h`;
  return `${short(seconds / 86_400)} d`;
};

const counted = (value: number): string => scaled(value, 1000, ["", " K", " M", " G", " T"]);
const bytes = (value: number): string => scaled(value, 1024, [" B", " KiB", " MiB", " GiB", " TiB"]);

/** A value in one of Grafana's units; unknown units are plain numbers. */
export function formatValue(value: number | null, unit: string): string {
  if (value === null || Number.isNaN(value)) return "–";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "-∞";
  switch (unit) {
    case "s":
      return duration(value);
    case "ms":
      return duration(value / 1000);
    case "percentunit":
      return `${short(value * 100)} %`;
    case "percent":
      return `${short(value)} %`;
    case "bytes":
      return bytes(value);
    case "mbytes":
      return bytes(value * 1024 * 1024);
    case "Bps":
      return `${scaled(value, 1000, [" B", " kB", " MB", " GB", " TB"])}/s`;
    case "reqps":
      return `${counted(value)} req/s`;
    case "ops":
      return `${counted(value)}/s`;
    case "flops":
      return `${counted(value)}FLOP/s`;
    case "currencyUSD":
      return `$${counted(value)}`;
    case "watt":
      return `${counted(value)} W`;
    case "celsius":
      return `${short(value)} °C`;
    case "bool_yes_no":
      return value === 0 ? "no" : "yes";
    default:
      return counted(value);
  }
}
