/**
 * Which properties of which kinds can't be changed in place, so that changing them replaces the object. The table is
 * the official provider's, including where the API server would be stricter: those changes fail there as well.
 */

import { isConfigMap, isImmutable, isSecret, type GroupVersionKind } from "../kinds/group-version-kind.ts";
import type { JsonObject } from "../values/property.ts";
import { type ForceNewPath, parseForceNewPath } from "./force-new-path.ts";

/** Options of the provider that make properties changeable. */
export interface Mutability {
  /** Data of ConfigMaps can be changed in place. */
  readonly configMaps: boolean;
  /** Data of Secrets can be changed in place. */
  readonly secrets: boolean;
}

const identity = [".metadata.name", ".metadata.namespace"];

const selector = [
  ".spec.selector",
  ".spec.selector.matchExpressions",
  ".spec.selector.matchExpressions.key",
  ".spec.selector.matchExpressions.operator",
  ".spec.selector.matchExpressions.values",
  ".spec.selector.matchLabels",
];

const statefulSet = [
  ".spec.podManagementPolicy",
  ".spec.revisionHistoryLimit",
  ".spec.serviceName",
  ".spec.volumeClaimTemplates",
  ...selector,
];

const job = [".spec.completions", ".spec.parallelism", ".spec.template", ...selector];

const roleBinding = [".roleRef"];

const containerFields =
  "args command env env.value image imagePullPolicy lifecycle livenessProbe ports readinessProbe resources " +
  "securityContext stdin stdinOnce terminationMessagePath terminationMessagePolicy tty volumeDevices volumeMounts " +
  "workingDir";

const podFields =
  "affinity automountServiceAccountToken dnsConfig dnsPolicy enableServiceLinks hostAliases hostIPC hostNetwork " +
  "hostPID hostname imagePullSecrets nodeName nodeSelector overhead preemptionPolicy priority priorityClassName " +
  "readinessGates restartPolicy runtimeClassName schedulerName securityContext serviceAccount serviceAccountName " +
  "shareProcessNamespace subdomain terminationGracePeriodSeconds volumes";

const volumeSources =
  "awsElasticBlockStore azureDisk azureFile cephfs cinder csi fc flexVolume flocker gcePersistentDisk glusterfs " +
  "hostPath iscsi local nfs photonPersistentDisk portworxVolume quobyte rbd scaleIO storageos vsphereVolume";

function below(prefix: string, names: string): string[] {
  return names.split(" ").map((name) => `${prefix}.${name}`);
}

const table: Readonly<Record<string, readonly string[]>> = {
  "apps/v1/DaemonSet": selector,
  "apps/v1/Deployment": selector,
  "apps/v1/StatefulSet": statefulSet,
  "apps/v1beta1/StatefulSet": statefulSet,
  "apps/v1beta2/DaemonSet": selector,
  "apps/v1beta2/Deployment": selector,
  "apps/v1beta2/StatefulSet": statefulSet,
  "batch/v1/Job": job,
  "batch/v1beta1/Job": job,
  "batch/v2alpha1/Job": job,
  "policy/v1beta1/PodDisruptionBudget": [".spec"],
  "rbac.authorization.k8s.io/v1/ClusterRoleBinding": roleBinding,
  "rbac.authorization.k8s.io/v1/RoleBinding": roleBinding,
  "rbac.authorization.k8s.io/v1alpha1/ClusterRoleBinding": roleBinding,
  "rbac.authorization.k8s.io/v1alpha1/RoleBinding": roleBinding,
  "rbac.authorization.k8s.io/v1beta1/ClusterRoleBinding": roleBinding,
  "rbac.authorization.k8s.io/v1beta1/RoleBinding": roleBinding,
  "storage.k8s.io/v1/StorageClass": [".parameters", ".provisioner"],
  "/v1/PersistentVolume": below(".spec", volumeSources),
  "/v1/PersistentVolumeClaim": [
    ".spec.accessModes",
    ".spec.storageClassName",
    ".spec.volumeName",
    ...selector,
  ],
  "/v1/Pod": [
    ...below(".spec", podFields),
    ...below(".spec.containers[*]", containerFields),
    ...below(".spec.initContainers[*]", containerFields),
  ],
  "/v1/ResourceQuota": [".spec.scopes"],
  "/v1/Secret": [".type"],
  "/v1/Service": [".spec.clusterIP"],
};

const parsed = new Map<string, readonly ForceNewPath[]>();

function parse(key: string, paths: readonly string[]): readonly ForceNewPath[] {
  let result = parsed.get(key);
  if (result === undefined) {
    result = [...identity, ...paths].map(parseForceNewPath);
    parsed.set(key, result);
  }
  return result;
}

/** Paths whose change replaces the given object. */
export function forceNewPaths(
  kind: GroupVersionKind,
  object: JsonObject,
  mutability: Mutability,
): readonly ForceNewPath[] {
  const key = `${kind.group}/${kind.version}/${kind.kind}`;
  if (key === "/v1/Secret" && isSecret(object) && (!mutability.secrets || isImmutable(object))) {
    return parse("secret data", [".type", ".stringData", ".data"]);
  }
  if (key === "/v1/ConfigMap" && isConfigMap(object) && (!mutability.configMaps || isImmutable(object))) {
    return parse("configMap data", [".binaryData", ".data"]);
  }
  return parse(key, table[key] ?? []);
}

/** Paths whose change replaces an object of any kind: what identifies it. */
export function identityPaths(): readonly ForceNewPath[] {
  return parse("", []);
}
