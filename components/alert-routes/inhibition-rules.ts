import type { Report } from "../support/validation.ts";
import type { AlertInhibitionArgs, AlertMatcherArgs } from "./args.ts";
import { checkLabel, checkMatchers } from "./matcher-rules.ts";

/** Refuses inhibitions that could silence what they should not. */
export function checkInhibitions(args: { inhibitions?: AlertInhibitionArgs[] }, report: Report): void {
  (args.inhibitions ?? []).forEach(({ source, target, equal }, index) => {
    const path = `inhibitions[${String(index)}]`;
    checkMatchers(`${path}.source`, source, report);
    checkMatchers(`${path}.target`, target, report);
    equal.forEach((label, position) => {
      checkLabel(`${path}.equal[${String(position)}]`, label, report);
    });
    if (equal.length === 0) {
      const remedy =
        "name the labels of the thing that both are about, for example cluster, namespace, model_name";
      report(`${path}.equal`, [], "must name a label, or one alert mutes those of the whole fleet", remedy);
    }
    if (!areApart(source, target)) {
      const remedy = "match both on one label, such as alertname, with values that differ";
      report(path, describe(source, target), "must not have alerts that are both source and target", remedy);
    }
    const told = [...source, ...target].find(
      ({ label, operator }) => equal.includes(label) && operator === "=",
    );
    if (told !== undefined && !areSameValue(told.label, source, target)) {
      const remedy = `remove ${told.label} from equal`;
      report(
        `${path}.equal`,
        told.label,
        "can't be equal, since source and target demand different values",
        remedy,
      );
    }
  });
}

/** Whether the values of a label that both name have nothing in common. */
function areApart(source: AlertMatcherArgs[], target: AlertMatcherArgs[]): boolean {
  return source.some((one) => {
    const values = valuesOf(one);
    return (
      values !== undefined &&
      target.some((other) => {
        const others = other.label === one.label ? valuesOf(other) : undefined;
        return others !== undefined && values.every((value) => !others.includes(value));
      })
    );
  });
}

function areSameValue(label: string, source: AlertMatcherArgs[], target: AlertMatcherArgs[]): boolean {
  const of = (matchers: AlertMatcherArgs[]) =>
    matchers.flatMap((matcher) => (matcher.label === label ? (valuesOf(matcher) ?? []) : []));
  const [first, second] = [of(source), of(target)];
  return first.length === 0 || second.length === 0 || first.some((value) => second.includes(value));
}

/** The texts that a matcher takes, where it lists them. */
function valuesOf({ operator, value }: AlertMatcherArgs): string[] | undefined {
  if (operator === "=") return [value];
  return operator === "=~" && /^[\w|-]+$/.test(value) ? value.split("|") : undefined;
}

function describe(source: AlertMatcherArgs[], target: AlertMatcherArgs[]): string {
  const side = (matchers: AlertMatcherArgs[]) =>
    matchers.map(({ label, operator, value }) => `${label}${operator}${value}`).join(", ");
  return `${side(source)} mutes ${side(target)}`;
}
