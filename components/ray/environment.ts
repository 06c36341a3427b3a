/** Environment of Ray's containers. */
import type * as pulumi from "@pulumi/pulumi";
import type { RayVllmServiceArgs } from "../ray-vllm-service.ts";
import { concat, lift } from "../support/inputs.ts";
import { environment, type Variable } from "../vllm/environment.ts";
import { RayAuthentication } from "./args.ts";
import type { RayPlan } from "./plan.ts";

type Variables = pulumi.Input<pulumi.Input<Variable>[]>;

/** Variables of head and workers, each with why nobody else sets it. */
const OWN: Record<string, { value: string; remedy: string }> = {
  RAY_USAGE_STATS_ENABLED: { value: "0", remedy: "leave it out; no usage statistics are sent" },
  // Each counter would be there a second time, as a gauge of another name.
  RAY_EXPORT_COUNTER_AS_GAUGE: { value: "0", remedy: "leave it out; the rules use the counters" },
  // Prompts are the users' own; Ray writes them to its log by default.
  RAYLLM_ENABLE_REQUEST_PROMPT_LOGS: { value: "0", remedy: "leave it out; prompts are not logged" },
};

const DERIVED: Record<string, string> = {
  RAYLLM_ENGINE_START_TIMEOUT_S: "set startup.expectedLoadSeconds",
  RAY_REDIS_ADDRESS: "set faultTolerance.redisAddress",
  REDIS_USERNAME: "set faultTolerance.usernameSecret",
  REDIS_PASSWORD: "set faultTolerance.passwordSecret",
  RAY_AUTH_MODE: "set authentication",
  RAY_AUTH_TOKEN: "set authentication",
  RAY_SERVE_LLM_ENABLE_DIRECT_STREAMING: "leave it out; the front end's scaling is the component's",
  RAY_enable_autoscaler_v2: "leave it out; the component chooses the autoscaler",
};

/** The component's own variables, then the model's and the user's. */
export function workerEnvironment(plan: pulumi.Input<RayPlan>, args: RayVllmServiceArgs): Variables {
  return concat<Variable>(
    ownVariables(),
    authentication(args),
    lift(plan, ({ pod }) => [
      {
        name: "RAYLLM_ENGINE_START_TIMEOUT_S",
        value: String(pod.startupFailureThreshold * 10),
      },
    ]),
    environment(
      lift(plan, ({ pod }) => pod),
      args,
    ),
  );
}

/** The head loads no model: it gets neither the sources' credentials nor the user's variables. */
export function headEnvironment(home: string, args: RayVllmServiceArgs): Variables {
  return concat<Variable>(ownVariables(), authentication(args), [
    { name: "HOME", value: home },
    { name: "USER", value: "vllm" },
  ]);
}

/** The operator sets the variables of a token; without one recent versions of Ray have to be told so. */
function authentication(args: RayVllmServiceArgs): Variables {
  return lift(args.authentication ?? RayAuthentication.Token, (mode) =>
    mode === RayAuthentication.None ? [{ name: "RAY_AUTH_MODE", value: "disabled" }] : [],
  );
}

function ownVariables(): Variable[] {
  return Object.entries(OWN).map(([name, { value }]) => ({ name, value }));
}

/** What to do instead of setting a variable by hand; undefined when the component leaves it alone. */
export function rayVariableRemedy(name: string): string | undefined {
  return OWN[name]?.remedy ?? DERIVED[name];
}
