/** What arguments a `RayVllmService` refuses besides those that a `VllmDeployment` refuses. */
import type * as pulumi from "@pulumi/pulumi";
import type { RayVllmServiceArgs } from "../ray-vllm-service.ts";
import { parseQuantity } from "../support/quantity.ts";
import {
  requireDnsLabel,
  requireInteger,
  requireOneOf,
  type Report,
  type Rule,
} from "../support/validation.ts";
import { requireQuantity } from "../vllm/model-rules.ts";
import { findReservedFlag } from "../vllm/reserved-flags.ts";
import { RULES as SHARED_RULES } from "../vllm/rules.ts";
import { RayAuthentication, RayReplicaPlacement, RayUpgrade } from "./args.ts";
import { rayVariableRemedy } from "./environment.ts";
import { computeRayPlan, requestsOf } from "./plan.ts";

/** Arguments with the component's name, which is the default of theirs. */
export type CheckedRayArgs = pulumi.Unwrap<RayVllmServiceArgs & { componentName: string }>;
export type RayRule = Rule<CheckedRayArgs>;

/** First Ray whose Serve LLM gives the engine's metrics by itself. */
const OLDEST_RAY = [2, 51];
/** First Ray that knows token authentication. */
const OLDEST_RAY_WITH_TOKEN = [2, 52];
/** CPUs that Ray's actors of one replica take: one for the engine's server, one for each of two front ends. */
const ACTOR_CPUS = 3;
/** Least object store that Ray starts with, in bytes. */
const LEAST_OBJECT_STORE = 80e6;

const versionRules: RayRule[] = [
  ({ rayVersion }, report) => {
    const version = parseVersion(rayVersion);
    if (version === undefined) {
      report("rayVersion", rayVersion, "must be a version of Ray", "write that of the image, as 2.60.0");
    } else if (isOlder(version, OLDEST_RAY)) {
      report(
        "rayVersion",
        rayVersion,
        "must be 2.51 or newer, for the engine's metrics",
        "take a newer image",
      );
    }
  },
  ({ rayVersion, authentication = RayAuthentication.Token }, report) => {
    requireOneOf(report, "authentication", authentication, RayAuthentication);
    const version = parseVersion(rayVersion);
    if (version === undefined || authentication !== RayAuthentication.Token) return;
    if (isOlder(version, OLDEST_RAY) || !isOlder(version, OLDEST_RAY_WITH_TOKEN)) return;
    const remedy = 'take a newer image, or set authentication to "none"';
    report("rayVersion", rayVersion, "must be 2.52 or newer for tokens", remedy);
  },
];

function parseVersion(text: string | undefined): number[] | undefined {
  return /^\d+\.\d+\.\d+$/.test(text ?? "") ? text?.split(".").map(Number) : undefined;
}

function isOlder([major = 0, minor = 0]: number[], [oldMajor = 0, oldMinor = 0]: number[]): boolean {
  return major < oldMajor || (major === oldMajor && minor < oldMinor);
}

const choiceRules: RayRule[] = [
  ({ placement }, report) => {
    requireOneOf(report, "placement", placement, RayReplicaPlacement);
  },
  ({ upgrade }, report) => {
    requireOneOf(report, "upgrade", upgrade, RayUpgrade);
  },
  ({ operatorNamespace }, report) => {
    requireDnsLabel(report, "operatorNamespace", operatorNamespace);
  },
];

