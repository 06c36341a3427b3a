import { readFileSync } from "node:fs";

/** One metric as a program exposes it, without regard to our catalogue. */
export interface ListedMetric {
  readonly name: string;
  readonly type: string;
  /** Sorted label names, or undefined where the source does not tell. */
  readonly labels: readonly string[] | undefined;
  readonly bounds: string;
}

function lines(file: string): readonly string[][] {
  const text = readFileSync(new URL(`../fixtures/metrics/${file}`, import.meta.url), "utf8");
  return text
    .trimEnd()
    .split("\n")
    .filter((line) => !line.startsWith("#"))
    .map((line) => line.split("\t"));
}

function list(text: string): readonly string[] | undefined {
  return text === "?" ? undefined : text === "-" ? [] : text.split(",");
}

/** The metrics of a program, by name. */
export function listedMetrics(file: string): ReadonlyMap<string, ListedMetric> {
  return new Map(
    lines(file).map(([name = "", type = "", labels = "?", bounds = "?"]) => [
      name,
      { name, type, labels: list(labels), bounds },
    ]),
  );
}

/** Fields of dcgm-exporter: type, and whether the image's list and the Helm chart's list switch them on. */
export function listedFields(): ReadonlyMap<string, { type: string; image: string; chart: string }> {
  return new Map(
    lines("dcgm-exporter-4.5.3.tsv").map(([name = "", type = "", image = "", chart = ""]) => [
      name,
      { type, image, chart },
    ]),
  );
}
