/** What Go and pip print when a registry refuses or does not answer. */
const refusals = [
  /\breading https?:\/\/\S+: (?:40[134]|410|429|5\d\d)\b/,
  /\bdial tcp\b|\bi\/o timeout\b|\bno such host\b|\bTLS handshake timeout\b/,
  /\bHTTP error (?:40[134]|410|429|5\d\d) while getting\b/,
  /\bNo matching distribution found for\b/,
  /\b(?:NewConnectionError|ConnectTimeoutError|ReadTimeoutError|MaxRetryError)\b/,
];

/** Whether a set-up failed for a registry that refused or did not answer, which nobody can mend in this project. */
export const isRefusedByRegistry = (message: string): boolean =>
  refusals.some((pattern) => pattern.test(message));

/**
 * Does a part of the set-up that needs a registry.
 *
 * @returns why it can't be done now, when a registry is the reason; undefined when it is done
 * @throws the error, when anything else is the reason: what leaves tests out for its own mistake is never noticed
 */
export async function refusalOf(what: string, prepare: () => Promise<unknown>): Promise<string | undefined> {
  try {
    await prepare();
    return undefined;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    if (!isRefusedByRegistry(reason)) throw error;
    console.warn(`${what} is left out, a registry refuses: ${reason}`);
    return reason;
  }
}
