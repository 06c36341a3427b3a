import { closest, distance } from "fastest-levenshtein";
import type { z } from "zod";
import { readMessage, type IssueMessage } from "./messages.ts";
import { SECRET_REFERENCE_SUFFIX } from "./types.ts";

export type Path = (string | number)[];

/** One thing that is wrong with the configuration. */
export interface Problem {
  /** Path as `pulumi config set --path` takes it, without the namespace: `fleet.models[2].gpu.count`. */
  path: string;
  /** The value, shortened, as JSON; never a secret one. */
  got: string;
  /** What would be right. */
  expected?: string;
  /** What is wrong with the value, as a predicate ("is taken"), where that says more than what would be right. */
  reason?: string;
  /** What to do. */
  remedy: string;
}

/** What formatting needs to know of the configuration that was read. */
export interface ProblemContext {
  /** Configuration by key, without namespace. */
  values: Readonly<Record<string, unknown>>;
  /** Keys whose value is a secret. */
  secretKeys: ReadonlySet<string>;
}

export function formatPath(path: Path): string {
  return path.reduce<string>((text, step) => {
    if (typeof step === "number") return `${text}[${String(step)}]`;
    if (!/^[A-Za-z_][\w-]*$/.test(step)) return `${text}[${JSON.stringify(step)}]`;
    return text === "" ? step : `${text}.${step}`;
  }, "");
}

/** The steps of a path as {@link formatPath} writes it: `receivers[0].endpoint`. */
export function parsePath(path: string): Path {
  return [...path.matchAll(/\[(\d+)\]|\["([^"]+)"\]|([^.[\]]+)/g)].map(([, index, quoted, name]) =>
    index === undefined ? (quoted ?? name ?? "") : Number(index),
  );
}

/** `path: got VALUE; expected …; remedy: …`, or `path: got VALUE, which is …; remedy: …`; the remedy where there is one. */
export function formatProblem({ path, got, expected, reason, remedy }: Problem): string {
  const wrong = reason === undefined ? "" : `, which ${reason}`;
  const right = expected === undefined ? "" : `; expected ${expected}`;
  return `${path}: got ${got}${wrong}${right}${remedy === "" ? "" : `; remedy: ${remedy}`}`;
}

export function valueAt(values: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (value, step) =>
      typeof value === "object" && value !== null && Object.hasOwn(value, step)
        ? (value as Record<string | number, unknown>)[step]
        : undefined,
    values,
  );
}

const LONGEST_VALUE = 80;

/**
 * The value at a path as it may be shown. Values of secret keys are hidden, and so is whatever stands where the
 * name of a secret is expected, or in a URL: a credential pasted there by mistake must not reach a log.
 */
export function shownValue(context: ProblemContext, path: Path): string {
  const value = valueAt(context.values, path);
  if (value === undefined) return "nothing";
  if (context.secretKeys.has(String(path[0]))) return "[secret]";
  const text = JSON.stringify(value, hideCredentials);
  const last = path.findLast((step) => typeof step === "string") ?? "";
  if (isCredentialField(last) || mayHoldCredential(text))
    return "a value that is not shown, it may be a credential";
  return text.length > LONGEST_VALUE
    ? `${text.slice(0, LONGEST_VALUE)}… (${String(text.length)} characters)`
    : text;
}

function isCredentialField(name: string): boolean {
  return (
    name.endsWith(SECRET_REFERENCE_SUFFIX) ||
    /token|password|passwd|secret|credential|(api|access|routing|private)_?key/i.test(name)
  );
}

function mayHoldCredential(text: string): boolean {
  return /:\/\/[^"\s/]*@|:\/\/[^"\s]*\?|hooks\.slack\.com|SEC[0-9a-f]{16}|xox[a-z]-|-----BEGIN/i.test(text);
}

function hideCredentials(key: string, value: unknown): unknown {
  return key !== "" && isCredentialField(key) ? "[hidden]" : value;
}

/** The nearest of the known words, when it is near enough to be a slip. */
export function suggestion(word: string, known: readonly string[]): string | undefined {
  if (known.length === 0) return undefined;
  const fold = (text: string) => text.toLowerCase().replaceAll(/[-_\s.]/g, "");
  const folded = known.map(fold);
  const nearest = closest(fold(word), folded);
  // Half of a short word: two swapped letters, the usual slip, count as two changes.
  const limit = Math.max(1, Math.floor(Math.min(word.length, nearest.length) / 2));
  return distance(fold(word), nearest) <= limit ? known[folded.indexOf(nearest)] : undefined;
}

function didYouMean(word: unknown, known: readonly string[]): string {
  const near = typeof word === "string" ? suggestion(word, known) : undefined;
  return near === undefined ? "" : `did you mean ${near}?`;
}

/** The problems behind one zod issue: an unknown-keys issue holds one per key. */
export function problemsOfIssue(issue: z.core.$ZodIssue, context: ProblemContext): Problem[] {
  const path = issue.path.map((step) => (typeof step === "number" ? step : String(step)));
  const message = readMessage(issue.message);
  if (issue.code === "unrecognized_keys") {
    const known = message?.keys ?? [];
    return issue.keys.map((key) => ({
      path: formatPath([...path, key]),
      got: "an unknown key",
      expected: message?.expected ?? "no such key",
      remedy: didYouMean(key, known) || "remove it",
    }));
  }
  const value = valueAt(context.values, path);
  const expected = message?.expected ?? expectation(issue);
  return [
    {
      path: formatPath(path),
      got: shownValue(context, path),
      expected,
      remedy: remedyOf(value, issue, message),
    },
  ];
}

function remedyOf(value: unknown, issue: z.core.$ZodIssue, message: IssueMessage | undefined): string {
  const written = message?.remedy ?? "";
  if (value === undefined) return written === "" ? "add it" : `add it (${written})`;
  return [didYouMean(value, choicesOf(issue)), written].find((text) => text !== "") ?? "correct the value";
}

function choicesOf(issue: z.core.$ZodIssue): string[] {
  if (issue.code === "invalid_value") return issue.values.map(String);
  if (issue.code === "invalid_union" && "options" in issue && Array.isArray(issue.options))
    return issue.options.map(String);
  return [];
}

/** Wording for the issues that no refined type words itself. */
function expectation(issue: z.core.$ZodIssue): string {
  const choices = choicesOf(issue);
  if (choices.length > 0) return `one of ${choices.join(", ")}`;
  if (issue.code === "invalid_type") return `a ${issue.expected === "object" ? "mapping" : issue.expected}`;
  return issue.message;
}
