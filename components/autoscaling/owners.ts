/** Two scalers on one Deployment undo each other's work for ever, so the second one is refused. */
import * as pulumi from "@pulumi/pulumi";
import { lift } from "../support/inputs.ts";

/** Scalers by what they scale, for each stack that this process runs. */
const owners = new WeakMap<object, Map<string, string>>();
/** Stands for the stack where there is none, as in tests. */
const noStack = {};

/**
 * Notes that a scaler owns a Deployment's replicas.
 *
 * @throws Error when another one does, at once or as soon as both names are known
 */
export function claim(
  scaler: string,
  namespace: pulumi.Input<string>,
  deployment: pulumi.Input<string>,
): void {
  const run = pulumi.runtime.getStackResource() ?? noStack;
  const claimed = owners.get(run) ?? new Map<string, string>();
  owners.set(run, claimed);
  void lift(namespace, (space) =>
    lift(deployment, (name) => {
      const key = `${space}/${name}`;
      const owner = claimed.get(key) ?? scaler;
      if (owner !== scaler) {
        throw new Error(
          `ModelAutoscaler "${scaler}": the Deployment ${key} belongs to the autoscaler "${owner}" already; ` +
            "remove one of them, or put the signals of both into one",
        );
      }
      claimed.set(key, scaler);
      return key;
    }),
  );
}
