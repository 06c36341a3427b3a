/** Ways in which the fake robot can be told to misbehave. */
import { z } from "zod";

const times = { times: z.int().min(1).optional() };

const modeSchema = z.discriminatedUnion("mode", [
  /** Behaves like the real one. */
  z.strictObject({ mode: z.literal("ok") }),
  /** Accepts the request and never answers. */
  z.strictObject({ mode: z.literal("timeout"), ...times }),
  /** Answers properly, but late. */
  z.strictObject({ mode: z.literal("slow"), delayMilliseconds: z.int().min(1).max(600_000), ...times }),
  /** Answers with this HTTP status and no JSON. */
  z.strictObject({
    mode: z.literal("http"),
    status: z.int().min(200).max(599),
    body: z.string().default(""),
    location: z.string().optional(),
    ...times,
  }),
  /** Resets the connection. */
  z.strictObject({ mode: z.literal("reset"), ...times }),
  /** Answers 200 with this errcode. */
  z.strictObject({
    mode: z.literal("errcode"),
    errcode: z.int(),
    errmsg: z.string().default("set by a test"),
    ...times,
  }),
  /** Answers as DingTalk's traffic control does during a punishment: 200 without an errcode. */
  z.strictObject({ mode: z.literal("punish"), ...times }),
]);

/** A way to behave; with `times` only for so many requests, then "ok" again. */
export type Mode = z.output<typeof modeSchema>;
export type ModeInput = z.input<typeof modeSchema>;

/** Parses the body of POST /mode. Throws an Error that says what is wrong. */
export function parseMode(value: unknown): Mode {
  const result = modeSchema.safeParse(value);
  if (result.success) return result.data;
  throw new Error(z.prettifyError(result.error));
}
