import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";

import { RepairPolicy } from "./args.ts";

/**
 * Least rights of the operator and of Prometheus.
 *
 * The operator is started with `--prometheus-instance-namespaces` and its twins set to its own namespace, so everything
 * that it writes, Secrets above all, stays in that namespace: a Role. Only what selects monitors and rules elsewhere is
 * cluster-wide, and that is reading them and reporting in their status.
 * test/tools/kube-prometheus runs the real operator with exactly these rules.
 */

type PolicyRule = k8s.types.input.rbac.v1.PolicyRule;

const MONITORING = "monitoring.coreos.com";
const READ = ["get", "list", "watch"];

/** Kinds that the operator turns into StatefulSets; all of them live in its own namespace. */
const WORKLOADS = ["prometheuses", "alertmanagers", "prometheusagents", "thanosrulers"];
/** Kinds that it merges into their configuration. */
const CONFIGURATION = ["podmonitors", "servicemonitors", "probes", "scrapeconfigs", "prometheusrules"];
const withSuffix = (kinds: string[], suffix: string) => kinds.map((kind) => `${kind}/${suffix}`);

/** The operator in its own namespace. */
export function operatorRules(repairPolicy: RepairPolicy): PolicyRule[] {
  return [
    { apiGroups: [MONITORING], resources: WORKLOADS, verbs: READ },
    // Puts on the finalizer that clears the status of monitors when one is deleted; Alertmanager gets none.
    {
      apiGroups: [MONITORING],
      resources: WORKLOADS.filter((kind) => kind !== "alertmanagers"),
      verbs: ["patch"],
    },
    { apiGroups: [MONITORING], resources: withSuffix(WORKLOADS, "status"), verbs: ["update", "patch"] },
    // Owner references with blockOwnerDeletion need this where OwnerReferencesPermissionEnforcement is on (OpenShift).
    { apiGroups: [MONITORING], resources: withSuffix(WORKLOADS, "finalizers"), verbs: ["update"] },
    // Configuration of teams for Alertmanager, which only counts in this namespace.
    { apiGroups: [MONITORING], resources: ["alertmanagerconfigs"], verbs: READ },
    { apiGroups: [MONITORING], resources: ["alertmanagerconfigs/status"], verbs: ["update", "patch"] },
    // It makes the StatefulSets, and makes them anew when an immutable field changes.
    {
      apiGroups: ["apps"],
      resources: ["statefulsets"],
      verbs: [...READ, "create", "update", "patch", "delete"],
    },
    // Generated configuration (Secrets) and rule files (ConfigMaps); it also reads what monitors here refer to.
    { apiGroups: [""], resources: ["secrets", "configmaps"], verbs: [...READ, "create", "update", "delete"] },
    // It checks that the governing Services, which this component makes, select the right pods.
    { apiGroups: [""], resources: ["services"], verbs: ["get"] },
    // Which pods of a StatefulSet are ready, for the status.
    {
      apiGroups: [""],
      resources: ["pods"],
      verbs: repairPolicy === RepairPolicy.Delete ? ["list", "delete"] : ["list"],
    },
    ...(repairPolicy === RepairPolicy.Evict
      ? [{ apiGroups: [""], resources: ["pods/eviction"], verbs: ["create"] }]
      : []),
  ];
}

/** The operator wherever monitors and rules may be: all namespaces, or each of the named ones. */
export function operatorDiscoveryRules(): PolicyRule[] {
  return [
    { apiGroups: [MONITORING], resources: CONFIGURATION, verbs: READ },
    // Whether a monitor was accepted, and by whom (feature gate StatusForConfigurationResources).
    { apiGroups: [MONITORING], resources: withSuffix(CONFIGURATION, "status"), verbs: ["update", "patch"] },
  ];
}

/** The operator in the cluster as a whole. `namespaces`: the only ones that it may look at, if it is limited to some. */
export function operatorClusterRules(namespaces: pulumi.Input<string>[] | undefined): PolicyRule[] {
  return [
    // Namespace selectors go by the labels of namespaces.
    namespaces === undefined
      ? { apiGroups: [""], resources: ["namespaces"], verbs: READ }
      : { apiGroups: [""], resources: ["namespaces"], verbs: ["get"], resourceNames: namespaces },
    // A rejected monitor is told so in its own namespace.
    { apiGroups: ["events.k8s.io"], resources: ["events"], verbs: ["create", "patch"] },
    // A claim that names a storage class which does not exist is reported instead of waiting for ever.
    { apiGroups: ["storage.k8s.io"], resources: ["storageclasses"], verbs: ["get"] },
  ];
}

/** The operator where monitors outside its namespace name Secrets: bearer tokens, basic auth, TLS certificates. */
export function operatorCredentialRules(): PolicyRule[] {
  return [{ apiGroups: [""], resources: ["secrets", "configmaps"], verbs: ["get"] }];
}

/** Prometheus wherever targets may be. */
export function prometheusDiscoveryRules(): PolicyRule[] {
  return [
    // PodMonitors find pods; ServiceMonitors find EndpointSlices and take labels from their Services and pods.
    { apiGroups: [""], resources: ["pods", "services"], verbs: READ },
    { apiGroups: ["discovery.k8s.io"], resources: ["endpointslices"], verbs: READ },
    // Probes may take their targets from Ingresses.
    { apiGroups: ["networking.k8s.io"], resources: ["ingresses"], verbs: READ },
  ];
}

/** Prometheus, where monitors attach labels of nodes to their targets. */
export function prometheusNodeRules(): PolicyRule[] {
  return [{ apiGroups: [""], resources: ["nodes"], verbs: READ }];
}
