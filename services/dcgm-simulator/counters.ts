/** The exporter's list of counters: a file of three columns, comments with "#". */
import { fieldNames } from "./fields.ts";

/** One line of the list. */
export interface Counter {
  readonly name: string;
  readonly kind: "gauge" | "counter" | "label";
  readonly help: string;
}

/** A list that the exporter would not start with. */
export class CountersError extends Error {
  override readonly name = "CountersError";
}

const kinds: readonly string[] = ["gauge", "counter", "label"] satisfies Counter["kind"][];

/**
 * Reads the list. As with the real exporter, a field that it does not know keeps it from starting.
 * @throws CountersError that names the line and what would be right
 */
export function parseCounters(text: string): Counter[] {
  const counters: Counter[] = [];
  for (const [index, line] of text.split("\n").entries()) {
    if (line.trim() === "" || line.trimStart().startsWith("#")) continue;
    const columns = line.split(",").map((column) => column.trim());
    const [name = "", kind = "", help = ""] = columns;
    const place = `line ${String(index + 1)}`;
    if (columns.length !== 3)
      throw new CountersError(
        `${place}: ${String(columns.length)} columns; write "field, type, help", without commas in the help`,
      );
    if (!kinds.includes(kind))
      throw new CountersError(`${place}: "${kind}" is no type; use one of ${kinds.join(", ")}`);
    if (!fieldNames.has(name))
      throw new CountersError(`${place}: "${name}" is not a field that this exporter knows`);
    counters.push({ name, kind: kind as Counter["kind"], help });
  }
  if (counters.length === 0) throw new CountersError("the list is empty");
  return counters;
}
