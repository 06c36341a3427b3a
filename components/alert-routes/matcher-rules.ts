import type { Report } from "../support/validation.ts";
import { MatchOperator, type AlertMatcherArgs } from "./args.ts";

const LABEL = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

/** Refuses what is no label name. */
export function checkLabel(path: string, label: string, report: Report): void {
  if (!LABEL.test(label)) report(path, label, "must be a label name", "use letters, digits and _");
}

/** Refuses matchers that Alertmanager can't read, or that do not match what they seem to. */
export function checkMatchers(path: string, matchers: AlertMatcherArgs[], report: Report): void {
  const operators: string[] = Object.values(MatchOperator);
  matchers.forEach(({ label, operator, value }, index) => {
    const matcherPath = `${path}[${String(index)}]`;
    checkLabel(`${matcherPath}.label`, label, report);
    if (!operators.includes(operator)) {
      report(
        `${matcherPath}.operator`,
        operator,
        `must be one of ${operators.join(", ")}`,
        "choose one of them",
      );
    }
    if (operator.endsWith("~") && !isExpression(value)) {
      report(`${matcherPath}.value`, value, "must be a regular expression", "escape what is meant literally");
    }
    if (operator === "=~" && /^(\.\*)?$/.test(value)) {
      report(
        `${matcherPath}.value`,
        value,
        "matches every alert",
        "remove the matcher, or write what is meant",
      );
    }
  });
}

/** RE2 lacks look-around and back-references, which JavaScript has. */
function isExpression(text: string): boolean {
  if (/\(\?(?:[=!]|<[=!])|\\[1-9]/.test(text)) return false;
  try {
    new RegExp(text, "u");
    return true;
  } catch {
    return false;
  }
}
