/** Fits a message into a number of bytes: whole alerts as far as they go, then "+N more". Pure. */
import type { AlertPart, GroupPart, MessageParts } from "./render.ts";
import { cutToBytes, ellipsis, escapeMarkdown, jsonBytes } from "./text.ts";

/** The text of a message that fits, and what it had to leave out. */
export interface FittedText {
  readonly text: string;
  /** Alerts that are only counted in "+N more", those that Alertmanager itself left out included. */
  readonly omitted: number;
  /** Alerts that are shown with shortened values, because one of them alone would not fit. */
  readonly shortened: number;
}

const separator = "\n\n";
/** An alert that has to be cut gets this much even where headings and buttons take most of the room. */
const minAlertBytes = 600;
/** After so many alerts in a row that didn't fit the rest is only counted: a storm of thousands must not keep the process busy. */
const maxMisses = 50;
/** Values of an alert too large for a message are cut to the first of these that makes it fit. */
const valueLimits = [4000, 2000, 1000, 500, 250, 120, 60];

interface Candidate {
  readonly group: number;
  readonly index: number;
  readonly part: AlertPart;
}

/**
 * Puts a message's text together.
 *
 * Firing alerts of all groups are chosen before resolved ones, in their order; an alert that doesn't fit any more is skipped and
 * counted. Only an alert that would not fit into an empty message is shortened, to half of the room when there are others.
 *
 * @param parts the message
 * @param maxBytes room for the text inside the JSON body, in bytes as JSON counts them
 * @param footer last lines that must be there whole, such as the mentions
 */
export function fitText(parts: MessageParts, maxBytes: number, footer: readonly string[]): FittedText {
  const heading = `### ${escapeMarkdown(parts.title)}`;
  const unsent = parts.groups.reduce((sum, group) => sum + group.unsentAlerts, 0);
  const total = parts.firing + parts.resolved;
  const end = footer.map((line) => separator + line).join("");
  const fixed = jsonBytes(heading) + jsonBytes(end);
  const candidates = order(parts.groups);

  const attempt = (reserved: number) => choose(candidates, parts.groups, maxBytes - fixed - reserved);
  // Room for "+N more" is only set aside when something has to be left out.
  let chosen = attempt(unsent > 0 ? jsonBytes(moreLine(parts, parts.firing, parts.resolved, unsent)) : 0);
  if (chosen.texts.size < total && unsent === 0) {
    chosen = attempt(jsonBytes(moreLine(parts, parts.firing, parts.resolved, 0)));
  }

  const left = candidates.filter((candidate) => !chosen.texts.has(candidate));
  const leftFiring = left.filter((candidate) => candidate.part.status === "firing").length;
  const omitted = left.length + unsent;
  const more = omitted > 0 ? moreLine(parts, leftFiring, left.length - leftFiring, unsent) : "";
  const body = assemble(parts.groups, chosen.texts);
  return { text: heading + body + more + end, omitted, shortened: chosen.shortened };
}

function moreLine(parts: MessageParts, firing: number, resolved: number, unsent: number): string {
  const kinds = [
    ...(firing > 0 ? [`${String(firing)} firing`] : []),
    ...(resolved > 0 ? [`${String(resolved)} resolved`] : []),
    ...(unsent > 0 ? [`${String(unsent)} left out by Alertmanager`] : []),
  ];
  const link =
    parts.allAlertsUrl === undefined ? "see Alertmanager" : `[see Alertmanager](${parts.allAlertsUrl})`;
  return `${separator}**+${String(firing + resolved + unsent)} more** (${kinds.join(", ")}): ${link}`;
}

function order(groups: readonly GroupPart[]): Candidate[] {
  const all = groups.flatMap((group, number) =>
    group.alerts.map((part, index): Candidate => ({ group: number, index, part })),
  );
  const firing = all.filter((candidate) => candidate.part.status === "firing");
  return [...firing, ...all.filter((candidate) => candidate.part.status !== "firing")];
}

function choose(
  candidates: readonly Candidate[],
  groups: readonly GroupPart[],
  room: number,
): { texts: Map<Candidate, string>; shortened: number } {
  const texts = new Map<Candidate, string>();
  const headed = new Set<number>();
  const between = jsonBytes(separator);
  let used = 0;
  let shortened = 0;
  let misses = 0;
  for (const candidate of candidates) {
    if (misses > maxMisses) break;
    const heading = groups[candidate.group]?.heading ?? "";
    const headingBytes = heading === "" ? 0 : between + jsonBytes(heading);
    let text = candidate.part.render();
    const alone = headingBytes + between + jsonBytes(text);
    const oversized = alone > room;
    if (oversized) {
      const whole = room - headingBytes - between;
      const half = Math.floor(room / 2) - headingBytes - between;
      text = shorten(
        candidate.part,
        candidates.length > 1 ? Math.max(half, Math.min(whole, minAlertBytes)) : whole,
      );
    }
    const bytes = (headed.has(candidate.group) ? 0 : headingBytes) + between + jsonBytes(text);
    if (text === "" || used + bytes > room) {
      misses += 1;
      continue;
    }
    misses = 0;
    used += bytes;
    headed.add(candidate.group);
    texts.set(candidate, text);
    if (oversized) shortened += 1;
  }
  return { texts, shortened };
}

/** An alert in at most `limit` bytes: with shorter values, else with fewer lines, else cut at a character. */
function shorten(part: AlertPart, limit: number): string {
  for (const valueBytes of valueLimits) {
    const text = part.render(valueBytes);
    if (jsonBytes(text) <= limit) return text;
  }
  const lines = part.render(valueLimits.at(-1)).split("\n");
  const kept: string[] = [];
  let used = jsonBytes(`\n${ellipsis}`);
  for (const line of lines) {
    const bytes = jsonBytes(`\n${line}`);
    if (used + bytes > limit) break;
    used += bytes;
    kept.push(line);
  }
  return kept.length > 0 ? [...kept, ellipsis].join("\n") : cutToBytes(lines[0] ?? "", limit);
}

function assemble(groups: readonly GroupPart[], texts: ReadonlyMap<Candidate, string>): string {
  const byGroup = new Map<number, [number, string][]>();
  for (const [candidate, text] of texts) {
    const list = byGroup.get(candidate.group) ?? [];
    list.push([candidate.index, text]);
    byGroup.set(candidate.group, list);
  }
  return groups
    .flatMap((group, number) => {
      const alerts = byGroup.get(number)?.sort(([a], [b]) => a - b) ?? [];
      if (alerts.length === 0) return [];
      return [...(group.heading === "" ? [] : [group.heading]), ...alerts.map(([, text]) => text)];
    })
    .map((text) => separator + text)
    .join("");
}
