/** One model over several nodes: groups of a leader, which serves, and workers, which compute. */
import type * as pulumi from "@pulumi/pulumi";
import type * as k8s from "@pulumi/kubernetes";
import type { LeaderWorkerSetArgs } from "../crds/leader-worker-set.ts";
import { concat, lift, merge } from "../support/inputs.ts";
import { requireInteger, type Rule } from "../support/validation.ts";
import type { VllmMultiNodeArgs } from "../vllm-multi-node.ts";
import { podTemplate } from "./deployment.ts";
import { metadataOf, type Identity } from "./identity.ts";
import { networkPolicyArgs } from "./network.ts";
import type { VllmPlan } from "./plan.ts";
import { RULES as DEPLOYMENT_RULES, type CheckedArgs as DeploymentArgs } from "./rules.ts";

/** Labels that the LeaderWorkerSet's controller puts on pods. Source: its docs, reference/labels-annotations-and-environment-variables. */
const GROUP_NAME_LABEL = "leaderworkerset.sigs.k8s.io/name";
const WORKER_INDEX_LABEL = "leaderworkerset.sigs.k8s.io/worker-index";
const EXCLUSIVE_TOPOLOGY = "leaderworkerset.sigs.k8s.io/exclusive-topology";

/**
 * Where each pod stands in its group, from the variables that the controller puts in front of the container's own, so
 * that the kubelet expands them in the arguments.
 */
const GROUP_WORDS = [
  "--nnodes",
  "$(LWS_GROUP_SIZE)",
  "--node-rank",
  "$(LWS_WORKER_INDEX)",
  "--master-addr",
  "$(LWS_LEADER_ADDRESS)",
];

type Container = k8s.types.input.core.v1.Container;

/** The same identity, but selecting leaders alone: workers have no HTTP server, and with it no metrics. */
export function leadersOf(identity: Identity): Identity {
  return { ...identity, selector: { ...identity.selector, [WORKER_INDEX_LABEL]: "0" } };
}

export function leaderWorkerSetArgs(
  identity: Identity,
  plan: pulumi.Input<VllmPlan>,
  args: VllmMultiNodeArgs,
): LeaderWorkerSetArgs {
  const nodes = args.nodes;
  // Each pod asks for its node's share of the GPUs.
  const podPlan = lift(plan, (known) => ({ ...known, gpusPerReplica: known.gpusPerReplica / nodes }));
  // A worker has no front end, hence neither its processes nor their metrics.
  const workerPlan = lift(podPlan, (known) => ({
    ...known,
    apiServerCount: undefined,
    multiprocessVolume: undefined,
  }));
  const replicas = lift(plan, (known) => known.replicas);
  const topology = args.exclusiveTopologyKey;
  const metadata = metadataOf(
    identity,
    topology === undefined ? undefined : { [EXCLUSIVE_TOPOLOGY]: topology },
  );
  return {
    metadata,
    spec: {
      ...(replicas === undefined ? {} : { replicas: replicas as pulumi.Input<number> }),
      // Ranks find each other at the start only, so a pod that restarts takes its group along.
      startupPolicy: "LeaderCreated",
      rolloutStrategy: {
        type: "RollingUpdate",
        rollingUpdateConfiguration: lift(plan, ({ maxSurge, maxUnavailable }) => ({
          maxSurge,
          maxUnavailable,
        })),
      },
      leaderWorkerTemplate: {
        size: nodes,
        restartPolicy: "RecreateGroupOnPodRestart",
        leaderTemplate: withWords(podTemplate(identity, podPlan, args), GROUP_WORDS),
        workerTemplate: workerTemplate(identity, workerPlan, args),
      },
    },
  };
}

type Template = ReturnType<typeof podTemplate>;

function withWords(template: Template, words: string[]): Template {
  const [server, ...others] = template.spec.containers as Container[];
  if (server === undefined) return template;
  const args = concat<string>((server.args ?? []) as pulumi.Input<pulumi.Input<string>[]>, words);
  return { ...template, spec: { ...template.spec, containers: [{ ...server, args }, ...others] } };
}

/** Workers answer nobody: no port, no probe, and nothing to wait for when they end but their leader. */
function workerTemplate(identity: Identity, plan: pulumi.Input<VllmPlan>, args: VllmMultiNodeArgs): Template {
  const template = withWords(podTemplate(identity, plan, args), [...GROUP_WORDS, "--headless"]);
  const containers = (template.spec.containers as Container[]).map((container): Container => {
    const {
      ports: _ports,
      startupProbe: _startup,
      readinessProbe: _ready,
      livenessProbe: _live,
      ...rest
    } = container;
    return rest;
  });
  return { ...template, spec: { ...template.spec, containers } };
}

/** The rules of a deployment, and everything between the pods of the groups. */
export function groupNetworkPolicyArgs(
  identity: Identity,
  args: VllmMultiNodeArgs,
): k8s.networking.v1.NetworkPolicyArgs {
  const members = merge(identity.selector, { [GROUP_NAME_LABEL]: identity.name });
  return networkPolicyArgs(identity, args, [{ from: [{ podSelector: { matchLabels: members } }] }]);
}

/** Arguments with the component's name. */
export type CheckedArgs = DeploymentArgs & Pick<VllmMultiNodeArgs, "nodes" | "exclusiveTopologyKey">;

/** GPUs of one pod; undefined where they don't divide evenly. */
export function gpusOfPod(gpus: number, nodes: number): number | undefined {
  return Number.isSafeInteger(gpus / nodes) ? gpus / nodes : undefined;
}

const groupRules: Rule<CheckedArgs>[] = [
  ({ nodes }, report) => {
    requireInteger(report, "nodes", nodes, 2);
  },
  ({ nodes, parallelism }, report) => {
    const { tensor = 1, pipeline = 1 } = parallelism ?? {};
    const gpus = tensor * pipeline;
    if (!(nodes >= 2) || gpusOfPod(gpus, nodes) !== undefined) return;
    const reason = `must divide tensor × pipeline (${String(gpus)}) evenly`;
    report("nodes", nodes, reason, "choose sizes that fill every node alike");
  },
  ({ parallelism }, report) => {
    const data = parallelism?.data ?? 1;
    if (data === 1) return;
    const remedy = "leave it out, and raise replicas: each is a group of its own";
    report("parallelism.data", data, "can't span nodes here", remedy);
  },
  ({ exclusiveTopologyKey: key }, report) => {
    if (key === undefined || /^([a-z0-9.-]+\/)?[A-Za-z0-9][\w.-]*$/.test(key)) return;
    report(
      "exclusiveTopologyKey",
      key,
      "is no key of a node label",
      "write topology.kubernetes.io/zone, for example",
    );
  },
];

export const RULES: Rule<CheckedArgs>[] = [...(DEPLOYMENT_RULES as Rule<CheckedArgs>[]), ...groupRules];
