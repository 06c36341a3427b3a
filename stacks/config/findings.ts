import { formatPath, type Path } from "./problems.ts";
import type { Element } from "./view.ts";

/** A problem before its value is looked up and its path is written out. */
export interface Finding {
  path: Path;
  /** What was found, where the value alone does not tell. */
  got?: string;
  expected: string;
  remedy: string;
}

/** Names used twice within one list. */
export function duplicates(names: readonly Element<string>[], what: string): Finding[] {
  const first = new Map<string, Path>();
  return names.flatMap(({ path, value }) => {
    const before = first.get(value);
    if (before === undefined) {
      first.set(value, path);
      return [];
    }
    return [
      {
        path,
        expected: `a name that no other ${what} has (${formatPath(before)} has it)`,
        remedy: "rename one of the two",
      },
    ];
  });
}
