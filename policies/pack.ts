/**
 * The policies as a Pulumi policy pack. Start it through the launcher beside this file, which the CLI takes as it is:
 *
 *   pulumi preview --policy-pack policies/vllm-monitoring-policies
 */
import {
  PolicyPack,
  type Policies,
  type PolicyResource as EngineResource,
  type ResourceValidationArgs,
} from "@pulumi/policy";
import { PACK_NAME, POLICIES, type Policy, type PolicyResource } from "./index.ts";
import { plain } from "./plain.ts";

/** A resource of the engine as the policies see it. */
function viewOf(resource: ResourceValidationArgs | EngineResource): PolicyResource {
  const { urn, type, name, props, opts } = resource;
  return {
    urn,
    type,
    name,
    parent: parentOf(resource),
    props: plain(props) as PolicyResource["props"],
    protect: opts.protect,
  };
}

/** Only the stack's view knows the parent itself; that of one resource has its URN among the options. */
function parentOf(resource: ResourceValidationArgs | EngineResource): string | undefined {
  if ("parent" in resource && resource.parent !== undefined) return resource.parent.urn;
  return resource.opts.parent;
}

function policyOf(policy: Policy): Policies[number] {
  const { name, description, enforcement: enforcementLevel } = policy;
  if ("check" in policy)
    return {
      name,
      description,
      enforcementLevel,
      validateResource: (args, report) => {
        for (const message of policy.check(viewOf(args))) report(message);
      },
    };
  return {
    name,
    description,
    enforcementLevel,
    validateStack: ({ resources }, report) => {
      for (const { resource, message } of policy.checkAll(resources.map(viewOf)))
        report(message, resource.urn);
    },
  };
}

new PolicyPack(PACK_NAME, { policies: POLICIES.map(policyOf) });
