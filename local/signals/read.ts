/** What the rules of a running environment say. */
import type { Settings } from "../../stacks/config/settings.ts";
import type { PrometheusApi } from "../cli/prometheus-api.ts";
import { absencesOf, notYetRecorded } from "./absences.ts";
import { signalsOf, type Signal } from "./report.ts";

/** Runs every rule that a Prometheus has loaded. */
export async function readSignals(prometheus: PrometheusApi, settings: Settings): Promise<Signal[]> {
  const { startTime } = await prometheus.runtime();
  const age = (Date.now() - Date.parse(startTime)) / 1000;
  const count = async (expression: string): Promise<number> => (await prometheus.query(expression)).length;
  const rules = await prometheus.rules();
  return await signalsOf(rules, count, [...notYetRecorded(rules, age), ...absencesOf(settings, age)]);
}
