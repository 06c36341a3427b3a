import { compareVersions, type MetricFamily } from "../family.ts";
import type { Context } from "../promql/context.ts";
import { PromqlError } from "../promql/error.ts";

/** First vLLM that writes Ray's metric names without a colon (RFC vllm#25212, PR #25439). */
export const rayColonFree = "0.11.0";

/** The name of an engine family as Ray exports it: `ray_` before, `_` for what Ray does not take. */
export function rayName(name: string): string {
  return `ray_${name.replace(/[^a-zA-Z0-9_]/g, "_")}`;
}

/** The name of an engine family as KServe's and Open Data Hub's PodMonitors rename it. */
export function kserveName(name: string): string {
  return `kserve_${name}`;
}

/** Whether it is one of the engine's own metrics, not one of the HTTP server or the Python process around it. */
export function isEngineFamily(family: MetricFamily): boolean {
  return family.name.startsWith("vllm:");
}

/**
 * The name of one of vLLM's families in the spelling that a context asks for.
 * @throws PromqlError for families of the HTTP server or process, which only vLLM itself serves.
 */
export function spell(family: MetricFamily, context: Context): string {
  if (context.engine === "vllm") return family.name;
  if (!isEngineFamily(family)) {
    const instead = family.name.startsWith("http_")
      ? "; count requests with ray_serve_num_http_requests_total"
      : "";
    throw new PromqlError(
      `${family.name} is served by vLLM's own HTTP server only, so it does not exist as ${context.engine} spells metrics${
        context.engine === "ray" ? instead : ""
      }`,
    );
  }
  if (context.engine === "kserve") return kserveName(family.name);
  const { from, to } = context.versions.vllm;
  const [old, recent] = [compareVersions(from, rayColonFree) < 0, compareVersions(to, rayColonFree) >= 0];
  if (old && recent) {
    throw new PromqlError(
      `${family.name}: Ray's spelling changed with vLLM ${rayColonFree}, which versions.vllm spans; narrow the range`,
    );
  }
  return old ? `ray_${family.name}` : rayName(family.name);
}
