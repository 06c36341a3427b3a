/** Texts of the dashboards' queries. */
import { print, type ContextOptions, type Expression } from "../metrics/promql/index.ts";
import { selectors } from "../metrics/promql/node.ts";

/** Prints an expression, or refuses it. */
export type Printer = (expression: Expression) => string;

/**
 * What a dashboard queries: series that rules record, or series as they are scraped. One dashboard never mixes the two,
 * because recorded series have neither `job` nor `instance`, by which every query of a dashboard is narrowed.
 */
export type SeriesKind = "recorded" | "scraped";

/** A printer for the queries of one dashboard. Conditions on external labels are kept: see `variables.ts`. */
export function printerFor(title: string, kind: SeriesKind, context: ContextOptions): Printer {
  return (expression) => {
    const text = print(expression, { ...context, externalLabels: "keep" });
    for (const { series, matchers } of selectors(expression.node)) {
      const recorded = series.kind === "recorded";
      if (recorded !== (kind === "recorded")) {
        throw new Error(
          `dashboard "${title}" queries ${kind} series only, but ${text} is of the other kind; ` +
            (recorded ? "query the metric itself" : "record it in alerts/"),
        );
      }
      if (!matchers.some(({ label }) => label === "job")) {
        throw new Error(
          `dashboard "${title}": ${text} is not narrowed by its variables; choose() its series`,
        );
      }
    }
    return text;
  };
}

/** Why a legend can't be filled in: it names a label that the result lacks. */
export function legendProblem(expression: Expression, legend: string): string | undefined {
  const labels: readonly string[] = expression.kind === "vector" ? expression.labels : [];
  const asked = [...legend.matchAll(/\{\{\s*(\w+)\s*\}\}/g)].flatMap(([, label]) => label ?? []);
  const unknown = asked.find((label) => !labels.includes(label));
  if (unknown === undefined) return undefined;
  return `the legend ${JSON.stringify(legend)} names "${unknown}", but the result has ${labels.join(", ") || "no label"}`;
}
