import { ApiextensionsV1Api, KubeConfig } from "@kubernetes/client-node";

import { isEks } from "../../stacks/config/cluster.ts";
import { ConfigurationError } from "../../stacks/config/parse.ts";
import { clusterAccess } from "../../stacks/mapping/kubeconfig.ts";
import { missingKinds, requiredKinds } from "../../stacks/mapping/required-kinds.ts";
import { layout } from "../environment/environment.ts";
import { repositoryRoot } from "../toolchain/tools.ts";
import type { Session } from "./session.ts";

/** Names of the definitions of kinds that a cluster has, `<plural>.<group>`. */
export async function definitionsOf(config: KubeConfig): Promise<Set<string>> {
  const { items } = await config.makeApiClient(ApiextensionsV1Api).listCustomResourceDefinition();
  return new Set(items.flatMap(({ metadata }) => metadata?.name ?? []));
}

function configOf({ settings, isEmbedded, environment }: Session): KubeConfig | undefined {
  const config = new KubeConfig();
  if (isEmbedded) {
    config.loadFromFile(layout(environment).kubeconfig);
    return config;
  }
  const { kubeconfig } = clusterAccess(settings.cluster, { root: repositoryRoot });
  // A cluster that the stack makes is not there yet.
  if (kubeconfig === undefined) return undefined;
  config.loadFromString(kubeconfig);
  return config;
}

/**
 * Refuses an environment that wants kinds of objects which its cluster does not know, before anything is changed. A cluster
 * that cannot be asked is the engine's to report.
 *
 * @throws ConfigurationError with every setting that asks for such a kind
 */
export async function checkDefinitions(session: Session, progress: (line: string) => void): Promise<void> {
  if (requiredKinds(session.settings).length === 0) return;
  const config = configOf(session);
  if (config === undefined) return;
  let definitions: Set<string>;
  try {
    definitions = await definitionsOf(config);
  } catch (error) {
    const reason = isEks(session.settings.cluster) ? " (its credentials come from the aws command)" : "";
    progress(
      `which kinds of objects the cluster knows could not be asked${reason}: ${error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error)}`,
    );
    return;
  }
  const problems = missingKinds(session.settings, definitions);
  if (problems.length > 0)
    throw new ConfigurationError(problems, `${session.settings.environment}, and the cluster`);
}
