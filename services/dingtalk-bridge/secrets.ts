/** Secrets from files, and a redactor that keeps them out of everything that is written. */
import { readFileSync } from "node:fs";

/** A secret file can't be used. The message names the file, never its content. */
export class SecretError extends Error {
  override name = "SecretError";
}

/** Replaces every secret that it knows, as is or percent-encoded, in a text. */
export class Redactor {
  readonly #known = new Set<string>();

  /** Adds a secret. Former values stay known: an old log line may still be under way. */
  add(secret: string): void {
    // A very short value would redact half of every text; real ones have 64 characters and more.
    if (secret.length < 4) return;
    this.#known.add(secret);
    this.#known.add(encodeURIComponent(secret));
    this.#known.add(JSON.stringify(secret).slice(1, -1));
  }

  /** `text` without secrets. */
  redact(text: string): string {
    let result = text;
    for (const secret of this.#known) result = result.replaceAll(secret, "[redacted]");
    return result;
  }
}

/**
 * One secret in a file. It is read at every use, so that a mounted Secret that rotates counts from the next message on, without
 * a restart or a watch. When the file is away for a moment the last good value serves.
 */
export class SecretFile {
  readonly path: string;
  readonly #redactor: Redactor;
  readonly #onFailure: (error: SecretError) => void;
  #last: string | undefined;

  /** @param onFailure told of each failed read that the last good value covered */
  constructor(path: string, redactor: Redactor, onFailure: (error: SecretError) => void = () => undefined) {
    this.path = path;
    this.#redactor = redactor;
    this.#onFailure = onFailure;
  }

  /**
   * The current value, without white space around it.
   *
   * @throws SecretError when the file can't be read or holds no secret, and never did
   */
  read(): string {
    try {
      const value = readSecret(this.path);
      if (value !== this.#last) this.#redactor.add(value);
      this.#last = value;
      return value;
    } catch (error) {
      if (!(error instanceof SecretError) || this.#last === undefined) throw error;
      this.#onFailure(error);
      return this.#last;
    }
  }
}

function readSecret(path: string): string {
  let text: string;
  try {
    text = readFileSync(path, "utf8").trim();
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? "unknown error";
    throw new SecretError(
      `${path}: can't be read (${code}); mount the secret there, readable for the bridge's user`,
    );
  }
  if (text === "") throw new SecretError(`${path}: is empty; put the secret into it`);
  if (/\s/.test(text))
    throw new SecretError(`${path}: holds white space inside the secret; put the secret alone into it`);
  if (/^https?:/i.test(text)) {
    throw new SecretError(`${path}: holds a URL; put only the value behind access_token= into it`);
  }
  return text;
}
