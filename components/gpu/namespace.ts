/**
 * Labels of a namespace whose pods may use host paths and capabilities.
 * Source: kubernetes.io/docs/concepts/security/pod-security-admission.
 */
export const privilegedNamespaceLabels = {
  "pod-security.kubernetes.io/enforce": "privileged",
  "pod-security.kubernetes.io/audit": "privileged",
  "pod-security.kubernetes.io/warn": "privileged",
};
