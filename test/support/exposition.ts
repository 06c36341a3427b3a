/** One sample line of the text format. */
export interface Sample {
  readonly name: string;
  /** Label names and values in the order in which they are written. */
  readonly labels: Readonly<Record<string, string>>;
  /** The value as it is written. */
  readonly text: string;
  readonly value: number;
}

/** One family: its comment lines and the samples that follow them. */
export interface Family {
  readonly name: string;
  readonly type: string;
  readonly help: string;
  readonly samples: readonly Sample[];
}

const sampleLine = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$/;
const labelPair = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"(,|$)/y;

/** The suffixes by which a sample may differ from its family's name. */
const suffixes: Readonly<Record<string, readonly string[]>> = {
  counter: [""],
  gauge: [""],
  histogram: ["_bucket", "_sum", "_count"],
  summary: ["_sum", "_count"],
};

function parseLabels(text: string, line: string): Record<string, string> {
  const labels: Record<string, string> = {};
  labelPair.lastIndex = 0;
  while (labelPair.lastIndex < text.length) {
    const at = labelPair.lastIndex;
    const match = labelPair.exec(text);
    if (match === null) {
      throw new Error(`no label pair at character ${String(at)} of "${text}": ${line}`);
    }
    const [, name = "", value = ""] = match;
    if (name in labels) {
      throw new Error(`label ${name} twice: ${line}`);
    }
    labels[name] = value.replace(/\\(.)/g, (_, escaped: string) => (escaped === "n" ? "\n" : escaped));
  }
  return labels;
}

function parseValue(text: string, line: string): number {
  const value = text === "+Inf" ? Infinity : text === "-Inf" ? -Infinity : Number(text);
  if (Number.isNaN(value) && text !== "NaN") {
    throw new Error(`"${text}" is no number: ${line}`);
  }
  return value;
}

/**
 * Parses text format 0.0.4 strictly: every sample follows the `# TYPE` line of its own family, no family and no series
 * appears twice, the text ends with a line feed.
 * @throws Error that quotes the offending line.
 */
export function parseExposition(text: string): ReadonlyMap<string, Family> {
  if (!text.endsWith("\n")) {
    throw new Error("the exposition does not end with a line feed");
  }
  const families = new Map<string, { name: string; type: string; help: string; samples: Sample[] }>();
  const series = new Set<string>();
  let help: { name: string; text: string } | undefined;
  let current: { name: string; type: string; help: string; samples: Sample[] } | undefined;
  for (const line of text.slice(0, -1).split("\n")) {
    const comment = /^# (HELP|TYPE) (\S+) (.*)$/.exec(line);
    if (comment !== null) {
      const [, kind, name = "", rest = ""] = comment;
      if (kind === "HELP") {
        help = { name, text: rest };
        continue;
      }
      if (families.has(name) || suffixes[rest] === undefined || help?.name !== name) {
        throw new Error(`unexpected TYPE line: ${line}`);
      }
      current = { name, type: rest, help: help.text, samples: [] };
      families.set(name, current);
      continue;
    }
    const [, name = "", labelText = "", value = ""] = sampleLine.exec(line) ?? [];
    const family = current;
    if (family === undefined || !suffixes[family.type]?.some((suffix) => name === family.name + suffix)) {
      throw new Error(`sample outside its family: ${line}`);
    }
    const labels = parseLabels(labelText, line);
    const key = `${name} ${JSON.stringify(Object.entries(labels).sort())}`;
    if (series.has(key)) {
      throw new Error(`series twice: ${line}`);
    }
    series.add(key);
    family.samples.push({ name, labels, text: value, value: parseValue(value, line) });
  }
  return families;
}

/** The value of the one series with these labels (a subset suffices). @throws Error when none or several match. */
export function sampleValue(
  families: ReadonlyMap<string, Family>,
  name: string,
  labels: Readonly<Record<string, string>> = {},
): number {
  const found = [...families.values()]
    .flatMap((family) => family.samples)
    .filter(
      (sample) =>
        sample.name === name && Object.entries(labels).every(([key, value]) => sample.labels[key] === value),
    );
  if (found.length !== 1 || found[0] === undefined) {
    throw new Error(`${String(found.length)} samples of ${name} with ${JSON.stringify(labels)}`);
  }
  return found[0].value;
}
