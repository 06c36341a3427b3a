/** Series of a real vLLM 0.32.0, and how many are left when what neither rules nor dashboards read is thrown away. */
import * as path from "node:path";

import { repositoryRoot } from "../local/toolchain/tools.ts";
import { parseConfiguration } from "../stacks/config/parse.ts";
import { configurationOfFile } from "../stacks/config/sources.ts";
import { engineUsage } from "../stacks/mapping/metrics.ts";
import { dropPattern } from "../metrics/usage.ts";
import { vllm } from "../metrics/vllm/index.ts";
import { fixture, modes } from "../test/support/vllm-fixtures.ts";
import type { Measurement } from "./report.ts";

/** The series that a scrape of an exposition stores. */
function seriesOf(text: string): string[] {
  return text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
}

const nameOf = (line: string): string => /^[a-zA-Z_:][a-zA-Z0-9_:]*/.exec(line)?.[0] ?? "";

/** Before and after the relabelling, for each of the recorded modes, with the rules and dashboards of production. */
export function seriesBudget(): Measurement[] {
  const source = path.join(repositoryRoot, "stacks", "Pulumi.prod.yaml");
  const { settings } = parseConfiguration(configurationOfFile(source), source, { requireSecrets: false });
  const [model] = settings.fleet.models;
  if (model === undefined) throw new Error("production has no model");
  const dropped = new RegExp(`^(?:${dropPattern(vllm, engineUsage(model, settings).unused)})$`);
  return modes.map((mode) => {
    const all = seriesOf(fixture(mode, "loaded"));
    const kept = all.filter((line) => !dropped.test(nameOf(line)));
    return {
      what: `series of a replica (${mode}) with engineMetrics: used`,
      value: kept.length,
      unit: "series",
      limit: all.length,
      details: `of ${String(all.length)}: ${String(Math.round((100 * kept.length) / all.length))} % are read`,
    };
  });
}