const scaleRules: RayRule[] = [
  ({ autoscaling }, report) => {
    const { minReplicas, maxReplicas, targetOngoingRequests, maxOngoingRequests } = autoscaling ?? {};
    requireInteger(report, "autoscaling.minReplicas", minReplicas, 1);
    requireInteger(report, "autoscaling.maxReplicas", maxReplicas, 1);
    requireInteger(report, "autoscaling.targetOngoingRequests", targetOngoingRequests, 1);
    requireInteger(report, "autoscaling.maxOngoingRequests", maxOngoingRequests, 1);
    requireInteger(report, "autoscaling.upscaleDelaySeconds", autoscaling?.upscaleDelaySeconds, 0);
    requireInteger(report, "autoscaling.downscaleDelaySeconds", autoscaling?.downscaleDelaySeconds, 0);
  },
  ({ autoscaling }, report) => {
    const { minReplicas = 1, maxReplicas } = autoscaling ?? {};
    if (maxReplicas === undefined || maxReplicas >= minReplicas) return;
    const reason = `must be at least minReplicas (${String(minReplicas)})`;
    report("autoscaling.maxReplicas", maxReplicas, reason, "raise it, or leave it out for a fixed number");
  },
  ({ autoscaling, maxSequences }, report) => {
    const { targetOngoingRequests: target, maxOngoingRequests: most } = requestsOf({
      autoscaling,
      maxSequences,
    });
    if (most >= target) return;
    const reason = `must be at least the target (${String(target)}), which would never be reached`;
    report("autoscaling.maxOngoingRequests", most, reason, "raise it or lower the target");
  },
];

const groupRules: RayRule[] = [
  ({ workerGroups }, report) => {
    if (workerGroups?.length === 0) {
      report("workerGroups", [], "must name a group", "leave it out for the default group");
    }
    const names = new Set<string>();
    for (const [index, group] of (workerGroups ?? []).entries()) {
      const path = `workerGroups[${String(index)}]`;
      requireDnsLabel(report, `${path}.name`, group.name, 20);
      if (names.has(group.name)) report(`${path}.name`, group.name, "is used twice", "rename one");
      names.add(group.name);
      requireInteger(report, `${path}.minWorkers`, group.minWorkers, 0);
      requireInteger(report, `${path}.maxWorkers`, group.maxWorkers, 1);
      if ((group.minWorkers ?? 0) <= group.maxWorkers) continue;
      const reason = `must be at most maxWorkers (${String(group.maxWorkers)})`;
      report(`${path}.minWorkers`, group.minWorkers, reason, "lower it or raise maxWorkers");
    }
  },
  (args, report) => {
    if (args.workerGroups === undefined || args.workerGroups.length === 0) return;
    const { groups, model, workersPerReplica } = computeRayPlan(args);
    for (const [field, replicas] of [
      ["minWorkers", model.minReplicas],
      ["maxWorkers", model.maxReplicas],
    ] as const) {
      const there = groups.reduce((sum, group) => sum + group[field], 0);
      const needed = replicas * workersPerReplica;
      if (there >= needed || !Number.isSafeInteger(needed)) continue;
      const reason = `must have ${field} of ${String(needed)} together, ${String(workersPerReplica)} for each of ${String(replicas)} replicas`;
      report("workerGroups", there, reason, `raise ${field} of a group`);
    }
  },
];

