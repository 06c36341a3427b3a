import * as pulumi from "@pulumi/pulumi";

/**
 * Refuses an argument: names the property and its value, says what is wrong and what to do.
 *
 * @throws always, with a message such as
 *   `prometheus.scrapeTimeout: "20s" is longer than the scrape interval "15s"; lower it or raise prometheus.scrapeInterval`
 */
export function refuse(property: string, value: unknown, reason: string): never {
  throw new pulumi.InputPropertyError({
    propertyPath: property,
    reason: `${property}: ${value === undefined ? "missing" : JSON.stringify(value)} ${reason}`,
  });
}

/**
 * Checks values as early as they are known: plain values right away, so that the constructor throws; outputs when they
 * resolve, so that whatever uses the result fails instead of going out with a wrong value.
 */
export function checked<T>(
  value: pulumi.Input<T>,
  check: (value: pulumi.Unwrap<T>) => void,
): pulumi.Input<T> {
  if (!containsOutput(value)) {
    check(value as pulumi.Unwrap<T>);
    return value;
  }
  return pulumi.output(value).apply((resolved) => {
    check(resolved);
    return resolved as T;
  });
}

/** Whether a value is, or holds anywhere inside, an output or a promise. */
export function containsOutput(value: unknown): boolean {
  if (value === null || typeof value !== "object") return false;
  if (pulumi.Output.isInstance(value) || value instanceof Promise || pulumi.Resource.isInstance(value))
    return true;
  return Object.values(value).some(containsOutput);
}

/** A Kubernetes object name: lower-case letters, digits, "-"; at most `maximum` characters (63 for a DNS label). */
export function checkDnsLabel(property: string, value: string, maximum = 63): void {
  if (!/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(value)) {
    refuse(
      property,
      value,
      'is no DNS label; use lower-case letters, digits and "-", beginning and ending with a letter or digit',
    );
  }
  if (value.length > maximum) {
    refuse(property, value, `has ${String(value.length)} characters; use at most ${String(maximum)}`);
  }
}
