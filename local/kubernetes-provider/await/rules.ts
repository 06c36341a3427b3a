/** Readiness by kind. Kinds without a rule are ready as soon as the server has stored them. */

import type { GroupVersionKind } from "../kinds/group-version-kind.ts";
import { deploymentRule } from "./deployment.ts";
import { ingressRule, serviceRule } from "./network.ts";
import type { ReadinessRule } from "./readiness.ts";
import { statefulSetRule } from "./stateful-set.ts";
import { claimRule, definitionRule, quotaRule, secretRule, volumeRule } from "./storage.ts";
import { daemonSetRule, jobRule, podRule, replicationControllerRule } from "./workloads.ts";

const rules: Readonly<Record<string, ReadinessRule>> = {
  "apps/v1/DaemonSet": daemonSetRule,
  "apps/v1/Deployment": deploymentRule,
  "apps/v1/StatefulSet": statefulSetRule,
  "batch/v1/Job": jobRule,
  "networking.k8s.io/v1/Ingress": ingressRule,
  "/v1/PersistentVolume": volumeRule,
  "/v1/PersistentVolumeClaim": claimRule,
  "/v1/Pod": podRule,
  "/v1/ReplicationController": replicationControllerRule,
  "/v1/ResourceQuota": quotaRule,
  "/v1/Secret": secretRule,
  "/v1/Service": serviceRule,
  "apiextensions.k8s.io/v1/CustomResourceDefinition": definitionRule,
};

/** The rule of a kind, or undefined if its objects are always ready. */
export function readinessRule({ group, version, kind }: GroupVersionKind): ReadinessRule | undefined {
  return rules[`${group}/${version}/${kind}`];
}
