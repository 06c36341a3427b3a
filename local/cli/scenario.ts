import { CoreV1Api, KubeConfig } from "@kubernetes/client-node";

import { layout } from "../environment/environment.ts";
import { request } from "../environment/http.ts";
import { table } from "./progress.ts";
import { openSession } from "./session.ts";

/** Port of the OpenAI API of a replica, where the simulator takes its scenario too. */
const apiPort = 8000;

/** `make scenario`: sets the load of the simulated replicas of one model, or of all. */
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
