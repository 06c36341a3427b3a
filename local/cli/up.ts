import * as automation from "../../stacks/automation.ts";
import { ensureEmbedded } from "../embedded.ts";
import { layout } from "../environment/environment.ts";
import { ensurePulumi, ensureTools } from "../toolchain/build.ts";
import { checkDefinitions } from "./definitions.ts";
import { health, waitUntilHealthy } from "./health.ts";
import { groupsOfStack, simulatedNodeGroups } from "./node-groups.ts";
import { PrometheusApi } from "./prometheus-api.ts";
import { engineOptions, officialKubernetesProvider, openSession, type Session } from "./session.ts";
import { summary, urls } from "./summary.ts";

type Progress = (line: string) => void;

/** Milliseconds that the platform gets to become healthy after the engine is done. */
const healthTimeout = 180_000;

/** Fixed ports of the embedded environment, and the Services behind them. */
function publications({ environment, settings }: Session): string[] {
  const { namespace } = settings.monitoring;
  return [
    `${String(environment.ports.prometheus)}=${namespace}/prometheus:9090`,
    `${String(environment.ports.alertmanager)}=${namespace}/alertmanager:9093`,
  ];
}

/** Replicas of all models together. */
export function fleetReplicas({ settings }: Session): number {
  return settings.fleet.models.reduce((sum, { replicas }) => sum + replicas, 0);
}

/** Everything that has to be there before the engine can run. */
export async function prepare(session: Session, progress: Progress): Promise<void> {
  if (!session.isEmbedded) {
    await ensurePulumi(progress);
    return;
  }
  await ensureTools(progress);
  await ensureEmbedded(
    session.environment,
    {
      nodeGroups: simulatedNodeGroups(session.settings),
      otherGroups: groupsOfStack(session.settings),
      publish: publications(session),
    },
    progress,
  );
}

/** Says what the engine does, at most one line a second, and every failure. */
export function engineProgress(progress: Progress): automation.OnProgress {
  let last = 0;
  return ({ state, operation, kind, name, finishedSteps }) => {
    if (state === "failed") {
      progress(`${operation} of ${kind} ${name} failed`);
    } else if (state === "started" && Date.now() - last > 1000) {
      last = Date.now();
      progress(`${String(finishedSteps)} done, ${operation} ${kind} ${name} …`);
    }
  };
}

/** One line about what the engine did. */
export function resultLine(what: string, result: automation.OperationResult): string {
  const { created, updated, replaced, deleted, same, durationMs } = result;
  const changes = created + updated + replaced + deleted;
  return (
    `${what}: ${String(changes)} changes (${String(created)} created, ${String(updated)} updated, ` +
    `${String(replaced)} replaced, ${String(deleted)} deleted), ${String(same)} unchanged, in ${(durationMs / 1000).toFixed(1)} s`
  );
}

/** Looks at the embedded platform. */
export function lookAt(session: Session): () => ReturnType<typeof health> {
  const prometheus = new PrometheusApi(urls(session.environment).prometheus);
  return () => health(layout(session.environment).kubeconfig, prometheus, fleetReplicas(session));
}

/** `make up`: brings an environment up and, when it is the embedded one, waits until it is healthy. */
export async function up(name: string, progress: Progress): Promise<void> {
  const session = openSession(name);
  await prepare(session, progress);
  await checkDefinitions(session, progress);
  if (session.settings.cluster.kind === "embedded" && !session.isEmbedded) {
    progress(
      `KUBECONFIG is set: its cluster is used, and nothing is started here; the addresses of ${name} are still those of this machine`,
    );
  }
  if (session.isEmbedded) {
    const official = officialKubernetesProvider();
    progress(`kubernetes provider: ${official ?? "our own (the official plugin is not installed)"}`);
  }
  const result = await automation.up(
    engineOptions(session, { onProgress: engineProgress(progress), onMessage: progress }),
  );
  progress(resultLine("pulumi up", result));
  if (!session.isEmbedded) {
    return;
  }
  const { pods } = await waitUntilHealthy(lookAt(session), healthTimeout, progress);
  progress("healthy: every pod is ready, every target is up, no rule fails");
  const prometheus = new PrometheusApi(urls(session.environment).prometheus);
  console.log(
    `\n${await summary(session.environment, layout(session.environment).kubeconfig, prometheus, pods)}`,
  );
}

/** `make preview`: shows what an update would change. */
export async function preview(name: string, progress: Progress): Promise<void> {
  const session = openSession(name);
  await prepare(session, progress);
  await checkDefinitions(session, progress);
  const steps: string[] = [];
  const result = await automation.preview(
    engineOptions(session, {
      onMessage: progress,
      onProgress: ({ state, operation, kind, name: resource }) => {
        if (state === "started") {
          steps.push(`  ${operation} ${kind} ${resource}`);
        }
      },
    }),
  );
  console.log(steps.join("\n"));
  progress(resultLine("pulumi preview", result));
}
