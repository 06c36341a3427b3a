/** Dashboards that alerts lead to, by their identity in Grafana, which never changes. */
export const Board = {
  fleet: "vllm-fleet-overview",
  model: "vllm-model",
  queue: "vllm-queue",
  gpu: "vllm-gpu",
  gateway: "vllm-gateway",
  ray: "vllm-ray",
  capacity: "vllm-capacity",
  slo: "vllm-slo",
  monitoring: "vllm-monitoring",
} as const;
export type Board = (typeof Board)[keyof typeof Board];

/** Variables of the dashboards that an alert's labels can set. */
export const BoardVariable = {
  Namespace: "namespace",
  ModelName: "model_name",
  Pod: "pod",
  Node: "node",
} as const;
export type BoardVariable = (typeof BoardVariable)[keyof typeof BoardVariable];

/** Where an alert leads. */
export interface BoardLink {
  /** Identity (uid) of the dashboard in Grafana. */
  uid: string;
  /** Labels of the alert that choose what the dashboard shows. */
  variables?: BoardVariable[];
}

/**
 * The address of a dashboard with what the alert is about chosen, as a template of the alert.
 *
 * @param baseUrl Grafana's address
 */
export function boardUrl({ uid, variables = [] }: BoardLink, baseUrl: string): string {
  const query = variables.map((name) => `var-${name}={{ $labels.${name} | urlquery }}`);
  return `${baseUrl.replace(/\/+$/, "")}/d/${uid}${query.length === 0 ? "" : `?${query.join("&")}`}`;
}
