/// <reference lib="es2024.string" />
/**
 * Text helpers for DingTalk messages: sizes as DingTalk counts them (bytes of the JSON body) and Markdown escaping.
 */

/** Marks a text that was cut. */
export const ellipsis = "…";

/** Bytes that `text` takes inside a JSON string, in UTF-8, without the quotes. Additive over concatenation of well-formed texts. */
export function jsonBytes(text: string): number {
  return Buffer.byteLength(JSON.stringify(text), "utf8") - 2;
}

/**
 * Makes any text safe to send: lone surrogates become U+FFFD (they have no UTF-8 form), line ends become "\n", control
 * characters go away and tabs become spaces.
 */
export function cleanText(text: string): string {
  return (
    text
      .toWellFormed()
      .replace(/\r\n?|[\u2028\u2029]/g, "\n")
      .replace(/\t/g, " ")
      // eslint-disable-next-line no-control-regex -- removing control characters is the point
      .replace(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/g, "")
  );
}

/** `cleanText` on one line: runs of white space become one space. */
export function cleanLine(text: string): string {
  return cleanText(text).replace(/\s+/g, " ").trim();
}

/**
 * The longest prefix of `text` that takes at most `maxBytes` inside a JSON string, ended with "…" when something was cut.
 * It is cut between code points, never inside one. Returns "" when not even the ellipsis fits.
 */
export function cutToBytes(text: string, maxBytes: number): string {
  if (jsonBytes(text) <= maxBytes) return text;
  const room = maxBytes - jsonBytes(ellipsis);
  if (room < 0) return "";
  let used = 0;
  let end = 0;
  for (const character of text) {
    const size = jsonBytes(character);
    if (used + size > room) break;
    used += size;
    end += character.length;
  }
  return text.slice(0, end) + ellipsis;
}

/**
 * Escapes what DingTalk's Markdown would interpret within a line, so that labels and annotations show as they are and can't add
 * links or HTML of their own.
 */
export function escapeMarkdown(text: string): string {
  return text
    .replace(/[\\`*_[\]]/g, "\\$&")
    .replace(/&/g, "&amp;")
    .replace(/</g, "&lt;");
}

/** `escapeMarkdown` for text of several lines: also what would start a heading, a quote, a list or a table. */
export function escapeMarkdownLines(text: string): string {
  return escapeMarkdown(text)
    .replace(/^([ ]*)([#>+~|=-])/gm, "$1\\$2")
    .replace(/^([ ]*\d+)([.)])/gm, "$1\\$2");
}

/** Whether `text` has a UTF-8 form: no half of a surrogate pair alone. */
export function isWellFormed(text: string): boolean {
  return text.isWellFormed();
}

/** `text` with lone surrogates replaced by U+FFFD. */
export function toWellFormed(text: string): string {
  return text.toWellFormed();
}

/**
 * An http or https URL that can stand between the parentheses of a Markdown link, or undefined when `url` is anything else
 * (another scheme, not a URL, longer than `maxLength` characters).
 */
export function linkUrl(url: string | undefined, maxLength = 2000): string | undefined {
  if (url === undefined || url.length > maxLength) return undefined;
  const parsed = URL.parse(url.trim().toWellFormed());
  if (parsed === null || (parsed.protocol !== "http:" && parsed.protocol !== "https:")) return undefined;
  const text = parsed.href
    .replace(/\(/g, "%28")
    .replace(/\)/g, "%29")
    .replace(/'/g, "%27")
    .replace(/[\s<>]/g, encodeURIComponent);
  return text.length > maxLength ? undefined : text;
}
