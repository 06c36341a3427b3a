import { createHash, createHmac } from "node:crypto";

import { canonical, isObject, type Json, type JsonObject } from "../model/json.ts";
import { makeMask, UNKNOWN, type SecretLeak } from "../model/snapshot.ts";
import { disguisesOf, hintOf, isIn, withoutDisguises, type Disguises } from "./disguises.ts";

/**
 * How secrets get in and how they are kept out of sight.
 *
 * A render has no passphrase and needs none: each secret key of the configuration gets a placeholder instead of its
 * value, which runs through the program in its place. A placeholder names its key and the fingerprint of the
 * ciphertext that the configuration file holds. The fingerprint changes when the secret is set anew, and tells
 * nothing that the file, which is in the same repository, does not tell: a hash of the value itself could be compared
 * with guesses, by anybody and for ever.
 *
 * What the program itself makes secret (a kubeconfig, a literal) has no ciphertext. Two such values are told apart by an
 * HMAC, of which only a holder of its key can compute guesses. A review makes a random key, gives it to the two runs
 * that it compares and forgets it. A render has none unless one is given.
 */

/** Hexadecimal digits of fingerprints and digests: enough to tell values apart, too few to be a value. */
const DIGITS = 10;

/** What stands for one secret key of the configuration. */
export interface Placeholder {
  key: string;
  /** Undefined when the configuration has no value. */
  fingerprint: string | undefined;
  /** What the program gets as the value. */
  value: string;
}

export function fingerprintOf(ciphertext: string): string {
  return createHash("sha256").update(ciphertext).digest("hex").slice(0, DIGITS);
}

/** What every placeholder has in it. */
const COMMON = "placeholder-";
/** Most texts hold no placeholder, which one look tells. */
const HINT = hintOf(COMMON);

export function placeholderOf(key: string, ciphertext: string | undefined): Placeholder {
  const fingerprint = ciphertext === undefined ? undefined : fingerprintOf(ciphertext);
  const text = `${COMMON}${key}-${fingerprint ?? "unset"}-end`;
  // Components may check that an address is one.
  return { key, fingerprint, value: /ur[li]$/i.test(key) ? `https://secret.invalid/${text}` : text };
}

/** Special objects on the wire carry their kind under this key (sdk/nodejs/runtime/rpc.ts, specialSigKey). */
const SIGNATURE = "4dabf18193072939515e22adb298388d";
const SECRET = "1b47061264138c4ac30d75fd1eb44270";
const RESOURCE = "5cf8f73096256a8f31e491e813e4eb8e";
const ASSETS = new Set(["c44067f5952c0a294b673a41bacd8c17", "0def7320c3a5731c473e5ecbe6d01bc7"]);
const UNKNOWN_ON_WIRE = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** A value as it is on the wire: plain JSON with special objects inside. */
export type WireValue = null | boolean | number | string | WireValue[] | { [key: string]: WireValue };

export interface MaskingOptions {
  placeholders: readonly Placeholder[];
  /** Key of the digests of secrets that don't come from the configuration. Default: none, and no digests. */
  key?: string | undefined;
}

/** Turns what is on the wire into JSON with masks. */
export class Masking {
  readonly leaks: SecretLeak[] = [];
  readonly #placeholders: readonly (Placeholder & { disguises: Disguises })[];
  readonly #key: string | undefined;

  constructor({ placeholders, key }: MaskingOptions) {
    this.#placeholders = placeholders.map((placeholder) => ({
      ...placeholder,
      disguises: disguisesOf(placeholder.value, placeholder.value.slice(placeholder.value.indexOf(COMMON))),
    }));
    this.#key = key;
  }

  /** Properties of a resource. `path` stands before the name of each. */
  properties(urn: string, wire: Record<string, WireValue>, path = ""): JsonObject {
    return Object.fromEntries(
      Object.entries(wire).map(([key, value]) => {
        // A key is as readable as a value.
        const name = this.#guarded(urn, key, path);
        return [name, this.#value(urn, value, join(path, name))];
      }),
    );
  }

  #value(urn: string, wire: WireValue, path: string): Json {
    if (typeof wire === "string") return wire === UNKNOWN_ON_WIRE ? UNKNOWN : this.#guarded(urn, wire, path);
    if (Array.isArray(wire))
      return wire.map((item, index) => this.#value(urn, item, `${path}[${String(index)}]`));
    if (!isObject(wire)) return wire;
    const kind = wire[SIGNATURE];
    if (kind === SECRET) return this.#secret(wire["value"] ?? null, isData(path));
    if (kind === RESOURCE) return { urn: wire["urn"] as Json };
    // The content of a file or an archive; its hash is what the engine compares.
    if (typeof kind === "string" && ASSETS.has(kind)) return { hash: wire["hash"] ?? null };
    return this.properties(urn, wire, path);
  }

  /** A string that isn't secret. A placeholder in it is a secret that the program let out. */
  #guarded(urn: string, text: string, path: string): string {
    if (!HINT.test(text)) return text;
    let result = text;
    for (const { key, disguises, fingerprint } of this.#placeholders) {
      if (!isIn(disguises, result)) continue;
      this.leaks.push({ urn, path, key });
      result = withoutDisguises(disguises, result, `[secret ${key}@${fingerprint ?? "unset"}]`);
    }
    return result;
  }

  /** The keys of a Kubernetes Secret's data are names of files and no secrets; everything else is masked as a whole. */
  #secret(wire: WireValue, showKeys: boolean): Json {
    const plain = unwrapped(wire);
    if (showKeys && isObject(plain))
      return Object.fromEntries(Object.entries(plain).map(([key, value]) => [key, this.#mask(value)]));
    return this.#mask(plain);
  }

  #mask(value: Json): Json {
    const text = typeof value === "string" ? value : canonical(value);
    const from = (HINT.test(text) ? this.#placeholders : [])
      .filter(({ disguises }) => isIn(disguises, text))
      .map(({ key, fingerprint }) => `${key}@${fingerprint ?? "unset"}`);
    const isKnown = !text.includes(UNKNOWN);
    const isPlain = this.#placeholders.some((placeholder) => placeholder.value === text);
    return makeMask({
      from: [...new Set(from)].sort(),
      // A bare placeholder is told apart by its fingerprint already.
      digest:
        this.#key === undefined || !isKnown || isPlain
          ? undefined
          : createHmac("sha256", this.#key).update(text).digest("hex").slice(0, DIGITS),
    });
  }
}

/** Secrets inside of a secret, and unknowns, as JSON. */
function unwrapped(wire: WireValue): Json {
  if (wire === UNKNOWN_ON_WIRE) return UNKNOWN;
  if (Array.isArray(wire)) return wire.map(unwrapped);
  if (!isObject(wire)) return wire;
  if (wire[SIGNATURE] === SECRET) return unwrapped(wire["value"] ?? null);
  return Object.fromEntries(Object.entries(wire).map(([key, value]) => [key, unwrapped(value)]));
}

function isData(path: string): boolean {
  return path === "stringData" || path === "data";
}

function join(path: string, key: string): string {
  if (!/^[\w$/-]+$/.test(key)) return `${path}[${JSON.stringify(key)}]`;
  return path === "" ? key : `${path}.${key}`;
}
