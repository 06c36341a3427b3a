import type { BucketFamily } from "../family.ts";

/** The key that a request came with; the hash is its identity. */
export const keyLabels = ["hashed_api_key", "api_key_alias"] as const;

/** The team of the key. */
export const teamLabels = ["team", "team_alias"] as const;

/** The organisation of the team. */
export const orgLabels = ["org_id", "org_alias"] as const;

/** An engine behind the proxy; litellm_model_name is what other metrics call model. */
export const deploymentLabels = ["litellm_model_name", "model_id", "api_base", "api_provider"] as const;

/** Why a call failed. */
export const exceptionLabels = ["exception_status", "exception_class"] as const;

/** Labels that multiply with clients: left out by the allow-list of the gateway component. */
export const clientLabels = ["client_ip", "user_agent"] as const;

/** Bounds of all latencies, in seconds; `prometheus_latency_buckets` replaces them. No bound at 1.5, 3 or 20 s. */
export const latencyBuckets = {
  name: "litellm_latency",
  bounds: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 120, 300, 420, 600],
} as const satisfies BucketFamily;
