/**
 * Checking of component arguments: every rule runs, every finding is reported at once, each with the property,
 * its value and what to do about it.
 */
import * as pulumi from "@pulumi/pulumi";
import { hasPending, knownView, PendingInput, settle } from "./inputs.ts";

/** One wrong argument. */
export interface Finding {
  /** Path in the arguments, as in `model.source.kind` or `env[2].name`. */
  path: string;
  value: unknown;
  /** What is wrong with the value, as a predicate: "must be …". */
  reason: string;
  /** What to write instead. */
  remedy: string;
}

/** Takes a finding. */
export type Report = (path: string, value: unknown, reason: string, remedy: string) => void;

/** Looks at the arguments and reports; one that needs a value that is not known yet is asked again later. */
export type Rule<T> = (args: T, report: Report) => void;

/** Runs the rules; those that read a pending value of a `knownView` are left out. */
export function findings<T>(args: T, rules: readonly Rule<T>[]): Finding[] {
  const found: Finding[] = [];
  for (const rule of rules) {
    try {
      rule(args, (path, value, reason, remedy) => found.push({ path, value, reason, remedy }));
    } catch (error) {
      if (!(error instanceof PendingInput)) throw error;
    }
  }
  return found;
}

/**
 * Throws what the rules find in the values that are known now, and fails the deployment later with what they
 * find in the others.
 *
 * @throws pulumi.InputPropertiesError with all findings
 */
export function check<A extends object>(
  component: string,
  args: A,
  rules: readonly Rule<pulumi.Unwrap<A>>[],
): void {
  throwFindings(component, findings(knownView(args), rules), []);
  if (!hasPending(args)) return;
  settle(args).apply(({ value, secretPaths }) => {
    throwFindings(component, findings(value, rules), secretPaths);
  });
}

function throwFindings(component: string, found: Finding[], secretPaths: string[]): void {
  if (found.length === 0) return;
  const errors = found.map(({ path, value, reason, remedy }) => {
    const isSecret = secretPaths.some((secret) => path.startsWith(secret) || secret.startsWith(path));
    return {
      propertyPath: path,
      reason: `${reason}, is ${isSecret ? "[secret]" : display(value)}; ${remedy}`,
    };
  });
  const lines = errors.map(({ propertyPath, reason }) => `  ${propertyPath} ${reason}`);
  throw new pulumi.InputPropertiesError({ message: `${component}:\n${lines.join("\n")}`, errors });
}

/** A value short enough for one line of an error. */
function display(value: unknown): string {
  if (value === undefined) return "missing";
  const text = JSON.stringify(value);
  return text.length <= 120 ? text : `${text.slice(0, 117)}…`;
}

/** A finding unless `value` is undefined or a whole number of at least `minimum`. */
export function requireInteger(
  report: Report,
  path: string,
  value: number | undefined,
  minimum: number,
): void {
  if (value === undefined || (Number.isSafeInteger(value) && value >= minimum)) return;
  report(path, value, `must be a whole number of at least ${String(minimum)}`, "correct the number");
}

/** A finding unless `value` is undefined or one of the enum's values. */
export function requireOneOf(
  report: Report,
  path: string,
  value: string | undefined,
  allowed: Record<string, string>,
): void {
  const values = Object.values(allowed);
  if (value === undefined || values.includes(value)) return;
  report(path, value, `must be one of ${values.join(", ")}`, "choose one of them");
}

const DNS_LABEL = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;

/** A finding unless `value` is undefined or a DNS label (RFC 1123: a-z, 0-9 and -, at most `maximum` characters). */
export function requireDnsLabel(report: Report, path: string, value: string | undefined, maximum = 63): void {
  if (value === undefined || (DNS_LABEL.test(value) && value.length <= maximum)) return;
  report(
    path,
    value,
    `must be a DNS label of at most ${String(maximum)} characters`,
    "use lower-case letters, digits and hyphens, with a letter or digit at both ends",
  );
}
