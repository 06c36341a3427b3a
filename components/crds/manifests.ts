import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import type * as k8s from "@pulumi/kubernetes";

/** Version of the Prometheus operator whose CRDs are committed here; KubePrometheus runs the same one. */
export const OPERATOR_VERSION = "0.93.1";

/** JSON array of the CRDs, one per line; made by generate.ts. */
export const crdFile = fileURLToPath(
  new URL(`./prometheus-operator-${OPERATOR_VERSION}.json`, import.meta.url),
);

export type CustomResourceDefinition = k8s.types.input.apiextensions.v1.CustomResourceDefinition & {
  metadata: { name: string };
};

/** The ten CRDs of the operator, without descriptions, in the operator's order. */
export function monitoringCrds(): CustomResourceDefinition[] {
  return JSON.parse(readFileSync(crdFile, "utf8")) as CustomResourceDefinition[];
}
