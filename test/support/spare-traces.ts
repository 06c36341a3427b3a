import { createRequire } from "node:module";

import * as pulumi from "@pulumi/pulumi";

const require = createRequire(import.meta.url);
const debuggable = require("@pulumi/pulumi/runtime/debuggable.js") as {
  debuggablePromise: <P>(promise: P) => P;
};
const { Resource } = pulumi as unknown as { Resource: { callsites: () => unknown[] } };

/**
 * The SDK takes a stack trace for each promise, for a report of those that never end, and for each resource, for the engine's
 * diagnostics. Vitest maps each of them back to the sources: that was half of the time of all component tests. No test
 * reads them.
 *
 * @returns what makes the SDK take them again
 */
export function spareTraces(): () => void {
  const { debuggablePromise } = debuggable;
  const { callsites } = Resource;
  debuggable.debuggablePromise = (promise) => promise;
  Resource.callsites = () => [];
  return () => {
    debuggable.debuggablePromise = debuggablePromise;
    Resource.callsites = callsites;
  };
}
