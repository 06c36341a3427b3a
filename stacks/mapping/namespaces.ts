import type * as pulumi from "@pulumi/pulumi";
import { restrictedNamespaceLabels, standardLabels } from "../../components/support/labels.ts";
import type { Settings } from "../config/settings.ts";
import { namespaceOf } from "./model.ts";
import { kubeRayOperatorArgs } from "./ray-model.ts";

/** A namespace of the environment. */
export interface NamespaceSpec {
  name: string;
  labels: Record<string, pulumi.Input<string>>;
}

/**
 * The namespaces of the environment, that of the monitoring first, each of them once.
 *
 * Only pods of the restricted Pod Security Standard run in them. A namespace with a model on NFS enforces the baseline
 * standard instead, because the restricted one allows no NFS volumes in pods; it still warns.
 */
export function namespacesOf(settings: Settings): NamespaceSpec[] {
  const monitoring = settings.monitoring.namespace;
  const onNfs = new Set(
    settings.fleet.models
      .filter((model) => model.source.kind === "nfs")
      .map((model) => namespaceOf(model, settings)),
  );
  const fleet = settings.fleet.models.map((model) => namespaceOf(model, settings)).sort();
  const gateway = settings.gateway === undefined ? [] : [settings.gateway.namespace];
  const rayOperator =
    kubeRayOperatorArgs(settings) === undefined ? [] : [settings.fleet.rayOperator.namespace];
  return [...new Set([monitoring, ...fleet, ...gateway, ...rayOperator])].map((name) => ({
    name,
    labels: {
      ...standardLabels("namespace", name),
      ...restrictedNamespaceLabels,
      ...(onNfs.has(name) ? { "pod-security.kubernetes.io/enforce": "baseline" } : {}),
    },
  }));
}
