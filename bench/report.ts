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

const HEAD = `# Benchmarks

Written by \`make bench\`, a section at a time (\`make bench ONLY=review\`). Figures that are compared come from one run on one
machine, alternating; a ratio is what counts, seconds only say what it is like to use.
`;

/** A section as Markdown: what was measured, when and where. */
function section(title: string, measurements: readonly Measurement[], date: Date): string {
  const machine = `${String(cpus().length)} cores, ${String(Math.round(totalmem() / 1024 ** 3))} GiB`;
  const rows = measurements.map((measurement) => {
    const { what, value, unit, limit, details } = measurement;
    const bound = limit === undefined ? "" : `${number(limit)} ${unit}`;
    const over = isWithin(measurement) ? "" : " **(over)**";
    return `| ${what} | ${number(value)} ${unit}${over} | ${bound} | ${details} |`;
  });
  return [
    `## ${title}`,
    "",
    `Measured on ${date.toISOString().slice(0, 10)}: ${machine}.`,
    "",
    "| what | measured | limit | details |",
    "| --- | --- | --- | --- |",
    ...rows,
    "",
  ].join("\n");
}

/**
 * The page with one of its sections measured anew; the others stay as they are.
 *
 * @param page the page as it is; empty for a new one
 */
export function withSection(
  page: string,
  title: string,
  measurements: readonly Measurement[],
  date: Date,
): string {
  const [, ...old] = page.split(/^(?=## )/m);
  const mine = section(title, measurements, date);
  const isMine = (text: string): boolean => text.startsWith(`## ${title}\n`);
  const sections = old.some(isMine) ? old.map((text) => (isMine(text) ? mine : text)) : [...old, mine];
  return [HEAD, ...sections].map((text) => text.trim()).join("\n\n") + "\n";
}
