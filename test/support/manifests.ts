/** Kubernetes objects of a mock run, as plain objects and as YAML for golden files. */
import { stringify } from "yaml";
import type { MockRun, RegisteredResource } from "./mocks.ts";

/** What a secret value is replaced by in rendered manifests. */
export const MASK = "[secret]";

export interface Manifest {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace?: string; labels?: Record<string, string> };
  [field: string]: unknown;
}

/** The Kubernetes objects that a run registered, in order of registration, with secrets in clear. */
export function manifestsOf(run: MockRun): Manifest[] {
  return run.resources.filter(isKubernetesObject).map((resource) => manifestOf(resource, false));
}

/**
 * Sorted YAML of a run's Kubernetes objects with secrets masked. CRDs are left out: they are committed as they are.
 */
export function renderManifests(run: MockRun): string {
  return run.resources
    .filter(isKubernetesObject)
    .filter(({ type }) => !type.endsWith(":CustomResourceDefinition"))
    .map((resource) => manifestOf(resource, true))
    .sort((a, b) => compare(sortKey(a), sortKey(b)))
    .map((manifest) => stringify(manifest, { sortMapEntries: true, lineWidth: 0 }))
    .join("---\n");
}

function isKubernetesObject({ type, custom }: RegisteredResource): boolean {
  return custom && type.startsWith("kubernetes:");
}

function manifestOf({ inputs, secretPaths }: RegisteredResource, isMasked: boolean): Manifest {
  const value = isMasked ? mask(inputs, "", secretPaths) : inputs;
  return value as Manifest;
}

function mask(value: unknown, path: string, secretPaths: string[]): unknown {
  if (secretPaths.includes(path)) return MASK;
  if (Array.isArray(value)) {
    return value.map((item, index) => mask(item, `${path}[${String(index)}]`, secretPaths));
  }
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, mask(inner, joinPath(path, key), secretPaths)]),
  );
}

/** As the decoder of recorded inputs spells paths. */
function joinPath(path: string, key: string): string {
  if (!/^[A-Za-z_$][\w$-]*$/.test(key)) return `${path}[${JSON.stringify(key)}]`;
  return path === "" ? key : `${path}.${key}`;
}

function sortKey({ apiVersion, kind, metadata }: Manifest): string {
  return [kind, apiVersion, metadata.namespace ?? "", metadata.name].join(" ");
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