const engineRules: RayRule[] = [
  ({ parallelism }, report) => {
    const data = parallelism?.data;
    if (data === undefined || data === 1) return;
    report("parallelism.data", data, "must be 1 under Ray", "set autoscaling.minReplicas instead");
  },
  ({ placement, parallelism }, report) => {
    if (placement !== RayReplicaPlacement.PodPerStage || (parallelism?.pipeline ?? 1) > 1) return;
    const reason = "needs parallelism.pipeline above 1";
    report("placement", placement, reason, "set the number of stages, or leave placement out");
  },
  ({ model }, report) => {
    // Without types, as from YAML, even a required argument may be missing; a shared rule says so.
    const { lora } = (model as typeof model | undefined) ?? {};
    if ((lora?.adapters ?? []).length === 0) return;
    const remedy = "put them into an object store and set loraDirectory";
    report("model.lora.adapters", lora?.adapters, "can't be loaded at start under Ray", remedy);
  },
  ({ model, loraDirectory }, report) => {
    if (loraDirectory === undefined) return;
    if (!/^(s3|gs|azure|abfss):\/\/[^\s/]+(\/\S*)?$/.test(loraDirectory)) {
      const remedy = "write s3://bucket/path";
      report("loraDirectory", loraDirectory, "must be an object store directory", remedy);
    } else if ((model as typeof model | undefined)?.lora === undefined) {
      report("loraDirectory", loraDirectory, "has no use without model.lora", "set model.lora, or remove it");
    }
  },
  ({ engineArguments }, report) => {
    for (const name of Object.keys(engineArguments ?? {})) {
      const path = `engineArguments[${JSON.stringify(name)}]`;
      const reserved = findReservedFlag(`--${name}`);
      if (!/^[a-z][a-z0-9_]*$/.test(name)) {
        report(
          path,
          name,
          "must be a Python name",
          "write enable_prefix_caching, not --enable-prefix-caching",
        );
      } else if (name === "distributed_executor_backend") {
        report(path, name, "is Ray's own", "remove it");
      } else if (reserved !== undefined) {
        report(path, name, reserved.reason, reserved.remedy);
      }
    }
  },
  ({ env }, report) => {
    for (const [index, { name }] of (env ?? []).entries()) {
      const remedy = rayVariableRemedy(name);
      if (remedy !== undefined) report(`env[${String(index)}].name`, name, "is the component's own", remedy);
    }
  },
];

const podRules: RayRule[] = [
  ({ resources }, report) => {
    const cpus = parseQuantity(resources?.cpuRequest ?? "4");
    if (cpus === undefined || cpus >= ACTOR_CPUS) return;
    const reason = `must be at least ${String(ACTOR_CPUS)}: Ray's actors of a replica take so many`;
    report("resources.cpuRequest", resources?.cpuRequest, reason, "raise it; else the replica never starts");
  },
  ({ resources }, report) => {
    const size = parseQuantity(resources?.sharedMemory ?? "2Gi");
    if (size === undefined || size <= 0 || size / 2 >= LEAST_OBJECT_STORE) return;
    report(
      "resources.sharedMemory",
      resources?.sharedMemory,
      "must be at least 160M",
      "half is Ray's object store",
    );
  },
  ({ head }, report) => {
    requireQuantity(report, "head.cpuRequest", head?.cpuRequest);
  },
  ({ head }, report) => {
    requireQuantity(report, "head.memory", head?.memory);
    const memory = parseQuantity(head?.memory ?? "8Gi");
    if (memory === undefined || memory <= 0 || memory >= 2 * 2 ** 30) return;
    report(
      "head.memory",
      head?.memory,
      "must be at least 2Gi",
      "Ray's control plane needs about one by itself",
    );
  },
  ({ faultTolerance }, report) => {
    const address = faultTolerance?.redisAddress;
    if (address === undefined || /^(rediss?:\/\/)?[A-Za-z0-9][\w.-]*:\d{1,5}$/.test(address)) return;
    report(
      "faultTolerance.redisAddress",
      address,
      "must be an address of Redis",
      "write redis.cache.svc:6379",
    );
  },
  ({ podLabels }, report) => {
    requireOwnLabels(report, podLabels);
  },
];

function requireOwnLabels(report: Report, labels: Record<string, string> | undefined): void {
  for (const [key, value] of Object.entries(labels ?? {})) {
    if (!/^ray\.io\/|^app\.kubernetes\.io\/created-by$/.test(key)) continue;
    report(`podLabels[${JSON.stringify(key)}]`, value, "is the operator's own label", "use another key");
  }
}

/** Every rule; those of the model, its source and its pods are those of `VllmDeployment`. */
export const RULES: RayRule[] = [
  ...SHARED_RULES.map((rule): RayRule => (args, report) => {
    rule(args, report);
  }),
  ...versionRules,
  ...choiceRules,
  ...scaleRules,
  ...groupRules,
  ...engineRules,
  ...podRules,
];
