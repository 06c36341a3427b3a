import type { HistogramFamily, MetricFamily, SampleName } from "../metrics/family.ts";

/** Labels that the targets bring along; components/vllm/monitor.ts sets them on every series of a replica. */
export type TargetLabel =
  | "cluster"
  | "container"
  | "endpoint"
  | "instance"
  | "job"
  | "model"
  | "namespace"
  | "node"
  | "owner"
  | "pod"
  | "team";

/** Label names that a query may use on a family's samples. */
export type QueryLabel<F extends MetricFamily> =
  F["labels"][number] | TargetLabel | (F extends HistogramFamily ? "le" : never);

/** One label matcher. */
export interface Matcher<Label extends string> {
  label: Label;
  operator: "=" | "!=" | "=~" | "!~";
  value: string;
}

/** `name{label="value"}` of a sample that the catalogue knows; a label that the family lacks does not compile. */
export function select<const F extends MetricFamily>(
  family: F,
  matchers: Matcher<QueryLabel<F>>[] = [],
  sample: SampleName<F> = family.name as SampleName<F>,
): string {
  const inner = matchers
    .map(({ label, operator, value }) => `${label}${operator}${JSON.stringify(value)}`)
    .join(",");
  return inner === "" ? sample : `${sample}{${inner}}`;
}
