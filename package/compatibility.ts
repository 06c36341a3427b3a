/** What a change of the package's schema means for those who build on it. Pure. */
import {
  describeType,
  shortName,
  type EnumValue,
  type PackageSchema,
  type PropertySchema,
  type TypeSchema,
} from "./schema.ts";

/** `breaking`: a program that used the old one may fail. `minor`: it works, and more is possible. `none`: nothing but texts. */
export type Level = "breaking" | "minor" | "none";

export interface Finding {
  level: Exclude<Level, "none">;
  /** `VllmDeployment.image`, `VllmGpuArgs.count`. */
  path: string;
  what: string;
}

export interface Comparison {
  level: Level;
  /** Breaking ones first, then by path. */
  findings: Finding[];
}

type Properties = Readonly<Record<string, PropertySchema>>;
type Report = (level: Finding["level"], path: string, what: string) => void;

/** Compares two schemas of the package. */
export function compareSchemas(before: PackageSchema, after: PackageSchema): Comparison {
  const findings: Finding[] = [];
  const report: Report = (level, path, what) => findings.push({ level, path, what });

  for (const [token, old, now] of pairs(before.resources, after.resources)) {
    const name = shortName(token);
    if (now === undefined) report("breaking", name, "component is gone");
    else if (old === undefined) report("minor", name, "new component");
    else {
      compareInputs(
        name,
        [old.inputProperties, old.requiredInputs],
        [now.inputProperties, now.requiredInputs],
        report,
      );
      compareOutputs(
        `${name} (output)`,
        [old.properties, old.required],
        [now.properties, now.required],
        report,
      );
    }
  }
  for (const [token, old, now] of pairs(before.types, after.types)) {
    const name = shortName(token);
    // A type that nothing refers to any more goes together with the property that did, which is told there.
    if (now === undefined) report("breaking", name, "type is gone");
    else if (old === undefined) report("minor", name, "new type");
    else compareTypes(name, old, now, report);
  }
  findings.sort((a, b) => order(a).localeCompare(order(b), "en"));
  const level = findings.some((finding) => finding.level === "breaking")
    ? "breaking"
    : findings.length > 0
      ? "minor"
      : "none";
  return { level, findings };
}

const order = ({ level, path }: Finding): string => `${level === "breaking" ? 0 : 1} ${path}`;

function pairs<T>(
  before: Readonly<Record<string, T>>,
  after: Readonly<Record<string, T>>,
): [key: string, old: T | undefined, now: T | undefined][] {
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  return keys.map((key) => [key, before[key], after[key]]);
}

type Side = readonly [properties: Properties, required: readonly string[]];

function compareInputs(
  name: string,
  [before, mustBefore]: Side,
  [after, mustAfter]: Side,
  report: Report,
): void {
  for (const [key, old, now] of pairs(before, after)) {
    const path = `${name}.${key}`;
    const [was, is] = [mustBefore.includes(key), mustAfter.includes(key)];
    if (now === undefined) report("breaking", path, "property is gone");
    else if (old === undefined)
      if (is) report("breaking", path, "new property that must be given");
      else report("minor", path, "new property");
    else {
      compareProperty(path, old, now, report);
      if (!was && is) report("breaking", path, "must be given now");
      if (was && !is) report("minor", path, "may be left out now");
    }
  }
}

function compareOutputs(
  name: string,
  [before, mustBefore]: Side,
  [after, mustAfter]: Side,
  report: Report,
): void {
  for (const [key, old, now] of pairs(before, after)) {
    const path = `${name}.${key}`;
    if (now === undefined) report("breaking", path, "output is gone");
    else if (old === undefined) report("minor", path, "new output");
    else {
      compareProperty(path, old, now, report);
      const [was, is] = [mustBefore.includes(key), mustAfter.includes(key)];
      if (was && !is) report("breaking", path, "may be missing now");
      if (!was && is) report("minor", path, "is always there now");
    }
  }
}

function compareProperty(path: string, before: PropertySchema, after: PropertySchema, report: Report): void {
  const [old, now] = [describeType(before), describeType(after)];
  if (old !== now) report("breaking", path, `type ${old} became ${now}`);
  const [wasPlain, isPlain] = [isPlainSomewhere(before), isPlainSomewhere(after)];
  if (!wasPlain && isPlain) report("breaking", path, "an output is refused now");
  if (wasPlain && !isPlain) report("minor", path, "may be an output now");
}

function isPlainSomewhere({ plain, items, additionalProperties }: PropertySchema): boolean {
  return (
    plain === true ||
    (items !== undefined && isPlainSomewhere(items)) ||
    (additionalProperties !== undefined && isPlainSomewhere(additionalProperties))
  );
}

function compareTypes(name: string, before: TypeSchema, after: TypeSchema, report: Report): void {
  if ((before.enum === undefined) !== (after.enum === undefined) || before.type !== after.type) {
    report("breaking", name, "another kind of type");
    return;
  }
  if (before.enum !== undefined && after.enum !== undefined)
    compareEnums(name, before.enum, after.enum, report);
  compareInputs(
    name,
    [before.properties ?? {}, before.required ?? []],
    [after.properties ?? {}, after.required ?? []],
    report,
  );
}

function compareEnums(
  name: string,
  before: readonly EnumValue[],
  after: readonly EnumValue[],
  report: Report,
): void {
  const byName = (values: readonly EnumValue[]) =>
    Object.fromEntries(values.map((value) => [value.name, value]));
  for (const [key, old, now] of pairs(byName(before), byName(after))) {
    const path = `${name}.${key}`;
    if (now === undefined) report("breaking", path, "value is gone");
    else if (old === undefined) report("minor", path, "new value");
    else if (old.value !== now.value)
      report("breaking", path, `value ${JSON.stringify(old.value)} became ${JSON.stringify(now.value)}`);
  }
}

/**
 * The lowest version that may follow a release: before 1.0.0 a breaking change raises the second number, as npm's `^` reads it.
 *
 * @param released `major.minor.patch`
 */
export function leastVersion(released: string, level: Level): string {
  const [major = 0, minor = 0, patch = 0] = released.split(".").map(Number);
  const text = (...parts: number[]): string => parts.join(".");
  switch (level) {
    case "breaking":
      return major === 0 ? text(0, minor + 1, 0) : text(major + 1, 0, 0);
    case "minor":
      return major === 0 ? text(0, minor, patch + 1) : text(major, minor + 1, 0);
    case "none":
      return text(major, minor, patch + 1);
  }
}

/** Whether `version` is at least `least`, number by number. */
export function isAtLeast(version: string, least: string): boolean {
  const [a, b] = [version, least].map((text) => text.split(".").map(Number));
  for (const [index, wanted] of (b ?? []).entries()) {
    const given = a?.[index] ?? 0;
    if (given !== wanted) return given > wanted;
  }
  return true;
}
