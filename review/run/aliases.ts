import { compareText } from "../model/json.ts";

/** What the engine is told about a former identity of a resource: a whole URN, or what of it was different. */
export type AliasSpec =
  | string
  | {
      name?: string | undefined;
      type?: string | undefined;
      stack?: string | undefined;
      project?: string | undefined;
      /** URN of the former parent; the empty text for none, undefined for the present one. */
      parent?: string | undefined;
    };

/** The parts of a URN: `urn:pulumi:stack::project::parentType$type::name`. */
export interface Identity {
  stack: string;
  project: string;
  parent: string | undefined;
  type: string;
  name: string;
}

/** The URN as the engine makes it: the types of all ancestors but the stack, joined with `$`. */
export function urnOf({ stack, project, parent, type, name }: Identity): string {
  const parentType = parent === undefined || parent === "" ? "" : (parent.split("::")[2] ?? "");
  const prefix = parentType === "" || parentType === "pulumi:pulumi:Stack" ? "" : `${parentType}$`;
  return `urn:pulumi:${stack}::${project}::${prefix}${type}::${name}`;
}

/** Name in a URN. */
export function nameOfUrn(urn: string): string {
  return urn.split("::").slice(3).join("::");
}

/**
 * Former URNs of a resource: its own aliases, and each former URN of its parent, under which it would have been before.
 * Where a child's name begins with its parent's, it is taken to have followed the parent's former name (pulumi
 * pkg/resource/deploy, inheritedChildAlias).
 */
export function aliasUrns(
  identity: Identity,
  specs: readonly AliasSpec[],
  parentAliases: readonly string[],
): string[] {
  const { parent, name } = identity;
  const own = specs.map((spec) =>
    typeof spec === "string"
      ? spec
      : urnOf({
          stack: spec.stack || identity.stack,
          project: spec.project || identity.project,
          parent: spec.parent === undefined ? parent : spec.parent || undefined,
          type: spec.type || identity.type,
          name: spec.name || name,
        }),
  );
  const parentName = parent === undefined ? "" : nameOfUrn(parent);
  const inherited = parentAliases.flatMap((formerParent) => {
    const formerName =
      parentName !== "" && name.startsWith(parentName)
        ? nameOfUrn(formerParent) + name.slice(parentName.length)
        : name;
    return [
      urnOf({ ...identity, parent: formerParent, name: formerName }),
      // An alias of its own together with one of its parent.
      ...specs.flatMap((spec) =>
        typeof spec === "string" || spec.parent !== undefined
          ? []
          : [
              urnOf({
                ...identity,
                parent: formerParent,
                type: spec.type || identity.type,
                name: spec.name || formerName,
              }),
            ],
      ),
    ];
  });
  const all = new Set([...own, ...inherited]);
  all.delete(urnOf(identity));
  return [...all].sort(compareText);
}
