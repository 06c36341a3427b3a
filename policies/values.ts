/** Reading of properties whose shape nobody promises. */

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The value at the end of the keys; undefined where nothing is. */
export function at(value: unknown, ...keys: (string | number)[]): unknown {
  let inner = value;
  for (const key of keys) {
    if (typeof key === "number") inner = Array.isArray(inner) ? (inner as unknown[])[key] : undefined;
    else inner = isObject(inner) && Object.hasOwn(inner, key) ? inner[key] : undefined;
  }
  return inner;
}

export function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

export function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

/** The entries with a text as value. */
export function textsOf(value: unknown): Record<string, string> {
  if (!isObject(value)) return {};
  return Object.fromEntries(Object.entries(value).filter(([, inner]) => typeof inner === "string")) as Record<
    string,
    string
  >;
}

/** AWS takes true in some places as a text. */
export function isTrue(value: unknown): boolean {
  return value === true || value === "true";
}

/** `Deployment` of `kubernetes:apps/v1:Deployment`. */
export function kindOf(type: string): string {
  return type.slice(type.lastIndexOf(":") + 1);
}
