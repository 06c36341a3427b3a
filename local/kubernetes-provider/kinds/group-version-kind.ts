/** Groups, versions and kinds: how type tokens, URNs and API versions name them, and what is known of built-in ones. */

import { apiVersionOf, kindOf } from "../values/object.ts";
import type { JsonObject } from "../values/property.ts";

/** A kind of object; the group is "" for the core group. */
export interface GroupVersionKind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

/** The kind that an object names itself. */
export function kindOfObject(object: JsonObject): GroupVersionKind {
  return parseApiVersion(apiVersionOf(object), kindOf(object));
}

/** The kind of an API version such as `apps/v1` or `v1` and a kind. */
export function parseApiVersion(apiVersion: string, kind: string): GroupVersionKind {
  const [first = "", second] = apiVersion.split("/");
  if (second === undefined) {
    return { group: "", version: first, kind };
  }
  return { group: first === "core" ? "" : first, version: second, kind };
}

/** API version as objects write it: `apps/v1`, or `v1` for the core group. */
export function formatApiVersion({ group, version }: GroupVersionKind): string {
  return group === "" ? version : `${group}/${version}`;
}

/** A kind for a message: `apps/v1/Deployment`. */
export function formatKind(kind: GroupVersionKind): string {
  return `${formatApiVersion(kind)}/${kind.kind}`;
}

/** Type token of a URN, without the types of its parents. */
export function typeOfUrn(urn: string): string {
  const types = urn.split("::")[2] ?? "";
  return types.slice(types.lastIndexOf("$") + 1);
}

/** Name that the program gave the resource. */
export function nameOfUrn(urn: string): string {
  return urn.split("::").slice(3).join("::");
}

/**
 * The kind that a type token such as `kubernetes:apps/v1:Deployment` stands for.
 *
 * @throws if the token isn't one of a Kubernetes kind
 */
export function parseToken(token: string): GroupVersionKind {
  const [pkg, module = "", kind = ""] = token.split(":");
  const [group, version, rest] = module.split("/");
  if (
    pkg !== "kubernetes" ||
    group === undefined ||
    version === undefined ||
    rest !== undefined ||
    kind === ""
  ) {
    throw new Error(`unrecognized resource type "${token}": expected kubernetes:<group>/<version>:<Kind>`);
  }
  return { group: group === "core" ? "" : group, version, kind };
}

/** True if the token is that of a kind's patch resource, e.g. `kubernetes:core/v1:ConfigMapPatch` for a ConfigMap. */
export function isPatchResource(urn: string, kind: string): boolean {
  return kind !== "" && typeOfUrn(urn).split(":")[2] === `${kind}Patch`;
}

const builtInGroups =
  "admissionregistration.k8s.io apiextensions.k8s.io apiregistration.k8s.io apps auditregistration.k8s.io autoscaling " +
  "batch certificates.k8s.io coordination.k8s.io core discovery.k8s.io events.k8s.io extensions " +
  "flowcontrol.apiserver.k8s.io meta networking.k8s.io node.k8s.io policy rbac.authorization.k8s.io resource.k8s.io " +
  "scheduling.k8s.io settings.k8s.io storage.k8s.io storagemigration.k8s.io";

const builtIn = new Set(["", ...builtInGroups.split(" ")]);

/** True for the groups of Kubernetes itself, false for those of custom resources. */
export function isBuiltInGroup(group: string): boolean {
  return builtIn.has(group);
}

const namespacedKinds = new Set(
  (
    "Binding ConfigMap ControllerRevision CronJob CSIStorageCapacity DaemonSet Deployment Endpoints EndpointSlice " +
    "Event HorizontalPodAutoscaler Ingress Job Lease LimitRange NetworkPolicy PersistentVolumeClaim Pod " +
    "PodDisruptionBudget PodTemplate ReplicaSet ReplicationController ResourceQuota Role RoleBinding Secret Service " +
    "ServiceAccount StatefulSet"
  ).split(" "),
);

const clusterKinds = new Set(
  (
    "APIService CertificateSigningRequest ClusterRole ClusterRoleBinding CSIDriver CSINode CustomResourceDefinition " +
    "FlowSchema IngressClass MutatingWebhookConfiguration Namespace Node PersistentVolume PodSecurityPolicy " +
    "PriorityClass PriorityLevelConfiguration RuntimeClass StorageClass ValidatingAdmissionPolicy " +
    "ValidatingAdmissionPolicyBinding ValidatingWebhookConfiguration VolumeAttachment"
  ).split(" "),
);

/** Whether objects of a built-in kind live in a namespace; undefined if it has to be asked from the server. */
export function isBuiltInNamespaced({ group, kind }: GroupVersionKind): boolean | undefined {
  if (!isBuiltInGroup(group)) {
    return undefined;
  }
  const base = kind.replace(/Patch$/, "");
  if (namespacedKinds.has(base)) {
    return true;
  }
  return clusterKinds.has(base) ? false : undefined;
}

export function isSecret(object: JsonObject): boolean {
  const { group, kind } = kindOfObject(object);
  return group === "" && kind === "Secret";
}

export function isConfigMap(object: JsonObject): boolean {
  const { group, kind } = kindOfObject(object);
  return group === "" && kind === "ConfigMap";
}

export function isCustomResourceDefinition(object: JsonObject): boolean {
  const { group, kind } = kindOfObject(object);
  return group === "apiextensions.k8s.io" && kind === "CustomResourceDefinition";
}

/** True for a ConfigMap or Secret that is marked immutable. */
export function isImmutable(object: JsonObject): boolean {
  return object["immutable"] === true;
}
