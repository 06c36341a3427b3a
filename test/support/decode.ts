/**
 * Decoding of the values that the Pulumi SDK puts on the wire: secrets are unwrapped in place and their
 * paths collected, unknowns become one marker string.
 */

/** Special objects on the wire carry their kind under this key (sdk/nodejs/runtime/rpc.ts, specialSigKey). */
const SIGNATURE = "4dabf18193072939515e22adb298388d";
const SECRET = "1b47061264138c4ac30d75fd1eb44270";
const RESOURCE = "5cf8f73096256a8f31e491e813e4eb8e";
const UNKNOWN_ON_WIRE = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** What a value that is not known yet (preview) looks like in decoded inputs. */
export const UNKNOWN = "<unknown>";

/** A value as it is on the wire: plain JSON with special objects inside. */
export type WireValue = string | number | boolean | null | WireValue[] | { [key: string]: WireValue };

/** Plain value with the paths (`spec.template.data["a.b"]`, `args[0]`) of everything that was a secret. */
export interface Decoded {
  value: unknown;
  secretPaths: string[];
}

/** Unwraps secrets, resource references and unknowns in a wire value. */
export function decode(wire: WireValue): Decoded {
  const secretPaths: string[] = [];
  return { value: walk(wire, "", secretPaths), secretPaths };
}

/** The value at a path as `secretPaths` spells it (`spec.containers[0].name`); undefined where nothing is. */
export function at(value: unknown, path: string): unknown {
  const steps = path.match(/[^.[\]"]+|"(?:[^"\\]|\\.)*"/g) ?? [];
  return steps.reduce<unknown>((inner, step) => {
    const key = step.startsWith('"') ? (JSON.parse(step) as string) : step;
    return typeof inner === "object" && inner !== null ? (inner as Record<string, unknown>)[key] : undefined;
  }, value);
}

function walk(wire: WireValue, path: string, secretPaths: string[]): unknown {
  if (wire === UNKNOWN_ON_WIRE) return UNKNOWN;
  if (Array.isArray(wire))
    return wire.map((item, index) => walk(item, `${path}[${String(index)}]`, secretPaths));
  if (wire === null || typeof wire !== "object") return wire;
  if (wire[SIGNATURE] === SECRET) {
    secretPaths.push(path);
    return walk(wire["value"] ?? null, path, secretPaths);
  }
  if (wire[SIGNATURE] === RESOURCE) return { urn: wire["urn"], id: wire["id"] };
  return Object.fromEntries(
    Object.entries(wire).map(([key, value]) => [key, walk(value, joinPath(path, key), secretPaths)]),
  );
}

function joinPath(path: string, key: string): string {
  if (!/^[A-Za-z_$][\w$-]*$/.test(key)) return `${path}[${JSON.stringify(key)}]`;
  return path === "" ? key : `${path}.${key}`;
}
