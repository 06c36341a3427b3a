import type * as pulumi from "@pulumi/pulumi";

/** Labels that every object of this project carries; `instance` is the component's name. */
export function standardLabels(application: string, instance: pulumi.Input<string>) {
  return {
    "app.kubernetes.io/name": application,
    "app.kubernetes.io/instance": instance,
    "app.kubernetes.io/part-of": "vllm-monitoring",
    "app.kubernetes.io/managed-by": "pulumi",
  };
}

/** The labels of {@link standardLabels} that pods are selected by; they must never change for a living workload. */
export function selectorLabels(application: string, instance: pulumi.Input<string>) {
  return { "app.kubernetes.io/name": application, "app.kubernetes.io/instance": instance };
}

/**
 * Labels of a namespace in which only pods of the "restricted" Pod Security Standard may run.
 * Source: kubernetes.io/docs/concepts/security/pod-security-admission.
 */
export const restrictedNamespaceLabels = {
  "pod-security.kubernetes.io/enforce": "restricted",
  "pod-security.kubernetes.io/audit": "restricted",
  "pod-security.kubernetes.io/warn": "restricted",
};
