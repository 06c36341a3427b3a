import type { V1ConfigMap, V1Pod, V1Secret, V1Volume, V1KeyToPath } from "@kubernetes/client-node";

import { podResources, podResourcesOf } from "./devices.ts";
import type { VolumeFiles } from "./volume-writer.ts";

/** Where the contents of volumes come from. */
export interface VolumeSources {
  readonly configMap: (namespace: string, name: string) => V1ConfigMap | undefined;
  readonly secret: (namespace: string, name: string) => V1Secret | undefined;
  /** A token of the pod's ServiceAccount, bound to the pod. */
  readonly token: (pod: V1Pod, audience: string | undefined, seconds: number | undefined) => Promise<string>;
}

/** A volume that cannot be filled yet; the kubelet would report FailedMount and try again. */
export class MissingVolumeSource extends Error {
  override readonly name = "MissingVolumeSource";
}

function pick(
  all: ReadonlyMap<string, Buffer>,
  items: readonly V1KeyToPath[] | undefined,
  what: string,
  optional: boolean,
): Map<string, Buffer> {
  if (items === undefined || items.length === 0) {
    return new Map(all);
  }
  const picked = new Map<string, Buffer>();
  for (const item of items) {
    const content = all.get(item.key);
    if (content !== undefined) {
      picked.set(item.path, content);
    } else if (!optional) {
      throw new MissingVolumeSource(`${what} has no key "${item.key}"`);
    }
  }
  return picked;
}

function configMapFiles(configMap: V1ConfigMap): Map<string, Buffer> {
  return new Map([
    ...Object.entries(configMap.data ?? {}).map(([key, value]) => [key, Buffer.from(value, "utf8")] as const),
    ...Object.entries(configMap.binaryData ?? {}).map(
      ([key, value]) => [key, Buffer.from(value, "base64")] as const,
    ),
  ]);
}

function secretFiles(secret: V1Secret): Map<string, Buffer> {
  return new Map(
    Object.entries(secret.data ?? {}).map(([key, value]) => [key, Buffer.from(value, "base64")] as const),
  );
}

/**
 * The folder of this machine that a hostPath volume is, where every container mounts it read-only: node-exporter reads
 * this machine then. One that may be written to is a folder of the pod, so that no pod changes the machine. What a kubelet
 * keeps for its own node is the agent's.
 *
 * @param nodes folder of what the agent keeps for each node
 */
export function readOnlyHostPath(pod: V1Pod, volume: V1Volume, nodes: string): string | undefined {
  if (volume.hostPath === undefined) {
    return undefined;
  }
  const mounts = [...(pod.spec?.containers ?? []), ...(pod.spec?.initContainers ?? [])]
    .flatMap(({ volumeMounts }) => volumeMounts ?? [])
    .filter(({ name }) => name === volume.name);
  if (mounts.length === 0 || mounts.some(({ readOnly }) => readOnly !== true)) return undefined;
  return volume.hostPath.path === podResources
    ? podResourcesOf(nodes, pod.spec?.nodeName ?? "")
    : volume.hostPath.path;
}

interface Reference {
  readonly kind: "ConfigMap" | "Secret";
  readonly name: string;
  readonly items?: readonly V1KeyToPath[] | undefined;
  readonly optional?: boolean | undefined;
}

function referenced(namespace: string, reference: Reference, sources: VolumeSources): Map<string, Buffer> {
  const what = `${reference.kind} ${namespace}/${reference.name}`;
  const optional = reference.optional ?? false;
  const all =
    reference.kind === "ConfigMap"
      ? mapped(sources.configMap(namespace, reference.name), configMapFiles)
      : mapped(sources.secret(namespace, reference.name), secretFiles);
  if (all === undefined) {
    if (optional) {
      return new Map();
    }
    throw new MissingVolumeSource(`${what} does not exist`);
  }
  return pick(all, reference.items, what, optional);
}

function mapped<T, R>(value: T | undefined, map: (value: T) => R): R | undefined {
  return value === undefined ? undefined : map(value);
}

/** Value of a downward API field of a pod, such as `metadata.name` or `metadata.labels['app']`. */
export function fieldValue(pod: V1Pod, fieldPath: string): string {
  const keyed = /^metadata\.(labels|annotations)\['([^']+)'\]$/.exec(fieldPath);
  if (keyed !== null) {
    const map = keyed[1] === "labels" ? pod.metadata?.labels : pod.metadata?.annotations;
    return map?.[keyed[2] ?? ""] ?? "";
  }
  const values: Record<string, string | undefined> = {
    "metadata.name": pod.metadata?.name,
    "metadata.namespace": pod.metadata?.namespace,
    "metadata.uid": pod.metadata?.uid,
    "spec.nodeName": pod.spec?.nodeName,
    "spec.serviceAccountName": pod.spec?.serviceAccountName,
    "status.podIP": pod.status?.podIP,
    "status.podIPs": pod.status?.podIP,
    "status.hostIP": pod.status?.hostIP,
    "status.hostIPs": pod.status?.hostIP,
  };
  const value = values[fieldPath];
  if (value === undefined) {
    throw new Error(`the downward API has no field "${fieldPath}" here`);
  }
  return value;
}

/**
 * Files of a volume, or undefined when it is a folder that belongs to the pod (emptyDir, a claim, a network share).
 *
 * @throws MissingVolumeSource when a ConfigMap, a Secret or a key of one is missing and not optional
 */
export async function volumeFiles(
  pod: V1Pod,
  volume: V1Volume,
  sources: VolumeSources,
): Promise<VolumeFiles | undefined> {
  const namespace = pod.metadata?.namespace ?? "default";
  if (volume.secret !== undefined) {
    const { secretName = "", items, optional } = volume.secret;
    return referenced(namespace, { kind: "Secret", name: secretName, items, optional }, sources);
  }
  if (volume.configMap !== undefined) {
    const { name = "", items, optional } = volume.configMap;
    return referenced(namespace, { kind: "ConfigMap", name, items, optional }, sources);
  }
  if (volume.downwardAPI !== undefined) {
    return new Map(
      (volume.downwardAPI.items ?? []).map((item) => [
        item.path,
        Buffer.from(fieldValue(pod, item.fieldRef?.fieldPath ?? ""), "utf8"),
      ]),
    );
  }
  if (volume.projected === undefined) {
    return undefined;
  }
  const files = new Map<string, Buffer>();
  for (const source of volume.projected.sources ?? []) {
    const add = (more: ReadonlyMap<string, Buffer>): void => {
      more.forEach((content, name) => files.set(name, content));
    };
    if (source.serviceAccountToken !== undefined) {
      const { audience, expirationSeconds, path } = source.serviceAccountToken;
      files.set(path, Buffer.from(await sources.token(pod, audience, expirationSeconds), "utf8"));
    } else if (source.configMap !== undefined) {
      const { name = "", items, optional } = source.configMap;
      add(referenced(namespace, { kind: "ConfigMap", name, items, optional }, sources));
    } else if (source.secret !== undefined) {
      const { name = "", items, optional } = source.secret;
      add(referenced(namespace, { kind: "Secret", name, items, optional }, sources));
    } else {
      for (const item of source.downwardAPI?.items ?? []) {
        files.set(item.path, Buffer.from(fieldValue(pod, item.fieldRef?.fieldPath ?? ""), "utf8"));
      }
    }
  }
  return files;
}
