import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import type { CustomResourceDefinition } from "./manifests.ts";

/** Version of the KubeRay operator whose CRDs are committed here; KubeRayOperator runs the same one. */
export const KUBERAY_VERSION = "1.6.1";

/** JSON array of the CRDs, one per line; made by generate-kuberay.ts. */
export const kubeRayCrdFile = fileURLToPath(new URL(`./kuberay-${KUBERAY_VERSION}.json`, import.meta.url));

/** The CRDs that the operator watches, without descriptions and without the retired version v1alpha1. */
export function kubeRayCrds(): CustomResourceDefinition[] {
  return JSON.parse(readFileSync(kubeRayCrdFile, "utf8")) as CustomResourceDefinition[];
}
