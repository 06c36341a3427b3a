/**
 * Whose a pod is. vLLM's own series say it, but not those of a GPU or a container, so it is recorded once per pod, from the
 * labels of its target: they are there while the model loads, too, and are never two for one pod.
 */
import { target } from "../metrics/monitoring/index.ts";
import { by, group, labelReplace, not, recorded } from "../metrics/promql/index.ts";

const named = labelReplace(target.up.where({ model: not("") }), { target: "model_name", source: "model" });

/** 1 for each pod of a model, with its model, team and owner: for `groupLeft` on namespace and pod. */
export const podOwner = recorded(
  "replica:vllm_owner:info",
  group(named, by("namespace", "pod", "model_name", "team", "owner")),
);
