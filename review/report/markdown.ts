/** The report as Markdown, within the length of a comment. */

import { compareText } from "../model/json.ts";
import type { Analysis } from "./analysis.ts";
import { fit, type Block } from "./fit.ts";
import { byComponent, changeLines, operationCounts } from "./resources.ts";
import { risksOf, type Risk } from "./risks.ts";
import { sectionsOf } from "./sections.ts";
import { code, count, plain } from "./text.ts";

/** By this a later run finds the comment of an earlier one. */
export const COMMENT_MARKER = "<!-- vllm-monitoring-review -->";

/** Characters of a comment at GitHub; GitLab and Azure take more. */
export const COMMENT_LIMIT = 65_536;

/** One environment of a report. */
export interface EnvironmentReport {
  environment: string;
  /** Whether the environment is in both commits; `unreadable`: its base can't be rendered, so that there is nothing to compare with. */
  state: "both" | "new" | "gone" | "unreadable";
  analysis: Analysis;
}

export interface ReportOptions {
  /** What is compared, as in `main (1a2b3c4) with the working tree`. */
  subject: string;
  /** What limits the comparison: other packages, a side that could not be rendered. */
  notes?: readonly string[];
  /** Environments of the head that can't be rendered, with the reason. */
  failures?: ReadonlyMap<string, string>;
  /** Characters at most. Default: no limit. */
  limit?: number;
  /** Where the whole report is when this one is cut. */
  fullReport?: string;
}

export interface Report {
  markdown: string;
  /** Something was left out because of the limit. */
  isCut: boolean;
  /** Nothing changes in any environment. */
  isEmpty: boolean;
}

export function renderReport(environments: readonly EnvironmentReport[], options: ReportOptions): Report {
  const sorted = [...environments].sort((a, b) => compareText(a.environment, b.environment));
  const bodies = sorted.map((report) => ({ report, blocks: environmentBlocks(report) }));
  const changed = bodies.filter(({ report, blocks }) => blocks.length > 0 || report.state !== "both");
  const risks = mergedRisks(sorted);
  const failures = failureBlocks(options.failures ?? new Map<string, string>());
  const isUnchanged = changed.length === 0 && risks.length === 0;
  const isEmpty = isUnchanged && failures.length === 0;
  const blocks: Block[] = [fixed([COMMENT_MARKER, "## Review of the change", "", options.subject])];
  for (const note of options.notes ?? []) blocks.push(fixed(["", `> ${note}`]));
  blocks.push(...failures);
  if (isUnchanged) {
    const names = sorted.map(({ environment }) => code(environment)).join(", ");
    // Whoever looks for "No changes" must not find it where something could not be compared.
    if (isEmpty) blocks.push(fixed(["", `**No changes** in ${names === "" ? "any environment" : names}.`]));
    else if (names !== "") blocks.push(fixed(["", `Nothing else changes in ${names}.`]));
  } else {
    blocks.push(fixed(["", ...summaryTable(sorted)]), ...riskBlocks(risks));
    for (const group of sameBodies(changed)) {
      const title = group.names.map(code).join(", ");
      blocks.push(fixed(["", `## ${title}${group.state}`]), ...group.blocks);
    }
  }
  return { ...fit(blocks, options), isEmpty };
}

/** Most lines of an error that are shown. */
const ERROR_LINES = 20;

/** What could not be looked at: the first thing to know of a change. */
function failureBlocks(failures: ReadonlyMap<string, string>): Block[] {
  return [...failures]
    .sort(([a], [b]) => compareText(a, b))
    .map(([environment, reason]) => {
      const [first = "", ...rest] = reason.split("\n").slice(0, ERROR_LINES);
      const more = rest.filter((line) => line.trim() !== "").map((line) => `  - ${plain(line.trim())}`);
      return fixed(["", `- **High:** ${code(environment)} can't be rendered: ${plain(first)}`, ...more]);
    });
}

/** Of each state what stands behind the environment's name, in the table and in titles. */
const stateNotes = {
  both: ["", ""],
  new: [" (new)", " (new environment)"],
  gone: [" (gone)", " (environment gone)"],
  unreadable: [" (no base)", " (its base can't be rendered)"],
} as const;

function fixed(lines: readonly string[]): Block {
  return { text: lines.join("\n"), short: "", rank: 0 };
}

function summaryTable(environments: readonly EnvironmentReport[]): string[] {
  const rows = environments.map(({ environment, state, analysis }) => {
    // Without its file the stack is left as it is: counts of what would go would say otherwise.
    if (state === "gone") return `| ${code(environment)} (gone) | | | | | | |`;
    const { changes, unchanged } = analysis.comparison;
    const number = (operation: string) =>
      String(changes.filter((change) => change.operation === operation).length);
    const high = risksOf(analysis).filter(({ level }) => level === "high").length;
    const [note] = stateNotes[state];
    return `| ${code(environment)}${note} | ${number("create")} | ${number("update")} | ${number("replace")} | ${number("delete")} | ${String(unchanged)} | ${high === 0 ? "" : count(high, "high risk")} |`;
  });
  return [
    "| environment | created | changed | replaced | deleted | unchanged | |",
    "| --- | ---: | ---: | ---: | ---: | ---: | --- |",
    ...rows,
  ];
}

