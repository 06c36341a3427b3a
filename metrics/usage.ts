import { createdName, sampleNames, type Catalogue, type MetricFamily } from "./family.ts";

/** Samples of a catalogue by whether a text names them. */
export interface Usage {
  readonly used: readonly string[];
  readonly unused: readonly string[];
}

/**
 * Which samples the texts (rules, dashboards, queries of autoscalers) read. Times at which a series was made (`_created`) are
 * never read, so they are left to {@link dropPattern}.
 */
export function usageOf(catalogue: Catalogue, texts: readonly string[]): Usage {
  return usageOfNames(catalogue, [namesIn(texts)]);
}

/** Everything in the texts that could be the name of a metric. */
export function namesIn(texts: readonly string[]): ReadonlySet<string> {
  return new Set(texts.flatMap((text) => text.match(/[a-zA-Z_:][a-zA-Z0-9_:]*/g) ?? []));
}

/** {@link usageOf} for texts whose names are known. */
export function usageOfNames(catalogue: Catalogue, read: readonly ReadonlySet<string>[]): Usage {
  const names = Object.values<MetricFamily>(catalogue).flatMap((family) => [...sampleNames(family)]);
  const isRead = (name: string) => read.some((set) => set.has(name));
  return {
    used: names.filter(isRead).sort(),
    unused: names.filter((name) => !isRead(name)).sort(),
  };
}

const PREFIX = "vllm:";

/**
 * A regular expression for the names that need not be stored: samples that nothing reads, and all `_created` ones. A list of what
 * goes, not of what stays: a metric that a new version brings is kept until somebody has looked at it.
 */
export function dropPattern(catalogue: Catalogue, unused: readonly string[]): string {
  const created = Object.values<MetricFamily>(catalogue).flatMap((family) => createdName(family) ?? []);
  const names = [...new Set([...unused, ...created])].sort();
  const engine = names.filter((name) => name.startsWith(PREFIX)).map((name) => name.slice(PREFIX.length));
  const others = names.filter((name) => !name.startsWith(PREFIX));
  return [...(engine.length === 0 ? [] : [`${PREFIX}(?:${engine.join("|")})`]), ...others].join("|");
}
