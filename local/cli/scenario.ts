import { CoreV1Api, KubeConfig, type V1Pod } from "@kubernetes/client-node";

import { layout } from "../environment/environment.ts";
import type { GpuSummary } from "../../services/dcgm-simulator/exporter.ts";
import { getJson, request } from "../environment/http.ts";
import { table } from "./progress.ts";
import { openSession } from "./session.ts";

/** Port of the OpenAI API of a replica, where the simulator takes its scenario too. */
const apiPort = 8000;
/** Port of the simulated exporters of GPU counters. */
const exporterPort = 9400;

/** Names of scenarios that break a GPU, or mend it, begin so. */
const GPU_PREFIX = "gpu-";

/** `make scenario`: sets the load of the simulated replicas of one model, or of all; or breaks a GPU that one of them holds. */
export async function scenario(name: string, wanted: string, model: string): Promise<void> {
  const session = openSession(name);
  const config = new KubeConfig();
  config.loadFromFile(layout(session.environment).kubeconfig);
  const { items } = await config
    .makeApiClient(CoreV1Api)
    .listPodForAllNamespaces({ labelSelector: "app.kubernetes.io/name=vllm" });
  const pods = items.filter(
    (pod) => model === "" || pod.metadata?.labels?.["app.kubernetes.io/instance"] === model,
  );
  if (pods.length === 0) {
    const known = session.settings.fleet.models.map((entry) => entry.name).join(", ");
    throw new Error(`MODEL: got "${model}"; expected one of ${known}, with at least one running replica`);
  }
  if (wanted.startsWith(GPU_PREFIX)) {
    const places = await breakGpu(config, wanted.slice(GPU_PREFIX.length), pods);
    console.log(table([["NODE", "GPU", "HELD BY", "FAULT"], ...places]));
    return;
  }
  const rows: string[][] = [["POD", "SCENARIO"]];
  for (const pod of pods) {
    const answer = await request(`http://${pod.status?.podIP ?? ""}:${String(apiPort)}/simulator/scenario`, {
      method: "POST",
      body: JSON.stringify({ scenario: wanted }),
      headers: { "content-type": "application/json" },
    });
    if (answer.status !== 200) {
      throw new Error(`NAME: got "${wanted}"; ${answer.body.trim()}`);
    }
    rows.push([pod.metadata?.name ?? "", wanted]);
  }
  console.log(table(rows));
}

/**
 * Breaks the first GPU that one of these pods holds; mends all GPUs of theirs.
 *
 * @returns for each GPU its node, index, holder and what is wrong with it now
 */
async function breakGpu(config: KubeConfig, fault: string, pods: readonly V1Pod[]): Promise<string[][]> {
  const { items } = await config
    .makeApiClient(CoreV1Api)
    .listPodForAllNamespaces({ labelSelector: "app.kubernetes.io/name=dcgm-exporter" });
  const names = new Set(pods.map(({ metadata }) => `${metadata?.namespace ?? ""}/${metadata?.name ?? ""}`));
  const places: string[][] = [];
  for (const { spec, status } of items) {
    const url = `http://${status?.podIP ?? ""}:${String(exporterPort)}/simulator`;
    const { gpus, faults } = await getJson<{ gpus: GpuSummary[]; faults: Record<string, string> }>(
      `${url}/gpus`,
    );
    if (!Object.hasOwn(faults, fault)) {
      const known = Object.entries(faults).map(([name, text]) => `  ${GPU_PREFIX}${name}: ${text}`);
      throw new Error(`NAME: got "${GPU_PREFIX}${fault}"; expected one of\n${known.join("\n")}`);
    }
    for (const { uuid, index, namespace = "", pod = "" } of gpus) {
      if (!names.has(`${namespace}/${pod}`) || (fault !== "healthy" && places.length > 0)) continue;
      const body = JSON.stringify({ uuid, fault });
      const answer = await request(`${url}/fault`, { method: "POST", body });
      if (answer.status !== 200) throw new Error(`NAME: got "${GPU_PREFIX}${fault}"; ${answer.body.trim()}`);
      places.push([spec?.nodeName ?? "", String(index), `${namespace}/${pod}`, fault]);
    }
  }
  if (places.length === 0) throw new Error("no GPU is held by these pods; is the DCGM exporter up?");
  return places;
}
