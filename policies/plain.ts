/**
 * A copy of properties in which values that are not known yet are objects without content. In a preview the engine's own
 * view throws on them, which would skip a whole policy for one address that comes later.
 */
export function plain(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  // Not `map`: it reads the elements itself, and would meet the throw.
  if (Array.isArray(value)) return Array.from({ length: value.length }, (_, index) => read(value, index));
  return Object.fromEntries(Object.keys(value).map((key) => [key, read(value, key)]));
}

function read(container: object, key: string | number): unknown {
  try {
    return plain((container as Record<string | number, unknown>)[key]);
  } catch {
    return {};
  }
}
