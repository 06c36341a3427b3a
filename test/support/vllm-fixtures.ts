import { readFileSync } from "node:fs";

/** The modes in which a real vLLM was recorded. */
export const modes = ["single", "api2", "dp2"] as const;
export type Mode = (typeof modes)[number];

/** Before the first request, and after eighty. */
export const states = ["idle", "loaded"] as const;
export type State = (typeof states)[number];

/** The maximum model length, in tokens, of the recorded servers. */
export const recordedMaxModelLen = 1024;

/** The recorded exposition of a real vLLM 0.32.0. */
export function fixture(mode: Mode, state: State): string {
  const url = new URL(`../fixtures/vllm/0.32.0-${mode}-${state}.prom`, import.meta.url);
  return readFileSync(url, "utf8");
}