/** Risks of all environments; one that several share is told once. */
function mergedRisks(environments: readonly EnvironmentReport[]): { risk: Risk; environments: string[] }[] {
  const merged = new Map<string, { risk: Risk; environments: string[] }>();
  for (const { environment, analysis, state } of environments) {
    // Everything of a new environment is new: the title says it.
    const risks =
      state === "gone"
        ? [orphanRisk(analysis)]
        : risksOf(analysis).filter(({ level }) => state === "both" || level === "high");
    for (const risk of risks) {
      const entry = merged.get(risk.text) ?? { risk, environments: [] };
      entry.environments.push(environment);
      merged.set(risk.text, entry);
    }
  }
  const order = ["high", "medium", "low"];
  return [...merged.values()].sort(
    (a, b) =>
      order.indexOf(a.risk.level) - order.indexOf(b.risk.level) || compareText(a.risk.text, b.risk.text),
  );
}

/** What it means that an environment has no file any more. */
function orphanRisk({ comparison: { base } }: Analysis): Risk {
  const resources = count(base.resources.length, "resource");
  return {
    level: "medium",
    text: `The environment has no file any more: nothing is deleted by that, its stack stays with ${resources}, and nobody can update it; if it is to go, ${code("pulumi destroy")} comes first`,
  };
}

const titles = { high: "High", medium: "Medium", low: "To know" } as const;

/** Risks are kept longest; of very many the least ones go first. */
function riskBlocks(risks: readonly { risk: Risk; environments: string[] }[]): Block[] {
  if (risks.length === 0) return [];
  const blocks = [fixed(["", "### Risks", ""])];
  for (const [rank, level] of (["high", "medium", "low"] as const).entries()) {
    const own = risks.filter(({ risk }) => risk.level === level);
    for (let start = 0; start < own.length; start += 20) {
      const chunk = own.slice(start, start + 20);
      blocks.push({
        text: chunk
          .map(
            ({ risk, environments }) =>
              `- **${titles[level]}:** ${risk.text} (${environments.map(code).join(", ")})`,
          )
          .join("\n"),
        short: `- ${count(chunk.length, `more risk of the level ${level}`, `more risks of the level ${level}`)}`,
        rank: 1 + rank,
      });
    }
  }
  return blocks;
}

function environmentBlocks({ analysis, state }: EnvironmentReport): Block[] {
  // Nothing happens to what it consists of.
  if (state === "gone") return [];
  const blocks: Block[] = [];
  const sections = sectionsOf(analysis);
  for (const { title, lines } of sections)
    blocks.push({
      text: ["", `### ${title}`, "", ...lines].join("\n"),
      short: `\n### ${title}\n\n- ${count(lines.length, "line")} left out`,
      rank: 5,
    });
  const groups = byComponent(analysis.comparison);
  if (groups.length > 0) blocks.push(fixed(["", "### Resources", ""]));
  for (const { component, changes } of groups) {
    const summary = `${component === "" ? "Stack" : component}: ${operationCounts(changes)}`;
    blocks.push({
      text: details(summary, changes.flatMap(changeLines)),
      short: `- ${code(summary)}`,
      rank: 10,
      isCountable: true,
    });
  }
  const { renamed } = analysis.comparison;
  if (renamed.length > 0)
    blocks.push({
      text: details(
        `${count(renamed.length, "resource")} renamed without a change, thanks to aliases`,
        renamed.map(
          ({ from, to }) =>
            `- ${code(from.split("::").slice(2).join(" "))} → ${code(to.urn.split("::").slice(2).join(" "))}`,
        ),
      ),
      short: `- ${count(renamed.length, "resource")} renamed without a change, thanks to aliases`,
      rank: 10,
    });
  return blocks;
}

function details(summary: string, lines: readonly string[]): string {
  const text = summary
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll("@", "@\u200b");
  // Blank lines end the HTML block, so that what follows is Markdown again.
  return ["", "<details>", `<summary>${text}</summary>`, "", ...lines, "", "</details>", ""].join("\n");
}

/** Environments in which exactly the same happens, told together. */
function sameBodies(bodies: readonly { report: EnvironmentReport; blocks: Block[] }[]) {
  const groups = new Map<string, { names: string[]; state: string; blocks: Block[] }>();
  for (const { report, blocks } of bodies) {
    const [, state] = stateNotes[report.state];
    const key = `${state}\n${blocks.map(({ text }) => text).join("\n")}`;
    const group = groups.get(key) ?? { names: [], state, blocks };
    group.names.push(report.environment);
    groups.set(key, group);
  }
  return [...groups.values()];
}
