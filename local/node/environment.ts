import type { V1Container, V1EnvVar, V1Pod } from "@kubernetes/client-node";

import { expandVariables } from "./rewrite.ts";
import { fieldValue, type VolumeSources } from "./volumes.ts";

type Sources = Pick<VolumeSources, "configMap" | "secret">;

const decode = (text: string | undefined): string | undefined =>
  text === undefined ? undefined : Buffer.from(text, "base64").toString("utf8");

function reference(
  pod: V1Pod,
  variable: V1EnvVar,
  container: V1Container,
  sources: Sources,
): string | undefined {
  const from = variable.valueFrom;
  const namespace = pod.metadata?.namespace ?? "default";
  if (from?.fieldRef !== undefined) {
    return fieldValue(pod, from.fieldRef.fieldPath);
  }
  if (from?.secretKeyRef !== undefined) {
    const { name = "", key } = from.secretKeyRef;
    return decode(sources.secret(namespace, name)?.data?.[key]);
  }
  if (from?.configMapKeyRef !== undefined) {
    const { name = "", key } = from.configMapKeyRef;
    return sources.configMap(namespace, name)?.data?.[key];
  }
  if (from?.resourceFieldRef !== undefined) {
    const [kind = "", resource = ""] = from.resourceFieldRef.resource.split(".");
    return (kind === "limits" ? container.resources?.limits : container.resources?.requests)?.[resource];
  }
  return undefined;
}

/**
 * The variables that a container declares, in order, with `$(NAME)` expanded from those before.
 *
 * A reference to a key that does not exist leaves the variable out, as an optional one does.
 */
export function containerEnvironment(
  pod: V1Pod,
  container: V1Container,
  sources: Sources,
): Map<string, string> {
  const variables = new Map<string, string>();
  const namespace = pod.metadata?.namespace ?? "default";
  for (const { prefix = "", configMapRef, secretRef } of container.envFrom ?? []) {
    const data =
      configMapRef === undefined
        ? Object.entries(sources.secret(namespace, secretRef?.name ?? "")?.data ?? {}).map(
            ([key, value]) => [key, decode(value) ?? ""] as const,
          )
        : Object.entries(sources.configMap(namespace, configMapRef.name ?? "")?.data ?? {});
    data.forEach(([key, value]) => variables.set(`${prefix}${key}`, value));
  }
  for (const variable of container.env ?? []) {
    const value =
      variable.valueFrom === undefined
        ? expandVariables(variable.value ?? "", variables)
        : reference(pod, variable, container, sources);
    if (value !== undefined) {
      variables.set(variable.name, value);
    }
  }
  return variables;
}
