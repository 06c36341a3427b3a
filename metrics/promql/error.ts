/** A query that would be wrong, refused when it is built or printed. The message names the metric and the remedy. */
export class PromqlError extends Error {
  override readonly name = "PromqlError";
}
