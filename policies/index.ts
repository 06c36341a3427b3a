/**
 * The project's policies as plain functions. The policy pack (`pack.ts`) enforces them in `pulumi preview` and `up`, the
 * offline review tells their verdicts in its report, and tests call them.
 */
import { containerResources } from "./rules/container-resources.ts";
import { ENCRYPTION_POLICIES } from "./rules/encryption.ts";
import { closedMetrics } from "./rules/exposure.ts";
import { imageVersions } from "./rules/images.ts";
import { monitoredPods } from "./rules/monitors.ts";
import { noWildcardRights } from "./rules/rights.ts";
import { protectedState } from "./rules/state.ts";
import type { Policy, PolicyResource, PolicyVerdict } from "./types.ts";

export type * from "./types.ts";

/** Name of the pack. */
export const PACK_NAME = "vllm-monitoring";

/** Every policy. */
export const POLICIES: readonly Policy[] = [
  imageVersions,
  containerResources,
  closedMetrics,
  monitoredPods,
  ...ENCRYPTION_POLICIES,
  noWildcardRights,
  protectedState,
];

/** What the policies say of the resources of a stack, in the order of the policies, then of the resources. */
export function evaluatePolicies(
  resources: readonly PolicyResource[],
  policies: readonly Policy[] = POLICIES,
): PolicyVerdict[] {
  return policies.flatMap((policy) => {
    const found =
      "check" in policy
        ? resources.flatMap((resource) => policy.check(resource).map((message) => ({ resource, message })))
        : policy.checkAll(resources);
    return found.map(({ resource, message }) => ({
      policy: policy.name,
      enforcement: policy.enforcement,
      urn: resource.urn,
      message,
    }));
  });
}
