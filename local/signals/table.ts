/** The report on all rules, for people. */
import { table } from "../cli/progress.ts";
import type { Signal, SignalState } from "./report.ts";

const states: readonly SignalState[] = ["data", "silent", "off", "empty"];

/** Counts by kind, then every rule that gives nothing for a reason or without one. */
export function signalTable(signals: readonly Signal[]): string {
  const rows = (["recording", "alerting"] as const).map((type) => {
    const own = signals.filter(({ rule }) => rule.type === type);
    return [type, ...states.map((state) => String(own.filter((signal) => signal.state === state).length))];
  });
  const rest = signals
    .filter(({ state }) => state === "off" || state === "empty")
    .map(({ rule, state, reason }) => [state, nameOf(rule), reason]);
  const unique = [...new Map(rest.map((row) => [row.join(), row])).values()];
  return `${table([["RULES", "DATA", "SILENT", "OFF", "EMPTY"], ...rows])}\n\n${table([["STATE", "RULE", "REASON"], ...unique])}`;
}

/** The same as Markdown, with every rule and its expression. */
export function signalMarkdown(signals: readonly Signal[]): string {
  const cell = (text: string): string => text.replaceAll("|", "\\|").replaceAll(/\s+/g, " ");
  const rows = signals.map(({ rule, state, series, reason }) =>
    [nameOf(rule), state, String(series), reason, `\`${rule.query}\``].map(cell).join(" | "),
  );
  return [
    "# Every rule on this Prometheus",
    "",
    "| rule | state | series | reason | expression |",
    "| --- | --- | ---: | --- | --- |",
    ...rows.map((row) => `| ${row} |`),
    "",
  ].join("\n");
}

/** Rules of several models or stages share a name: the labels that tell them apart. */
function nameOf({ name, labels = {} }: Signal["rule"]): string {
  const telling = ["model_name", "slo", "stage", "burn_window"].flatMap((label) => labels[label] ?? []);
  return [name, ...telling].join(" ");
}
