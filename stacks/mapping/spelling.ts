import type { ModelSettings } from "../config/model.ts";

const SPELLINGS = ["vllm", "ray"] as const;

/** How a model's engine spells its metrics: Ray has its own names for them. */
export function spellingOf({ engine }: ModelSettings): (typeof SPELLINGS)[number] {
  return engine.kind;
}

/** The spellings that the models have, each once. */
export function spellingsOf(models: readonly ModelSettings[]): (typeof SPELLINGS)[number][] {
  return SPELLINGS.filter((spelling) => models.some((model) => spellingOf(model) === spelling));
}
