import { cpus, totalmem } from "node:os";

/** One figure of the table. */
export interface Measurement {
  readonly what: string;
  readonly value: number;
  readonly unit: string;
  /** What it may be at most; undefined for figures that are only told. */
  readonly limit?: number;
  readonly details: string;
}

const number = (value: number): string => (value >= 100 ? value.toFixed(0) : value.toPrecision(3));

/** Whether a figure is within its limit. */
export function isWithin({ value, limit }: Measurement): boolean {
  return limit === undefined || value <= limit;
}

/** The table as Markdown. */
export function markdown(groups: Readonly<Record<string, readonly Measurement[]>>, date: Date): string {
  const machine = `${String(cpus().length)} cores, ${String(Math.round(totalmem() / 1024 ** 3))} GiB`;
  const lines = [
    "# Benchmarks",
    "",
    "Written by `make bench`. Figures that are compared come from one run on one machine, alternating; a ratio is what counts, seconds",
    "only say what it is like to use.",
    "",
    `Last run: ${date.toISOString().slice(0, 10)}, ${machine}.`,
  ];
  for (const [name, measurements] of Object.entries(groups)) {
    lines.push("", `## ${name}`, "", "| what | measured | limit | details |", "|---|---|---|---|");
    for (const measurement of measurements) {
      const { what, value, unit, limit, details } = measurement;
      const bound = limit === undefined ? "" : `${number(limit)} ${unit}`;
      lines.push(
        `| ${what} | ${number(value)} ${unit}${isWithin(measurement) ? "" : " **(over)**"} | ${bound} | ${details} |`,
      );
    }
  }
  return `${lines.join("\n")}\n`;
}
