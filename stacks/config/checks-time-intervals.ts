import { checkTimeIntervals } from "../../components/alert-routes/time-interval-rules.ts";
import type { Finding } from "./findings.ts";
import { formatPath, parsePath, suggestion } from "./problems.ts";
import type { View } from "./view.ts";

/** Time intervals that nobody uses, that never hold, or that a rule names and nobody defines. */
export function timeIntervalChecks({ routes, rules, complete }: View): Finding[] {
  if (routes === undefined || !complete.rules) return [];
  const names = routes.timeIntervals.map(({ name }) => name);
  const uses = rules.flatMap(({ path, value }) =>
    (["activeTimeIntervals", "muteTimeIntervals"] as const).map((field) => ({
      path: formatPath([...path, field]),
      names: value[field] ?? [],
    })),
  );
  const findings: Finding[] = [];
  // The component refuses the same; here the error names the line of the configuration.
  checkTimeIntervals(routes.timeIntervals, uses, (place, value, reason, remedy) => {
    const isUse = place.startsWith("routes.");
    const near = isUse && typeof value === "string" ? suggestion(value, names) : undefined;
    findings.push({
      path: parsePath(isUse ? place : `routes.${place}`),
      got: JSON.stringify(value),
      expected: reason.replace(/^must /, "it to "),
      remedy: near === undefined ? remedy : `did you mean ${near}?`,
    });
  });
  return findings;
}
