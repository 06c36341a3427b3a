/**
 * Evaluates IAM policies as AWS does, for what the documents of this project use; anything else is an error, so that no
 * test passes by a condition that was ignored.
 *
 * Source: the IAM user guide, "Policy evaluation logic" and "IAM JSON policy elements: Condition operators".
 */
import type { PolicyDocument, PolicyStatement } from "../../components/object-store/policies.ts";

/** A request as AWS sees it when it evaluates policies. */
export interface IamRequest {
  action: string;
  resource: string;
  /** Condition keys that the request carries, by name. */
  context?: Readonly<Record<string, string>>;
}

export const Decision = {
  Allowed: "allowed",
  /** No statement allows it. */
  ImplicitlyDenied: "implicitly denied",
  /** A statement denies it. */
  ExplicitlyDenied: "explicitly denied",
} as const;
export type Decision = (typeof Decision)[keyof typeof Decision];

/** What the policies together say about a request: a denial wins over every permission. */
export function evaluate(documents: readonly PolicyDocument[], request: IamRequest): Decision {
  const matching = documents.flatMap(({ Statement }) =>
    Statement.filter((statement) => applies(statement, request)),
  );
  if (matching.some(({ Effect }) => Effect === "Deny")) return Decision.ExplicitlyDenied;
  return matching.some(({ Effect }) => Effect === "Allow") ? Decision.Allowed : Decision.ImplicitlyDenied;
}

const elements = new Set(["Sid", "Effect", "Principal", "Action", "Resource", "Condition"]);

function applies(statement: PolicyStatement, request: IamRequest): boolean {
  const unknown = Object.keys(statement).filter((key) => !elements.has(key));
  if (unknown.length > 0) throw new Error(`policy element not supported: ${unknown.join(", ")}`);
  // Actions are compared without regard to case, resources with it.
  const isAction = listOf(statement.Action).some((pattern) =>
    matches(pattern.toLowerCase(), request.action.toLowerCase()),
  );
  const isResource = listOf(statement.Resource ?? []).some((pattern) => matches(pattern, request.resource));
  return isAction && isResource && conditionsHold(statement.Condition ?? {}, request.context ?? {});
}

function conditionsHold(
  conditions: NonNullable<PolicyStatement["Condition"]>,
  context: Readonly<Record<string, string>>,
): boolean {
  return Object.entries(conditions).every(([operator, keys]) =>
    Object.entries(keys).every(([key, wanted]) => holds(operator, valueOf(context, key), listOf(wanted))),
  );
}

/** Names of condition keys are compared without regard to case. */
function valueOf(context: Readonly<Record<string, string>>, key: string): string | undefined {
  return Object.entries(context).find(([name]) => name.toLowerCase() === key.toLowerCase())?.[1];
}

const operators: Readonly<Record<string, (value: string, wanted: string) => boolean>> = {
  StringEquals: (value, wanted) => value === wanted,
  StringLike: (value, wanted) => matches(wanted, value),
  Bool: (value, wanted) => value.toLowerCase() === wanted.toLowerCase(),
  NumericLessThan: (value, wanted) => Number(value) < Number(wanted),
};

function holds(operator: string, value: string | undefined, wanted: readonly string[]): boolean {
  if (operator === "Null") return wanted.some((isNull) => (isNull === "true") === (value === undefined));
  const name = operator.replace(/IfExists$/, "");
  const compare = operators[name];
  if (compare === undefined) throw new Error(`condition operator not supported: ${operator}`);
  // A key that the request lacks fails a condition, unless it says IfExists.
  if (value === undefined) return operator.endsWith("IfExists");
  return wanted.some((one) => compare(value, one));
}

function listOf(value: string | readonly string[]): readonly string[] {
  return typeof value === "string" ? [value] : value;
}

/** `*` is any number of characters, slashes included; `?` is one. */
function matches(pattern: string, value: string): boolean {
  const escaped = pattern
    .replaceAll(/[.+^${}()|[\]\\]/g, String.raw`\$&`)
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  return new RegExp(`^${escaped}$`, "s").test(value);
}
