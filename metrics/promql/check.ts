import { compareVersions, type MetricFamily } from "../family.ts";
import { externalLabels } from "../targets.ts";
import type { Context } from "./context.ts";
import { durationMilliseconds, isGrafanaDuration } from "./duration.ts";
import { PromqlError } from "./error.ts";
import { requireBound } from "./le.ts";
import { children, selectors, seriesTitle, type Node, type SelectorNode } from "./node.ts";
import type { Source } from "./source.ts";

const external: readonly string[] = externalLabels;

/** Everything about an expression that does not hold under a context, as messages; empty when it can be printed. */
export function problemsOf(node: Node, context: Context): readonly string[] {
  const found = [
    ...selectors(node).flatMap((selector) => selectorProblems(selector, context)),
    ...labelUses(node).flatMap(({ label, use, under }) => labelProblems(label, use, under, context)),
  ];
  return [...new Set(found)];
}

function attempt(action: () => unknown): readonly string[] {
  try {
    action();
    return [];
  } catch (error) {
    if (error instanceof PromqlError) return [error.message];
    throw error;
  }
}

function selectorProblems(selector: SelectorNode, context: Context): readonly string[] {
  const { series, bound } = selector;
  if (series.kind === "recorded") return [];
  const { family, source } = series;
  const missing = versionProblems(family, source, context);
  return [
    ...missing,
    ...(missing.length > 0 ? [] : attempt(() => source.nameOf(family, context))),
    ...(bound === undefined || family.type !== "histogram"
      ? []
      : attempt(() => {
          requireBound(family, bound, context);
        })),
    ...windowProblems(selector, context),
  ];
}

function versionProblems(family: MetricFamily, source: Source, context: Context): readonly string[] {
  const { from, to } = context.versions[source.product];
  const configured = from === to ? from : `${from} to ${to}`;
  const hint = family.caveat === undefined ? "" : ` (${family.caveat})`;
  if (compareVersions(from, family.since) < 0) {
    return [
      `${family.name} is known since ${source.product} ${family.since}, but versions.${source.product} is ${configured}; ` +
        `raise it, or leave the query out${hint}`,
    ];
  }
  if (family.until !== undefined && compareVersions(to, family.until) >= 0) {
    return [
      `${family.name} is gone since ${source.product} ${family.until}, and versions.${source.product} is ${configured}; ` +
        `use what replaced it${hint}`,
    ];
  }
  return [];
}

function windowProblems({ series, range }: SelectorNode, context: Context): readonly string[] {
  if (range === undefined || context.scrapeInterval === undefined || isGrafanaDuration(range)) return [];
  const window = durationMilliseconds(range) ?? 0;
  if (window >= 2_000 * context.scrapeInterval) return [];
  return [
    `${seriesTitle(series)}[${range}]: the window holds fewer than two samples of a scrape every ` +
      `${String(context.scrapeInterval)} s; take at least ${String(4 * context.scrapeInterval)}s`,
  ];
}

interface LabelUse {
  readonly label: string;
  readonly use: string;
  readonly under: readonly SelectorNode[];
}

/** Every label that a tree names, with the selectors that it is asked of. */
function labelUses(node: Node): readonly LabelUse[] {
  const own = ((): readonly LabelUse[] => {
    switch (node.kind) {
      case "selector":
        return node.matchers.map(({ label }) => ({ label, use: "a condition on", under: [node] }));
      case "aggregate":
        return (node.grouping?.labels ?? []).map((label) => ({
          label,
          use: `${node.operator} ${node.grouping?.kind ?? "by"}`,
          under: selectors(node.operand),
        }));
      case "binary":
        return [...(node.matching?.labels ?? []), ...(node.matching?.include ?? [])].map((label) => ({
          label,
          use: `${node.operator} ${node.matching?.kind ?? "on"}`,
          under: selectors(node),
        }));
      default:
        return [];
    }
  })();
  return [...own, ...children(node).flatMap(labelUses)];
}

function labelProblems(
  label: string,
  use: string,
  under: readonly SelectorNode[],
  context: Context,
): readonly string[] {
  if (external.includes(label)) {
    if (context.externalLabels !== "refuse") return [];
    return [
      `${use} "${label}": it is an external label, which a Prometheus gives to what it sends but not to its own answers; ` +
        "leave it out, or set externalLabels of the context to keep or drop",
    ];
  }
  return under.flatMap(({ series }) => {
    if (series.kind === "recorded") return [];
    const { family, source } = series;
    const bounds = family.labelVersions?.[label];
    if (bounds === undefined) return [];
    const { from, to } = context.versions[source.product];
    const early = bounds.since !== undefined && compareVersions(from, bounds.since) < 0;
    const late = bounds.until !== undefined && compareVersions(to, bounds.until) >= 0;
    if (!early && !late) return [];
    return [
      `${use} "${label}": ${family.name} has it ${early ? `only since ${bounds.since ?? ""}` : `no longer since ${bounds.until ?? ""}`} ` +
        `of ${source.product}; use a target label instead`,
    ];
  });
}
