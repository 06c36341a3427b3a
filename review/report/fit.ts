/** Which parts of a report are left out so that it fits into a comment. */

import { code, count } from "./text.ts";

/** Part of a report that can be left out for a shorter one. */
export interface Block {
  text: string;
  /** What stands in its place when it is left out. */
  short: string;
  /** The higher, the earlier it is left out; 0 is never. */
  rank: number;
  /** Of very many such blocks not even the short form is kept, but their number. Default: false. */
  isCountable?: boolean;
}

type State = "whole" | "short" | "counted";

interface Part {
  block: Block;
  state: State;
}

/** Characters of the line that tells how many blocks are only counted. */
const COUNT_LINE = 60;

const textOf = ({ block, state }: Part): string | undefined =>
  state === "whole" ? block.text : state === "short" ? block.short : undefined;

/** With the end of its line. */
const lengthOf = (part: Part): number => {
  const text = textOf(part);
  return text === undefined ? 0 : text.length + 1;
};

/**
 * Leaves blocks out until the text is short enough: the least important and longest first, then the lines that stand for those
 * that can be counted, then what is more important. In the end whatever still has room is put back, the most important first.
 */
export function fit(
  blocks: readonly Block[],
  { limit, fullReport }: { limit?: number; fullReport?: string },
): { markdown: string; isCut: boolean } {
  const parts = blocks.map((block): Part => ({ block, state: "whole" }));
  const whole = textsOf(parts);
  if (limit === undefined || whole.length <= limit) return { markdown: whole, isCut: false };
  const where = fullReport === undefined ? "" : ` The whole report: ${code(fullReport)}.`;
  const notice = `\n> This report was too long for a comment; parts were left out.${where}\n`;
  let room = limit - notice.length - COUNT_LINE - parts.reduce((sum, part) => sum + lengthOf(part), 0);
  /** Puts a part into a state, when that makes it shorter or there is room for it. */
  const turn = (part: Part, state: State): void => {
    const turned = { ...part, state };
    const gain = lengthOf(part) - lengthOf(turned);
    if (gain <= 0 && room + gain < 0) return;
    part.state = state;
    room += gain;
  };
  // Of two alike the later one goes first.
  const order = parts
    .filter(({ block }) => block.rank > 0)
    .toReversed()
    .toSorted((a, b) => b.block.rank - a.block.rank || b.block.text.length - a.block.text.length);
  const shorten = (some: readonly Part[], state: State): void => {
    for (const part of some) {
      if (room >= 0) return;
      turn(part, state);
    }
  };
  shorten(
    order.filter(({ block }) => block.rank >= LEAST_IMPORTANT),
    "short",
  );
  shorten(
    order.filter(({ block }) => block.isCountable === true),
    "counted",
  );
  shorten(order, "short");
  for (const part of order.toReversed()) if (part.state !== "whole") turn(part, "whole");
  const text = textsOf(parts);
  if (text.length + notice.length <= limit) return { markdown: text + notice, isCut: true };
  // What is left has whole lines without any markup that spans them.
  const rest = text.slice(0, limit - notice.length);
  return { markdown: rest.slice(0, rest.lastIndexOf("\n") + 1) + notice, isCut: true };
}

/** Blocks of this rank and above go before lines of countable ones do. */
const LEAST_IMPORTANT = 5;

function textsOf(parts: readonly Part[]): string {
  const counted = parts.filter(({ state }) => state === "counted");
  const texts = parts.flatMap((part) => {
    const text = textOf(part);
    if (text !== undefined) return [text];
    return part === counted[0] ? [`- ${count(counted.length, "more component")}`] : [];
  });
  return `${texts.join("\n")}\n`;
}
