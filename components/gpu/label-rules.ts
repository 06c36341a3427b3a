/** Rules about labels and taints of nodes. */
import { requireOneOf, type Report } from "../support/validation.ts";
import { GpuTaintEffect } from "./node-group-args.ts";
import { DEVICE_PLUGIN_LABEL, NODE_GROUP_LABEL } from "./node-labels.ts";
import type { NodeGroupRule } from "./checked-args.ts";

const PREFIX = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const NAME = /^[A-Za-z0-9]([-\w.]{0,61}[A-Za-z0-9])?$/;

/** Whether the text is a qualified name of Kubernetes: an optional DNS prefix and a name of at most 63 characters. */
export function isQualifiedName(text: string): boolean {
  const parts = text.split("/");
  const name = parts.pop() ?? "";
  const [prefix] = parts;
  if (parts.length > 1 || !NAME.test(name)) return false;
  return prefix === undefined || (prefix.length <= 253 && PREFIX.test(prefix));
}

function isLabelValue(text: string): boolean {
  return text === "" || NAME.test(text);
}

/**
 * Domains whose labels a node may not give itself (NodeRestriction), or that the provisioner owns. Source: Kubernetes
 * docs, admission-controllers (NodeRestriction); Karpenter docs, concepts/scheduling.
 */
const RESERVED_DOMAINS = [
  "kubernetes.io",
  "k8s.io",
  "karpenter.sh",
  "karpenter.k8s.aws",
  "eks.amazonaws.com",
];
/** The exceptions. */
const FREE_DOMAINS = ["node.kubernetes.io", "kubelet.kubernetes.io"];

function isReservedKey(key: string): boolean {
  const [domain, name] = key.split("/");
  if (domain === undefined || name === undefined) return false;
  const isIn = (parent: string) => domain === parent || domain.endsWith(`.${parent}`);
  return RESERVED_DOMAINS.some(isIn) && !FREE_DOMAINS.some(isIn);
}

/** Labels that the component writes from the instance type. */
const OWN_LABELS = [
  NODE_GROUP_LABEL,
  DEVICE_PLUGIN_LABEL,
  "nvidia.com/gpu.present",
  "nvidia.com/gpu.product",
  "nvidia.com/gpu.count",
  "nvidia.com/gpu.memory",
  "k8s.amazonaws.com/accelerator",
];

function checkKey(report: Report, path: string, key: string): boolean {
  if (isQualifiedName(key)) return true;
  report(path, key, "is no key of a label or taint", "write name or domain/name");
  return false;
}

/** All of them. */
export const LABEL_RULES: NodeGroupRule[] = [
  ({ labels = {} }, report) => {
    for (const [key, value] of Object.entries(labels)) {
      const path = `labels[${JSON.stringify(key)}]`;
      if (!checkKey(report, path, key)) continue;
      if (OWN_LABELS.includes(key)) {
        report(path, value, "is written by the component", "leave it out");
      } else if (isReservedKey(key)) {
        const remedy = "use a domain of your own, or node.kubernetes.io";
        report(path, value, "is in a domain that nodes can't write", remedy);
      }
      if (isLabelValue(value)) continue;
      const remedy = "use up to 63 letters, digits, -, _ and ., with a letter or digit at both ends";
      report(path, value, "is no label value", remedy);
    }
  },
  ({ taints = [] }, report) => {
    if (taints.length > 50) report("taints", taints.length, "must be at most 50", "remove some");
    const seen = new Set<string>();
    taints.forEach(({ key, value, effect }, index) => {
      const path = `taints[${index}]`;
      if (!checkKey(report, `${path}.key`, key)) return;
      requireOneOf(report, `${path}.effect`, effect, GpuTaintEffect);
      if (value !== undefined && !isLabelValue(value)) {
        report(`${path}.value`, value, "is no taint value", "write it like a label value");
      }
      const identity = `${key}:${effect}`;
      if (seen.has(identity)) report(path, identity, "is there twice", "keep one taint per key and effect");
      seen.add(identity);
    });
  },
];
