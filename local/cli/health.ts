import { setTimeout as sleep } from "node:timers/promises";

import { AppsV1Api, CoreV1Api, KubeConfig, type V1Pod } from "@kubernetes/client-node";

import { isReady } from "../node/names.ts";
import { PrometheusApi } from "./prometheus-api.ts";

/** What is not as it should be, one line each; empty when the platform is healthy. */
export interface Health {
  readonly problems: readonly string[];
  readonly pods: readonly V1Pod[];
}

/** Milliseconds between two looks at the platform. */
const pollInterval = 500;

const message = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Why a pod is not ready, in few words. */
export function podProblem(pod: V1Pod): string {
  const name = `${pod.metadata?.namespace ?? ""}/${pod.metadata?.name ?? ""}`;
  const waiting = pod.status?.containerStatuses?.flatMap(({ state }) => state?.waiting ?? []) ?? [];
  const scheduled = pod.status?.conditions?.find(({ type }) => type === "PodScheduled");
  const why =
    waiting.map((state) => state.message ?? state.reason).find((text) => text !== undefined) ??
    (scheduled?.status === "False" ? scheduled.message : undefined) ??
    pod.status?.conditions?.find(({ type, status }) => type === "Ready" && status === "False")?.message ??
    `phase ${pod.status?.phase ?? "unknown"}`;
  return `pod ${name} is not ready: ${why}`;
}

async function clusterProblems(kubeconfig: string): Promise<Health> {
  const config = new KubeConfig();
  config.loadFromFile(kubeconfig);
  const [pods, deployments, statefulSets] = await Promise.all([
    config.makeApiClient(CoreV1Api).listPodForAllNamespaces(),
    config.makeApiClient(AppsV1Api).listDeploymentForAllNamespaces(),
    config.makeApiClient(AppsV1Api).listStatefulSetForAllNamespaces(),
  ]);
  const unready = pods.items.filter(
    (pod) =>
      !isReady(pod) && pod.metadata?.deletionTimestamp === undefined && pod.status?.phase !== "Succeeded",
  );
  const short = [...deployments.items, ...statefulSets.items].filter(
    (workload) => (workload.status?.readyReplicas ?? 0) < (workload.spec?.replicas ?? 1),
  );
  const named = new Set(unready.map((pod) => pod.metadata?.namespace));
  return {
    pods: pods.items,
    problems: [
      ...unready.map(podProblem),
      // A workload without any pod at all has something else to say, such as a missing ServiceAccount.
      ...short
        .filter((workload) => !named.has(workload.metadata?.namespace))
        .map(
          (workload) =>
            `${workload.metadata?.namespace ?? ""}/${workload.metadata?.name ?? ""} has ${String(workload.status?.readyReplicas ?? 0)} of ${String(workload.spec?.replicas ?? 1)} replicas ready`,
        ),
    ],
  };
}

async function prometheusProblems(prometheus: PrometheusApi, replicas: number): Promise<string[]> {
  try {
    const [{ activeTargets }, rules] = await Promise.all([prometheus.targets(), prometheus.rules()]);
    const down = activeTargets.filter(({ health }) => health !== "up");
    const failing = rules.filter(({ health }) => health === "err");
    return [
      ...(activeTargets.length < replicas
        ? [
            `Prometheus has ${String(activeTargets.length)} targets, fewer than the ${String(replicas)} replicas of the fleet`,
          ]
        : []),
      ...down.map(
        ({ scrapeUrl, health, lastError }) =>
          `target ${scrapeUrl} is ${health}${lastError === "" ? "" : `: ${lastError}`}`,
      ),
      ...failing.map(({ name, lastError }) => `rule ${name} fails: ${lastError ?? ""}`),
    ];
  } catch (error) {
    return [`Prometheus does not answer: ${message(error)}`];
  }
}

/**
 * Everything that is not as it should be now.
 *
 * @param replicas vLLM replicas that the fleet has, each of which must be a target
 */
export async function health(
  kubeconfig: string,
  prometheus: PrometheusApi,
  replicas: number,
): Promise<Health> {
  try {
    const cluster = await clusterProblems(kubeconfig);
    const signals = cluster.problems.length === 0 ? await prometheusProblems(prometheus, replicas) : [];
    return { pods: cluster.pods, problems: [...cluster.problems, ...signals] };
  } catch (error) {
    return { pods: [], problems: [`the Kubernetes API does not answer: ${message(error)}`] };
  }
}

/**
 * Waits until nothing is wrong.
 *
 * @param timeoutMs milliseconds after which the remaining problems are thrown, one line each
 */
export async function waitUntilHealthy(
  look: () => Promise<Health>,
  timeoutMs: number,
  progress: (line: string) => void,
): Promise<Health> {
  const deadline = Date.now() + timeoutMs;
  let told = Date.now();
  for (;;) {
    const state = await look();
    if (state.problems.length === 0) {
      return state;
    }
    if (Date.now() > deadline) {
      throw new Error(
        `not healthy after ${String(Math.round(timeoutMs / 1000))} s:\n  ${state.problems.join("\n  ")}`,
      );
    }
    if (Date.now() - told > 10_000) {
      told = Date.now();
      progress(`waiting for ${String(state.problems.length)} things, such as: ${state.problems[0] ?? ""}`);
    }
    await sleep(pollInterval);
  }
}
