import type { z } from "zod";

/** Marks an issue message as one written here, as opposed to zod's own wording. */
const MARK = "\u0001";
const REMEDY = "\u0002";
const KEYS = "\u0003";

/**
 * The message of a refined type: what is expected and, where the expectation alone does not say it, what to do.
 * Zod carries one string per issue, so both parts travel in it; `readMessage` takes them apart again.
 */
export function expects(expected: string, remedy = ""): string {
  return `${MARK}${expected}${REMEDY}${remedy}${KEYS}`;
}

/** The error map of a mapping: a wrong type and an unknown key both want the list of known keys. */
export function mappingErrors(keys: readonly string[], what: string): (issue: z.core.$ZodRawIssue) => string {
  return (issue) => {
    const message = issue.code === "unrecognized_keys" ? `one of the keys ${keys.join(", ")}` : what;
    return `${expects(message)}${keys.join(",")}`;
  };
}

export interface IssueMessage {
  expected: string;
  remedy: string;
  /** Known keys of the mapping, for suggestions. */
  keys: string[];
}

export function readMessage(message: string): IssueMessage | undefined {
  if (!message.startsWith(MARK)) return undefined;
  const [expected = "", rest = ""] = message.slice(MARK.length).split(REMEDY);
  const [remedy = "", keys = ""] = rest.split(KEYS);
  return { expected, remedy, keys: keys === "" ? [] : keys.split(",") };
}
