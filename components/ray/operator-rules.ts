/** Rights of the KubeRay operator and what its arguments refuse. */
import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { KubeRayOperatorArgs } from "../kuberay-operator.ts";
import { requireDnsLabel, type Rule } from "../support/validation.ts";
import { requireQuantity } from "../vllm/model-rules.ts";

type PolicyRule = k8s.types.input.rbac.v1.PolicyRule;

const READ = ["get", "list", "watch"];
const MANAGE = [...READ, "create", "update", "patch", "delete"];

/**
 * In a namespace whose Ray clusters it looks after. KubeRay's own manifests give all of this, and more, for the whole cluster.
 * test/tools/components/ray runs the real operator with exactly these rules.
 */
export const WATCHED_RULES: PolicyRule[] = [
  { apiGroups: ["ray.io"], resources: ["rayservices", "rayclusters", "rayjobs"], verbs: MANAGE },
  {
    apiGroups: ["ray.io"],
    resources: ["rayservices/status", "rayclusters/status", "rayjobs/status"],
    verbs: ["get", "update", "patch"],
  },
  // Owner references with blockOwnerDeletion need this where OwnerReferencesPermissionEnforcement is on (OpenShift).
  {
    apiGroups: ["ray.io"],
    resources: ["rayservices/finalizers", "rayclusters/finalizers", "rayjobs/finalizers"],
    verbs: ["update"],
  },
  { apiGroups: [""], resources: ["pods"], verbs: [...MANAGE, "deletecollection"] },
  // It may pass on to a head's account only what it has itself.
  { apiGroups: [""], resources: ["pods/resize"], verbs: ["patch"] },
  { apiGroups: [""], resources: ["services"], verbs: MANAGE },
  { apiGroups: [""], resources: ["events"], verbs: ["create", "patch"] },
  // The token of each cluster. It never reads by name what it did not make, but the API has no rule for that.
  { apiGroups: [""], resources: ["secrets"], verbs: [...READ, "create"] },
  { apiGroups: [""], resources: ["serviceaccounts"], verbs: [...READ, "create", "delete"] },
  {
    apiGroups: ["rbac.authorization.k8s.io"],
    resources: ["roles"],
    verbs: [...READ, "create", "update", "delete"],
  },
  {
    apiGroups: ["rbac.authorization.k8s.io"],
    resources: ["rolebindings"],
    verbs: [...READ, "create", "delete"],
  },
  { apiGroups: ["discovery.k8s.io"], resources: ["endpointslices"], verbs: READ },
  // Clears the state of a deleted cluster from Redis.
  { apiGroups: ["batch"], resources: ["jobs"], verbs: MANAGE },
];

/** In its own namespace: the lease by which one of two operators leads. */
export const OWN_RULES: PolicyRule[] = [
  { apiGroups: ["coordination.k8s.io"], resources: ["leases"], verbs: ["get", "create", "update"] },
  { apiGroups: [""], resources: ["events"], verbs: ["create", "patch"] },
];

export const OPERATOR_RULES: Rule<pulumi.Unwrap<KubeRayOperatorArgs> & { componentName: string }>[] = [
  (args, report) => {
    requireDnsLabel(report, "name", args.componentName);
  },
  (args, report) => {
    requireDnsLabel(report, "namespace", args.namespace);
  },
  ({ watchNamespaces }, report) => {
    if (watchNamespaces.length === 0) {
      report("watchNamespaces", [], "must name a namespace", "name those of the models that Ray serves");
    }
    for (const [index, namespace] of watchNamespaces.entries()) {
      const path = `watchNamespaces[${String(index)}]`;
      requireDnsLabel(report, path, namespace);
      if (watchNamespaces.indexOf(namespace) < index) report(path, namespace, "is there twice", "remove one");
    }
  },
  ({ image }, report) => {
    if (
      image === undefined ||
      (/^[\w.:/-]+(@sha256:[0-9a-f]{64})?$/.test(image) &&
        /[:@][^/]+$/.test(image) &&
        !image.endsWith(":latest"))
    )
      return;
    report("image", image, "must name a version or a digest", "append the tag, or @sha256:… of it");
  },
  ({ resources }, report) => {
    for (const field of ["cpuRequest", "memory"] as const) {
      requireQuantity(report, `resources.${field}`, resources?.[field]);
    }
  },
];
