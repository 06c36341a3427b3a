import { podsOf } from "../pods.ts";
import type { ResourcePolicy } from "../types.ts";
import { at } from "../values.ts";

/** What each container must say. A limit of CPU is left to it: throttling makes servers and samplers late. */
const NEEDED = [
  ["requests", "cpu"],
  ["requests", "memory"],
  ["limits", "memory"],
] as const;

export const containerResources: ResourcePolicy = {
  name: "container-resources",
  description:
    "Every container requests CPU and memory and limits memory, so that the scheduler can place it and one that leaks ends alone.",
  enforcement: "mandatory",
  check: (resource) =>
    podsOf(resource).flatMap(({ containers }) =>
      containers.flatMap(({ name, value }) => {
        const missing = NEEDED.filter((path) => at(value, "resources", ...path) === undefined);
        if (missing.length === 0) return [];
        return [
          `container ${name} lacks resources.${missing.map((path) => path.join(".")).join(", resources.")}; add them`,
        ];
      }),
    ),
};
