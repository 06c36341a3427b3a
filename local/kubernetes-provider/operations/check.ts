/** Check: completes and normalises the inputs of a resource. */

import { hasHelmHook, internalAnnotations } from "../annotations.ts";
import {
  isCustomResourceDefinition,
  isBuiltInGroup,
  isPatchResource,
  nameOfUrn,
  parseToken,
  typeOfUrn,
} from "../kinds/group-version-kind.ts";
import { normalizeInputs } from "../kinds/normalize.ts";
import { adoptName, assignName, type Autonaming, usesGenerateName } from "../naming.ts";
import type { Session } from "../session.ts";
import { annotateSecrets, toKubernetesObject } from "../values/checkpoint.ts";
import { kindOf, nameOf, namespaceOf, setNamespace } from "../values/object.ts";
import { COMPUTED, pluck, type PropertyMap } from "../values/property.ts";

/** A request of the engine. */
export interface CheckRequest {
  readonly urn: string;
  /** Inputs of the program. */
  readonly news: PropertyMap;
  /** Inputs of the last update; empty for a new resource. */
  readonly olds: PropertyMap;
  readonly randomSeed: Uint8Array;
  readonly autonaming: Autonaming | undefined;
}

/**
 * Completes the inputs: a name if there is none, the default namespace, one spelling for each meaning.
 *
 * @throws if the type is none of Kubernetes, if names are forbidden to be made up, or if the server is asked to make one up
 */
export async function check(session: Session, request: CheckRequest): Promise<PropertyMap> {
  const { urn, news, olds } = request;
  const { settings, host } = session;
  if (session.unreachable !== undefined && settings.skipUpdateUnreachable) {
    const message = "Cluster is unreachable but skipUpdateUnreachable flag is set to true, skipping...";
    host.log("warning", urn, message);
    return olds;
  }
  const kind = parseToken(supportedToken(urn));
  if (isBuiltInGroup(kind.group) && kind.kind.endsWith("List")) {
    throw new Error(
      "list resources exist for compatibility with YAML manifests and Helm charts, and cannot be created directly. " +
        "Use the underlying resource type instead",
    );
  }
  const inputs = normalizeInputs(toKubernetesObject(news));
  if (isPatchResource(urn, kindOf(inputs)) && nameOf(inputs) === "") {
    throw new Error("patch resources require the `.metadata.name` field to be set");
  }
  for (const key of internalAnnotations(inputs)) {
    host.log("warning", urn, `ignoring user-specified value for internal annotation "${key}"`);
  }
  if (hasHelmHook(inputs) && !settings.suppressHelmHookWarnings) {
    host.log("warning", urn, "This resource contains Helm hooks, which will not be executed");
  }
  if (Object.keys(olds).length > 0) {
    adoptName(inputs, toKubernetesObject(olds));
  } else {
    assignName(inputs, nameOfUrn(urn), request.randomSeed, request.autonaming);
  }
  if (usesGenerateName(inputs)) {
    throw new Error("the `.metadata.generateName` field is not supported in Server-Side Apply mode");
  }
  const hasNamespace = namespaceOf(inputs) !== "" || pluck(inputs, "metadata", "namespace") === COMPUTED;
  if (session.namespace !== "" && !hasNamespace && (await session.isNamespaced(kind))) {
    setNamespace(inputs, session.namespace);
  }
  if (isCustomResourceDefinition(inputs) && session.unreachable === undefined) {
    session.connection.discovery.define(inputs);
  }
  const checked: PropertyMap = inputs;
  annotateSecrets(checked, news);
  return checked;
}

/** Types of the SDK that aren't Kubernetes kinds, with what to use instead. */
const unsupported: readonly (readonly [RegExp, string])[] = [
  [/^kubernetes:helm\.sh\//, "Helm charts and releases"],
  [/^kubernetes:yaml(\/v2)?:/, "YAML files and groups"],
  [/^kubernetes:kustomize(\/v2)?:/, "Kustomize directories"],
];

/** What to say of a type or function token that is the official provider's alone; undefined for a kind. */
export function unsupportedFeature(token: string): string | undefined {
  const feature = unsupported.find(([pattern]) => pattern.test(token))?.[1];
  return feature === undefined
    ? undefined
    : `${token}: ${feature} need the official Kubernetes provider; the local one serves Kubernetes kinds only. ` +
        "Register the objects as typed resources instead";
}

function supportedToken(urn: string): string {
  const token = typeOfUrn(urn);
  const problem = unsupportedFeature(token);
  if (problem !== undefined) {
    throw new Error(problem);
  }
  return token;
}
