import { compareSnapshots } from "../../../review/diff/changes.ts";
import type { Snapshot } from "../../../review/model/snapshot.ts";
import { analyse } from "../../../review/report/analysis.ts";
import { renderReport, type Report, type ReportOptions } from "../../../review/report/markdown.ts";
import type { NodePrices } from "../../../stacks/config/node-prices.ts";

export const prices: NodePrices = new Map([
  ["g6.12xlarge", 4],
  ["m7i.large", 0.1],
]);

/** The report on two snapshots of one environment. */
export function reportOn(base: Snapshot, head: Snapshot, options: Partial<ReportOptions> = {}): Report {
  const analysis = analyse(compareSnapshots(base, head), prices);
  return renderReport([{ environment: head.environment, state: "both", analysis }], {
    subject: "Compared: base with head.",
    ...options,
  });
}
