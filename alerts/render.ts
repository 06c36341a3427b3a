import { boardUrl } from "./boards.ts";
import type { AlertRuleArgs, RecordingRule, RuleGroupArgs } from "./types.ts";

/** A rule as Prometheus reads it. */
export interface RenderedRule {
  alert?: string;
  record?: string;
  expr: string;
  for?: string;
  keep_firing_for?: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
}

/** A group as Prometheus reads it. */
export interface RenderedGroup {
  name: string;
  interval?: string;
  rules: RenderedRule[];
}

/**
 * The groups of a rule file.
 *
 * @param runbookBaseUrl where alerts/runbooks is published
 * @param dashboardBaseUrl Grafana's address; without it alerts have no `dashboard_url`
 */
export function ruleGroups(
  groups: RuleGroupArgs[],
  runbookBaseUrl: string,
  dashboardBaseUrl?: string,
): RenderedGroup[] {
  const base = runbookBaseUrl.replace(/\/+$/, "");
  return groups.map(({ name, interval, recordings = [], alerts = [] }) => ({
    name,
    ...(interval === undefined ? {} : { interval }),
    rules: [
      ...recordings.map(renderRecording),
      ...alerts.map((alert) => renderAlert(alert, base, dashboardBaseUrl)),
    ],
  }));
}

function renderRecording({ record, expr, labels }: RecordingRule): RenderedRule {
  return { record, expr, ...(labels === undefined ? {} : { labels }) };
}

function renderAlert(
  rule: AlertRuleArgs,
  runbookBaseUrl: string,
  dashboardBaseUrl: string | undefined,
): RenderedRule {
  const { summary, description, extra } = rule.annotations;
  return {
    alert: rule.alert,
    expr: rule.expr,
    ...(rule.for === undefined ? {} : { for: rule.for }),
    ...(rule.keepFiringFor === undefined ? {} : { keep_firing_for: rule.keepFiringFor }),
    labels: { severity: rule.severity, ...rule.labels },
    annotations: {
      summary,
      description,
      runbook_url: `${runbookBaseUrl}/${rule.alert}.md`,
      ...(rule.dashboard === undefined || dashboardBaseUrl === undefined
        ? {}
        : { dashboard_url: boardUrl(rule.dashboard, dashboardBaseUrl) }),
      ...extra,
    },
  };
}
