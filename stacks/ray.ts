import type * as pulumi from "@pulumi/pulumi";
import { KubeRayOperator } from "../components/kuberay-operator.ts";
import type { Settings } from "./config/settings.ts";
import { kubeRayOperatorArgs } from "./mapping/ray-model.ts";

/** The operator, where the stack brings it and a model needs it. */
export function defineRayOperator(
  settings: Settings,
  options: pulumi.ComponentResourceOptions,
): KubeRayOperator | undefined {
  const args = kubeRayOperatorArgs(settings);
  return args === undefined ? undefined : new KubeRayOperator("kuberay-operator", args, options);
}
