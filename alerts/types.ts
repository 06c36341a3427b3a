import type { BoardLink } from "./boards.ts";
import type { Duration } from "./duration.ts";

/** How soon somebody must act; the label `severity` of the alert. */
export const Severity = {
  /** Users suffer, or will within the hour: call somebody. */
  Critical: "critical",
  /** Somebody must look within the working day. */
  Warning: "warning",
  /** Worth knowing next to another alert. */
  Info: "info",
  /** No problem at all: heartbeats. */
  None: "none",
} as const;
export type Severity = (typeof Severity)[keyof typeof Severity];

/** What people read. Texts are Go templates: `{{ $labels.pod }}`, `{{ $value | humanize }}`. */
export interface AlertAnnotations {
  /** One line that says what is wrong, with the value. */
  summary: string;
  /** What it means and for whom. */
  description: string;
  /** More annotations. */
  extra?: Record<string, string>;
}

/**
 * An alerting rule with durations as plain text, as other languages and `AlertRules` take it; rules of this project are
 * {@link AlertRule}s.
 */
export interface AlertRuleArgs {
  /** Name in CamelCase; the runbook is alerts/runbooks/<name>.md. */
  alert: string;
  /** PromQL; the alert exists for each series of its result. */
  expr: string;
  /** How long the expression must hold without a gap. Default: no time at all. */
  for?: string;
  /** How long the alert stays after the expression stopped to hold. Default: no time at all. */
  keepFiringFor?: string;
  severity: Severity;
  /** More labels, for example `component`. */
  labels?: Record<string, string>;
  /** Dashboard that shows what the alert is about; the annotation `dashboard_url`. Default: none. */
  dashboard?: BoardLink;
  annotations: AlertAnnotations;
}

/** A recording rule. */
export interface RecordingRule {
  /** level:metric:operations, for example "model:vllm_generation_tokens:rate5m". */
  record: string;
  /** PromQL. */
  expr: string;
  /** Labels of the result. */
  labels?: Record<string, string>;
}

/** Rules that are evaluated one after another: recordings first, then the alerts that use them. */
export interface RuleGroupArgs {
  /** Unique in its set. */
  name: string;
  /** How often the rules run. Default: Prometheus' evaluation interval. */
  interval?: string;
  recordings?: RecordingRule[];
  alerts?: AlertRuleArgs[];
}

/** Groups that become one PrometheusRule object. */
export interface RuleSetArgs {
  /** Name of the object, and of the file that Prometheus reads. */
  name: string;
  groups: RuleGroupArgs[];
}

/** An alerting rule. */
export interface AlertRule extends AlertRuleArgs {
  for?: Duration;
  keepFiringFor?: Duration;
}

/** A group whose durations the compiler checks. */
export interface RuleGroup extends RuleGroupArgs {
  interval?: Duration;
  alerts?: AlertRule[];
}

/** A set whose durations the compiler checks. */
export interface RuleSet extends RuleSetArgs {
  groups: RuleGroup[];
}
