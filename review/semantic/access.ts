/** What may be done: actions of IAM policies and verbs of Kubernetes roles that come and go. */

import { isKubernetes, kindOf, named, policyDocuments } from "../model/documents.ts";
import { at, canonical, compareText, isObject, listOf, textOf, type Json, scalarOf } from "../model/json.ts";
import type { ResourceRecord, Snapshot } from "../model/snapshot.ts";

/** Rights of one holder that come or go. */
export interface AccessChange {
  /** `Role gpu-nodes`, `ClusterRole monitoring-operator`. */
  holder: string;
  /** Where: an IAM document's property, or a namespace; empty for a whole cluster. */
  scope: string;
  gained: Right[];
  lost: Right[];
}

export interface Right {
  /** `s3:GetObject on arn:aws:s3:::metrics/*`, `get secrets`. */
  text: string;
  /** The part of the text that comes first: `s3:GetObject`, `get`. */
  action: string;
  /** The rest of it. */
  target: string;
  /** Why it deserves a second look; empty for nothing special. */
  concern: string;
}

/** What the text of a right begins with that is taken away by a statement. */
export const DENIED = "denied: ";

interface Holder {
  holder: string;
  scope: string;
  rights: Map<string, Right>;
}

/** Rights that changed, by holder. */
export function diffAccess(base: Snapshot, head: Snapshot): AccessChange[] {
  const [before, after] = [holdersOf(base), holdersOf(head)];
  const keys = new Set([...before.keys(), ...after.keys()]);
  return [...keys].sort(compareText).flatMap((key): AccessChange[] => {
    const [old, now] = [before.get(key), after.get(key)];
    const { holder, scope } = (now ?? old) as Holder;
    const gained = rightsWithout(now, old);
    const lost = rightsWithout(old, now);
    return gained.length + lost.length === 0 ? [] : [{ holder, scope, gained, lost }];
  });
}

function rightsWithout(of: Holder | undefined, other: Holder | undefined): Right[] {
  return [...(of?.rights ?? [])]
    .filter(([key]) => other?.rights.has(key) !== true)
    .map(([, right]) => right)
    .sort((a, b) => compareText(a.text, b.text));
}

function holdersOf(snapshot: Snapshot): Map<string, Holder> {
  const holders = new Map<string, Holder>();
  const add = (holder: string, scope: string, rights: Right[]): void => {
    const key = `${holder} ${scope}`;
    const entry = holders.get(key) ?? { holder, scope, rights: new Map<string, Right>() };
    for (const right of rights) entry.rights.set(right.text, right);
    holders.set(key, entry);
  };
  for (const { resource, property, document } of policyDocuments(snapshot))
    add(named(resource), property, listOf(document["Statement"] as Json).flatMap(statementRights));
  // A policy may hold a single statement without a list around it.
  for (const { resource, property, document } of policyDocuments(snapshot))
    if (isObject(document["Statement"]))
      add(named(resource), property, statementRights(document["Statement"]));
  for (const resource of snapshot.resources) {
    if (resource.type.startsWith("aws:iam/") && resource.inputs["policyArn"] !== undefined)
      add(textOf(resource.inputs["role"]) || named(resource), "attached policies", [attached(resource)]);
    if (resource.type === "aws:eks/accessPolicyAssociation:AccessPolicyAssociation")
      add(textOf(resource.inputs["principalArn"]), "cluster access", [attached(resource)]);
    if (isKubernetes(resource)) addKubernetes(resource, add);
  }
  return holders;
}

function attached({ inputs }: ResourceRecord): Right {
  const policy = textOf(inputs["policyArn"]);
  const concern = /(AdministratorAccess|PowerUserAccess|FullAccess|ClusterAdminPolicy)$/.test(policy)
    ? "grants nearly everything"
    : "";
  return right(policy, "", concern);
}

function right(action: string, target: string, concern: string): Right {
  return { text: `${action}${target}`, action, target, concern };
}

/** One statement as single rights, so that a moved or split statement is no change. */
function statementRights(statement: Json): Right[] {
  const list = (key: string): string[] => {
    const value = at(statement, key);
    return Array.isArray(value) ? value.map(String) : value === undefined ? [] : [scalarOf(value)];
  };
  const effect = textOf(at(statement, "Effect")) || "Allow";
  const condition = at(statement, "Condition");
  const where = condition === undefined ? "" : ` if ${canonical(condition)}`;
  const principals = principalTexts(at(statement, "Principal"));
  const notPrincipals = principalTexts(at(statement, "NotPrincipal"));
  const who = [
    ...(principals.length > 0 ? [` by ${principals.join(", ")}`] : []),
    ...(notPrincipals.length > 0 ? [` by everybody but ${notPrincipals.join(", ")}`] : []),
  ].join("");
  const actions = [...list("Action"), ...list("NotAction").map((action) => `everything but ${action}`)];
  const resources = [
    ...list("Resource"),
    ...list("NotResource").map((resource) => `everything but ${resource}`),
  ];
  return actions.flatMap((action) =>
    (resources.length > 0 ? resources : [""]).map((resource) =>
      right(
        `${effect === "Deny" ? DENIED : ""}${action}`,
        `${resource === "" ? "" : ` on ${resource}`}${who}${where}`,
        effect === "Deny" ? "" : concernOf(action, resource, principals, condition !== undefined),
      ),
    ),
  );
}

