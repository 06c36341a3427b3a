import { parser } from "@prometheus-io/lezer-promql";

import { parseDuration } from "../components/support/quantity.ts";
import { templateProblem } from "./template.ts";
import { Severity, type AlertRuleArgs, type RuleGroupArgs, type RuleSetArgs } from "./types.ts";

/** One wrong field of a rule. */
export interface RuleProblem {
  /** Where it is, for example `ruleSets[0].groups[1].alerts[0].for`. */
  path: string;
  value: unknown;
  /** What is wrong, as a predicate. */
  reason: string;
  remedy: string;
}

const LABEL = /^[a-zA-Z_][a-zA-Z0-9_]*$/;
const RECORD = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;

/**
 * Everything wrong with rules that can be said without Prometheus. The operator would drop a PrometheusRule with an error
 * and go on with the others, so that alerts are silently missing.
 */
export function ruleProblems(ruleSets: RuleSetArgs[]): RuleProblem[] {
  const problems: RuleProblem[] = [];
  const add = (path: string, value: unknown, reason: string, remedy: string): void => {
    problems.push({ path, value, reason, remedy });
  };
  eachUnique(
    ruleSets.map(({ name }) => name),
    (index, name) => {
      add(`ruleSets[${String(index)}].name`, name, "must be unique", "give each set its own name");
    },
  );
  ruleSets.forEach((set, setIndex) => {
    const path = `ruleSets[${String(setIndex)}]`;
    if (!/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(set.name)) {
      add(`${path}.name`, set.name, "must be a DNS label", "use lower-case letters, digits and hyphens");
    }
    if (set.groups.length === 0)
      add(`${path}.groups`, set.groups, "must hold a group", "add one, or remove the set");
    eachUnique(
      set.groups.map(({ name }) => name),
      (index, name) => {
        add(
          `${path}.groups[${String(index)}].name`,
          name,
          "must be unique in its set",
          "rename one of the groups",
        );
      },
    );
    set.groups.forEach((group, index) => {
      checkGroup(`${path}.groups[${String(index)}]`, group, add);
    });
  });
  return problems;
}

type Add = (path: string, value: unknown, reason: string, remedy: string) => void;

function checkGroup(path: string, group: RuleGroupArgs, add: Add): void {
  const { recordings = [], alerts = [] } = group;
  if (group.name.trim() === "") add(`${path}.name`, group.name, "must not be empty", "name the group");
  checkDuration(`${path}.interval`, group.interval, add);
  if (recordings.length + alerts.length === 0)
    add(path, group.name, "must hold a rule", "add one, or remove the group");
  recordings.forEach((rule, index) => {
    const rulePath = `${path}.recordings[${String(index)}]`;
    if (!RECORD.test(rule.record)) {
      add(`${rulePath}.record`, rule.record, "must be a metric name", "use letters, digits, _ and :");
    }
    checkExpression(`${rulePath}.expr`, rule.expr, add);
    checkLabels(`${rulePath}.labels`, rule.labels, [], add);
  });
  alerts.forEach((rule, index) => {
    checkAlert(`${path}.alerts[${String(index)}]`, rule, add);
  });
  eachUnique(
    alerts.map(({ alert, severity, labels }) => JSON.stringify([alert, severity, labels ?? {}])),
    (index) => {
      const name = alerts[index]?.alert;
      add(
        `${path}.alerts[${String(index)}].alert`,
        name,
        "stands in the group twice with equal labels",
        "rename one",
      );
    },
  );
}

function checkAlert(path: string, rule: AlertRuleArgs, add: Add): void {
  if (!/^[A-Z][A-Za-z0-9]*$/.test(rule.alert)) {
    add(
      `${path}.alert`,
      rule.alert,
      "must be a name in CamelCase",
      "use letters and digits, a capital first",
    );
  }
  checkExpression(`${path}.expr`, rule.expr, add);
  checkDuration(`${path}.for`, rule.for, add);
  checkDuration(`${path}.keepFiringFor`, rule.keepFiringFor, add);
  const severities: string[] = Object.values(Severity);
  if (!severities.includes(rule.severity)) {
    add(`${path}.severity`, rule.severity, `must be one of ${severities.join(", ")}`, "choose one of them");
  }
  checkLabels(`${path}.labels`, rule.labels, ["alertname", "severity"], add);
  // From JavaScript or YAML it may be absent all the same.
  const annotations = (rule.annotations as AlertRuleArgs["annotations"] | undefined) ?? {
    summary: "",
    description: "",
  };
  for (const field of ["summary", "description"] as const) {
    const text = annotations[field] as string | undefined;
    if (text === undefined || text.trim() === "") {
      add(`${path}.annotations.${field}`, text, "must say something", "people read nothing else at night");
    }
  }
  if (annotations.summary.includes("\n")) {
    add(
      `${path}.annotations.summary`,
      annotations.summary,
      "must be one line",
      "move the rest to the description",
    );
  }
  for (const [name, value] of Object.entries(annotations.extra ?? {})) {
    if (["summary", "description", "runbook_url"].includes(name) || !LABEL.test(name)) {
      const remedy = "use another name of letters, digits and _";
      add(`${path}.annotations.extra.${name}`, value, "must have a free annotation name", remedy);
    }
  }
  const templates = {
    ...annotations.extra,
    summary: annotations.summary,
    description: annotations.description,
  };
  for (const [name, text] of Object.entries(templates)) {
    const problem = templateProblem(text);
    if (problem !== undefined) add(`${path}.annotations.${name}`, text, problem, "correct the template");
  }
}

function checkLabels(
  path: string,
  labels: Record<string, string> | undefined,
  reserved: string[],
  add: Add,
): void {
  for (const [name, value] of Object.entries(labels ?? {})) {
    if (!LABEL.test(name) || name.startsWith("__")) {
      add(`${path}.${name}`, value, "must have a label name of letters, digits and _", "rename it");
    }
    if (reserved.includes(name))
      add(`${path}.${name}`, value, "is set from the rule's own field", "remove it");
    const problem = templateProblem(value);
    if (problem !== undefined) add(`${path}.${name}`, value, problem, "correct the template");
    // A new value makes another alert, which starts waiting anew and never fires.
    if (value.includes("$value"))
      add(`${path}.${name}`, value, "must not hold $value", "put it into an annotation");
  }
}

function checkDuration(path: string, value: string | undefined, add: Add): void {
  if (value === undefined || (parseDuration(value) ?? 0) > 0) return;
  add(path, value, "must be a duration above zero", 'write one such as "30s" or "1h30m", or leave it out');
}

function checkExpression(path: string, expression: string, add: Add): void {
  const problem = syntaxProblem(expression);
  if (problem !== undefined) add(path, expression, problem, "correct the PromQL");
}

/** Expressions that were parsed: every environment has the same thousand. */
const parsed = new Map<string, string | undefined>();

/** Where PromQL is no PromQL, or undefined. */
export function syntaxProblem(expression: string): string | undefined {
  if (!parsed.has(expression)) parsed.set(expression, parse(expression));
  return parsed.get(expression);
}

function parse(expression: string): string | undefined {
  if (expression.trim() === "") return "must not be empty";
  let position: number | undefined;
  parser.parse(expression).iterate({
    enter(node) {
      if (node.type.isError) position ??= node.from;
    },
  });
  return position === undefined ? undefined : `is no PromQL from character ${String(position + 1)} on`;
}

function eachUnique(values: string[], twice: (index: number, value: string) => void): void {
  values.forEach((value, index) => {
    if (values.indexOf(value) !== index) twice(index, value);
  });
}
