/** Forms in which a text may stand in another one: a program encodes what it is given. */

/** Characters that a base64 text consists of, in both alphabets. */
const BASE64_RUN = /[A-Za-z0-9+/_-]{8,}={0,2}/g;

/**
 * What to look for, so that a text, or a part of it that tells as much, is found as it is, in capitals or small letters, in a URL, and in a part of either base64 at
 * any place of the encoded text.
 */
export interface Disguises {
  readonly plain: readonly string[];
  readonly base64: readonly string[];
}

export function disguisesOf(...texts: string[]): Disguises {
  const plain = new Set(
    texts.flatMap((text) => [text, encodeURIComponent(text), text.toUpperCase(), text.toLowerCase()]),
  );
  const encoded = texts.flatMap((text) => [0, 1, 2].map((offset) => encodedPart(text, offset)));
  const urlSafe = encoded.map((part) => part.replaceAll("+", "-").replaceAll("/", "_"));
  return { plain: [...plain], base64: [...new Set([...encoded, ...urlSafe])] };
}

/**
 * The characters of a base64 text that depend on this text alone, when it begins after so many bytes modulo three: a character
 * holds six bits, so that those at the ends belong to the neighbours, too.
 */
function encodedPart(text: string, offset: number): string {
  const bytes = Buffer.concat([Buffer.alloc(offset), Buffer.from(text, "utf8")]);
  const first = Math.ceil((offset * 8) / 6);
  const end = Math.floor((bytes.length * 8) / 6);
  return bytes.toString("base64").slice(first, end);
}

/** Finds at once, and for a large text once, whether a part that several texts have in common is in another one in any form. */
export function hintOf(common: string): RegExp {
  const { plain, base64 } = disguisesOf(common);
  const literal = (text: string) => text.replaceAll(/[^A-Za-z0-9]/g, String.raw`\$&`);
  return new RegExp([...plain, ...base64].map(literal).join("|"));
}

/** Whether the text is in another one, in any form. */
export function isIn(disguises: Disguises, text: string): boolean {
  return [...disguises.plain, ...disguises.base64].some((form) => text.includes(form));
}

/** The other text without it. Of a base64 text nothing is left. */
export function withoutDisguises(disguises: Disguises, text: string, instead: string): string {
  const clear = disguises.plain.reduce((rest, form) => rest.replaceAll(form, instead), text);
  return clear.replaceAll(BASE64_RUN, (run) =>
    disguises.base64.some((form) => run.includes(form)) ? instead : run,
  );
}
