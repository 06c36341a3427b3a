/** The report as Markdown, within the length of a comment. */

import { compareText } from "../model/json.ts";
import type { Analysis } from "./analysis.ts";
import { byComponent, changeLines, operationCounts } from "./resources.ts";
import { risksOf, type Risk } from "./risks.ts";
import { sectionsOf } from "./sections.ts";
import { code, count } from "./text.ts";

/** By this a later run finds the comment of an earlier one. */
export const COMMENT_MARKER = "<!-- vllm-monitoring-review -->";

/** Characters of a comment at GitHub; GitLab and Azure take more. */
export const COMMENT_LIMIT = 65_536;

/** One environment of a report. */
export interface EnvironmentReport {
  environment: string;
  /** Whether the environment is in both commits. */
  state: "both" | "new" | "gone";
  analysis: Analysis;
}

export interface ReportOptions {
  /** What is compared, as in `main (1a2b3c4) with the working tree`. */
  subject: string;
  /** What limits the comparison: other packages, a side that could not be rendered. */
  notes?: readonly string[];
  /** Characters at most. Default: no limit. */
  limit?: number;
  /** Where the whole report is when this one is cut. */
  fullReport?: string;
}

/** Part of a report that can be left out for a shorter one. */
interface Block {
  text: string;
  /** What stands in its place when it is left out. */
  short: string;
  /** The higher, the earlier it is left out; 0 is never. */
  rank: number;
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
  const isEmpty = changed.length === 0 && risks.length === 0;
  const blocks: Block[] = [fixed([COMMENT_MARKER, "## Review of the change", "", options.subject])];
  for (const note of options.notes ?? []) blocks.push(fixed(["", `> ${note}`]));
  if (isEmpty) {
    const names = sorted.map(({ environment }) => code(environment)).join(", ");
    blocks.push(fixed(["", `**No changes** in ${names === "" ? "any environment" : names}.`]));
  } else {
    blocks.push(fixed(["", ...summaryTable(sorted)]), ...riskBlocks(risks));
    for (const group of sameBodies(changed)) {
      const title = group.names.map(code).join(", ");
      blocks.push(fixed(["", `## ${title}${group.state}`]), ...group.blocks);
    }
  }
  return { ...fit(blocks, options), isEmpty };
}

function fixed(lines: readonly string[]): Block {
  return { text: lines.join("\n"), short: "", rank: 0 };
}

function summaryTable(environments: readonly EnvironmentReport[]): string[] {
  const rows = environments.map(({ environment, state, analysis }) => {
    const { changes, unchanged } = analysis.comparison;
    const number = (operation: string) =>
      String(changes.filter((change) => change.operation === operation).length);
    const high = risksOf(analysis).filter(({ level }) => level === "high").length;
    const note = state === "both" ? "" : state === "new" ? " (new)" : " (gone)";
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
    // Everything of a new environment is new, and of one that is gone everything is gone: the title says it.
    const risks = risksOf(analysis).filter(({ level }) => state === "both" || level === "high");
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
  const blocks: Block[] = [];
  // Of a new environment the list of resources says enough; the sections would repeat the whole configuration.
  const sections = state === "gone" ? [] : sectionsOf(analysis);
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
    const state =
      report.state === "both" ? "" : report.state === "new" ? " (new environment)" : " (environment gone)";
    const key = `${state}\n${blocks.map(({ text }) => text).join("\n")}`;
    const group = groups.get(key) ?? { names: [], state, blocks };
    group.names.push(report.environment);
    groups.set(key, group);
  }
  return [...groups.values()];
}

/** Leaves blocks out, the least important and longest first, until the text is short enough. */
function fit(
  blocks: readonly Block[],
  { limit, fullReport }: ReportOptions,
): { markdown: string; isCut: boolean } {
  const whole = `${blocks.map(({ text }) => text).join("\n")}\n`;
  if (limit === undefined || whole.length <= limit) return { markdown: whole, isCut: false };
  const where = fullReport === undefined ? "" : ` The whole report: ${code(fullReport)}.`;
  const notice = `\n> This report was too long for a comment; parts were left out.${where}\n`;
  const texts = blocks.map(({ text }) => text);
  let length = whole.length + notice.length;
  const order = [...blocks.keys()]
    .filter((index) => (blocks[index]?.rank ?? 0) > 0)
    .sort(
      (a, b) =>
        (blocks[b]?.rank ?? 0) - (blocks[a]?.rank ?? 0) ||
        (blocks[b]?.text.length ?? 0) - (blocks[a]?.text.length ?? 0) ||
        b - a,
    );
  for (const index of order) {
    if (length <= limit) break;
    const block = blocks[index];
    if (block === undefined || block.short.length >= block.text.length) continue;
    length -= block.text.length - block.short.length;
    texts[index] = block.short;
  }
  const text = `${texts.join("\n")}\n`;
  if (text.length + notice.length <= limit) return { markdown: text + notice, isCut: true };
  // What is left has whole lines without any markup that spans them.
  const room = text.slice(0, limit - notice.length);
  return { markdown: room.slice(0, room.lastIndexOf("\n") + 1) + notice, isCut: true };
}
