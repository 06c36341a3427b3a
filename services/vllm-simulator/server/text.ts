import { hash32 } from "../engine/random.ts";

/** Characters of a token, roughly, in English text. */
const charactersPerToken = 4;

/** The words of the answers. */
const words =
  "the engine keeps a cache of keys and values so that each new token needs only one step and requests wait in a queue until a block is free then run in one batch with others while the scheduler decides which of them comes first".split(
    " ",
  );

/** Tokens of a text, estimated; at least one. */
export function countTokens(text: string): number {
  return Math.max(1, Math.ceil(text.length / charactersPerToken));
}

/**
 * Names the blocks of a text by their content and all before it, so that equal beginnings share blocks. Numbers are
 * negative: the blocks of synthetic clients have the positive ones.
 */
export function blockNames(text: string, blockSize: number, answer: number): (index: number) => number {
  const names: number[] = [];
  const width = blockSize * charactersPerToken;
  let chain = 0;
  for (let start = 0; start + width <= text.length; start += width) {
    const content = text.slice(start, start + width);
    chain = hash32(`${String(chain)}:${content}`);
    names.push(-(chain * 2 ** 20 + (hash32(content) >>> 12)) - 1);
  }
  // What the model answers is unique to the request.
  return (index) => names[index] ?? -(answer * 2 ** 20 + index) - 2 ** 52;
}

/** The n-th token of an answer as text: words in an order that the prompt decides. */
export function answerToken(seed: number, index: number): string {
  const word = words[(seed + index * 7 + (index >> 3)) % words.length] ?? "";
  return index === 0 ? word : ` ${word}`;
}
