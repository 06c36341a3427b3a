/** Property paths as the engine writes them in `ignoreChanges` and in diffs, e.g. `metadata.labels["app.io/name"]`. */

/** A name, an index, or "*" for every element. */
export type PathSegment = string | number;

/**
 * Parses a property path.
 *
 * @throws if a bracket or a quote isn't closed, or if an index isn't a number
 */
export function parsePath(path: string): PathSegment[] {
  const segments: PathSegment[] = [];
  let position = 0;
  while (position < path.length) {
    const char = path[position];
    if (char === ".") {
      position++;
    } else if (char === "[") {
      position = parseBracket(path, position, segments);
    } else {
      const end = indexOfAny(path, position);
      segments.push(path.slice(position, end));
      position = end;
    }
  }
  return segments;
}

function indexOfAny(path: string, from: number): number {
  for (let index = from; index < path.length; index++) {
    if (path[index] === "." || path[index] === "[") {
      return index;
    }
  }
  return path.length;
}

/** Parses from an opening bracket and returns the position after the closing one. */
function parseBracket(path: string, open: number, segments: PathSegment[]): number {
  if (path[open + 1] !== '"') {
    const close = path.indexOf("]", open);
    const content = path.slice(open + 1, close);
    if (close < 0 || !/^(\*|\d+)$/.test(content)) {
      throw new Error(
        `property path "${path}": expected [number], [*] or ["name"] at character ${String(open)}`,
      );
    }
    segments.push(content === "*" ? "*" : Number(content));
    return close + 1;
  }
  let name = "";
  for (let index = open + 2; index < path.length; index++) {
    if (path[index] === "\\" && path[index + 1] === '"') {
      name += '"';
      index++;
    } else if (path[index] === '"') {
      if (path[index + 1] !== "]") {
        break;
      }
      segments.push(name);
      return index + 2;
    } else {
      name += path[index] ?? "";
    }
  }
  throw new Error(`property path "${path}": the quote at character ${String(open + 1)} is not closed by "]`);
}

/** Writes a property path. */
export function formatPath(segments: readonly PathSegment[]): string {
  let path = "";
  for (const segment of segments) {
    if (typeof segment === "number") {
      path += `[${String(segment)}]`;
    } else if (/[."[\]]/.test(segment)) {
      path += `["${segment.replaceAll('"', '\\"')}"]`;
    } else {
      path += path === "" ? segment : `.${segment}`;
    }
  }
  return path;
}

/** Whether `path` is `prefix` or lies below it; "*" in the prefix stands for any name or index. */
export function pathContains(prefix: readonly PathSegment[], path: readonly PathSegment[]): boolean {
  return (
    prefix.length <= path.length &&
    prefix.every((segment, index) => segment === "*" || String(segment) === String(path[index]))
  );
}