function principalTexts(principal: Json | undefined): string[] {
  if (principal === undefined) return [];
  if (!isObject(principal)) return [scalarOf(principal)];
  return Object.entries(principal)
    .flatMap(([kind, value]) => [value].flat().map((name) => `${kind} ${scalarOf(name)}`))
    .sort(compareText);
}

/** A concern of less weight than the others: what a program needs to store something. */
export const WRITES = "writes or deletes";
const CHANGES_POLICIES = "changes who may do what";

const writes = /:(Put|Delete|Create|Update|Attach|Pass)/;
/** Actions on policies, permissions, access lists and grants, and patterns that take them in. */
const changesPolicies =
  /:((Put|Delete|Create|Update|Attach|Detach|Associate|Set|Add|Remove)\w*(Polic(y|ies|yVersion)|Permissions?|Acl|PublicAccessBlock|Grant|AccessEntry)|(Put|Delete|Create|Update|Attach|Set|Add)\w*\*|\*(Policy|Acl|Permission))$/;

function concernOf(action: string, resource: string, principals: string[], hasCondition: boolean): string {
  if (principals.some((name) => /(^|\s)\*$/.test(name)) && !hasCondition) return "anybody at all";
  if (action === "*" || action.startsWith("everything but")) return "every action";
  if (
    /^(iam|sts|organizations):(\*|PassRole|Create\w*|Put\w*|Attach\w*|UpdateAssumeRolePolicy)$/.test(action)
  )
    return "can give itself more rights";
  if (/:\*$/.test(action)) return "every action of a service";
  if (resource === "*" && /:(Delete|Put|Create|Update|Terminate|Modify|Attach|Decrypt)/.test(action))
    return "on every resource";
  return changesPolicies.test(action) ? CHANGES_POLICIES : writes.test(action) ? WRITES : "";
}

/** Verbs on resources, one right for each pair, and who holds them. */
function addKubernetes(
  resource: ResourceRecord,
  add: (holder: string, scope: string, rights: Right[]) => void,
): void {
  const kind = kindOf(resource);
  const name = textOf(at(resource.inputs, "metadata", "name")) || resource.name;
  const namespace = textOf(at(resource.inputs, "metadata", "namespace"));
  const scope = namespace === "" ? "the whole cluster" : `namespace ${namespace}`;
  if (kind === "Role" || kind === "ClusterRole")
    add(`${kind} ${name}`, scope, listOf(resource.inputs["rules"]).flatMap(ruleRights));
  if (kind === "RoleBinding" || kind === "ClusterRoleBinding") {
    const role = `${textOf(at(resource.inputs, "roleRef", "kind"))} ${textOf(at(resource.inputs, "roleRef", "name"))}`;
    const concern = /^ClusterRole (cluster-admin|admin|edit)$/.test(role) ? "grants nearly everything" : "";
    const rights = listOf(resource.inputs["subjects"]).map((subject) => {
      const parts = ["kind", "namespace", "name"]
        .map((key) => textOf(at(subject, key)))
        .filter((part) => part !== "");
      const isEverybody = /system:(unauthenticated|authenticated|anonymous)$/.test(parts.at(-1) ?? "");
      return right(role, ` for ${parts.join(" ")}`, isEverybody ? "anybody at all" : concern);
    });
    add(`${kind} ${name}`, scope, rights);
  }
}

function ruleRights(rule: Json): Right[] {
  const list = (key: string) => listOf(at(rule, key)).map(String);
  const names = list("resourceNames");
  const only = names.length === 0 ? "" : ` named ${names.sort(compareText).join(", ")}`;
  const groups = list("apiGroups");
  const resources = list("resources").flatMap((resource) =>
    (groups.length === 0 ? [""] : groups).map((group) => (group === "" ? resource : `${resource}.${group}`)),
  );
  return [...resources, ...list("nonResourceURLs")].flatMap((resource) =>
    list("verbs").map((verb) => right(verb, ` ${resource}${only}`, verbConcern(verb, resource, only !== ""))),
  );
}

function verbConcern(verb: string, resource: string, isNamed: boolean): string {
  if (verb === "*" && resource.startsWith("*")) return "everything";
  if (/^(escalate|bind|impersonate)$/.test(verb)) return "can give itself more rights";
  if (/^secrets$/.test(resource) && /^(get|list|watch|\*)$/.test(verb) && !isNamed)
    return "reads every Secret";
  if (/^pods\/(exec|attach|portforward)$/.test(resource)) return "runs commands in pods";
  if (verb === "*" || resource === "*") return "wildcard";
  return "";
}
