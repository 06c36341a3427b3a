import type { PolicyResource, ResourcePolicy } from "../types.ts";
import { at, isObject, kindOf, listOf, textOf } from "../values.ts";

export const noWildcardRights: ResourcePolicy = {
  name: "no-wildcard-rights",
  description:
    "No IAM policy allows every action of a service, changes on every resource, or everybody to take a role; no role of Kubernetes may do everything.",
  enforcement: "mandatory",
  check: (resource) => {
    if (resource.type.startsWith("aws:"))
      return [...attachmentFindings(resource), ...documentFindings(resource)];
    if (/:(Cluster)?Role$/.test(resource.type) && resource.type.startsWith("kubernetes:rbac"))
      return roleFindings(resource);
    return [];
  },
};

/** Managed policies that hold everything of a service, or of all. */
const BROAD_POLICY = /\/(AdministratorAccess|PowerUserAccess|IAMFullAccess|\w+FullAccess)$/;

function attachmentFindings({ props }: PolicyResource): string[] {
  const arns = [props["policyArn"], ...listOf(props["managedPolicyArns"])].map(textOf);
  return arns
    .filter((arn) => BROAD_POLICY.test(arn))
    .map((arn) => `attaches ${arn}, which allows everything of a service; name the actions that are used`);
}

/** Statements of policies that the resource holds as text. */
function documentFindings(resource: PolicyResource): string[] {
  return Object.entries(resource.props).flatMap(([property, value]) => {
    const document = parseDocument(value);
    return listOfOne(at(document, "Statement"))
      .filter((statement) => at(statement, "Effect") === "Allow")
      .flatMap((statement) =>
        statementFindings(statement, resource.type).map((text) => `${property}: ${text}`),
      );
  });
}

function parseDocument(value: unknown): unknown {
  if (isObject(value)) return value;
  if (typeof value !== "string" || !/^\s*\{/.test(value)) return undefined;
  try {
    return JSON.parse(value) as unknown;
  } catch {
    return undefined;
  }
}

/** IAM takes one element where it takes a list. */
function listOfOne(value: unknown): unknown[] {
  return value === undefined ? [] : Array.isArray(value) ? (value as unknown[]) : [value];
}

/** Actions that only look, which many services offer for every resource alone. */
const READING = /^[a-z0-9-]+:(Describe|List|Get)\w*\*?$/;
/** Actions that AWS has for every resource alone. Source: service authorization reference (ecr, sts, logs). */
const WITHOUT_RESOURCE = ["ecr:GetAuthorizationToken", "sts:GetCallerIdentity"];

function statementFindings(statement: unknown, type: string): string[] {
  const id = textOf(at(statement, "Sid"));
  const where = id === "" ? "a statement" : `the statement ${id}`;
  if (at(statement, "NotAction") !== undefined || at(statement, "NotResource") !== undefined)
    return [`${where} allows all but what it names; name what it allows`];
  const actions = listOfOne(at(statement, "Action")).map(textOf);
  const isKeyPolicy = type === "aws:kms/key:Key" || type === "aws:kms/keyPolicy:KeyPolicy";
  const findings: string[] = [];
  const broad = actions.filter((action) => action === "*" || /^[a-z0-9-]+:\*$/.test(action));
  // A key that its own account can't administer is lost; AWS' default key policy says the same.
  if (broad.length > 0 && !(isKeyPolicy && isOwnAccount(statement)))
    findings.push(`${where} allows ${broad.join(", ")}; name the actions that are used`);
  const changing = actions.filter(
    (action) => !READING.test(action) && !WITHOUT_RESOURCE.includes(action) && !broad.includes(action),
  );
  const everywhere = listOfOne(at(statement, "Resource")).includes("*");
  // In the policy of a resource "*" is the resource itself; a condition narrows what it means elsewhere.
  if (everywhere && changing.length > 0 && !isKeyPolicy && at(statement, "Condition") === undefined)
    findings.push(
      `${where} allows ${changing.join(", ")} on every resource; name the resources or add a condition`,
    );
  if (isEverybody(at(statement, "Principal")) && at(statement, "Condition") === undefined)
    findings.push(`${where} lets everybody in; name the principals`);
  return findings;
}

function isOwnAccount(statement: unknown): boolean {
  const principals = listOfOne(at(statement, "Principal", "AWS")).map(textOf);
  return principals.length > 0 && principals.every((arn) => /^arn:[\w-]+:iam::\d{12}:root$/.test(arn));
}

function isEverybody(principal: unknown): boolean {
  return principal === "*" || listOfOne(at(principal, "AWS")).includes("*");
}

function roleFindings(resource: PolicyResource): string[] {
  return listOf(resource.props["rules"]).flatMap((rule) => {
    const every = (["verbs", "resources", "apiGroups"] as const).filter((field) =>
      listOf(at(rule, field)).includes("*"),
    );
    if (every.length === 0) return [];
    return [`${kindOf(resource.type)} names * in ${every.join(", ")}; name what is used`];
  });
}
