/** What a policy is: a plain function, so that the pack, the review and tests run the same one. */

/** A resource as a policy sees it: what the program asks for. Secrets and values of later are anything but a text. */
export interface PolicyResource {
  urn: string;
  /** Pulumi type, such as `kubernetes:apps/v1:Deployment`. */
  type: string;
  name: string;
  /** URN of the component that made it. */
  parent: string | undefined;
  props: Readonly<Record<string, unknown>>;
  protect: boolean;
}

/** Whether a violation stops a deployment. */
export type Enforcement = "mandatory" | "advisory";

/** One violation. */
export interface PolicyVerdict {
  policy: string;
  enforcement: Enforcement;
  /** URN. */
  urn: string;
  /** What is wrong and what to do. */
  message: string;
}

interface PolicyFacts {
  /** Stable name, kebab-case. */
  name: string;
  /** What it demands, and why. */
  description: string;
  enforcement: Enforcement;
}

/** Looks at one resource: checked before the resource is made. */
export interface ResourcePolicy extends PolicyFacts {
  /** Messages about the resource; none when it is fine. */
  check: (resource: PolicyResource) => string[];
}

/** Looks at all resources together: checked at the end of a preview. */
export interface StackPolicy extends PolicyFacts {
  checkAll: (resources: readonly PolicyResource[]) => { resource: PolicyResource; message: string }[];
}

export type Policy = ResourcePolicy | StackPolicy;
