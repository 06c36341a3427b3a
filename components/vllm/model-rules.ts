/** Refused models, sources and engine settings. */
import { parseQuantity } from "../support/quantity.ts";
import { requireInteger, requireOneOf, type Report } from "../support/validation.ts";
import { VllmDtype, VllmKvCacheDtype, VllmModelSourceKind, VllmQuantization } from "./model-args.ts";
import type { CheckedArgs, VllmRule } from "./rules.ts";

/** Without types, as from YAML, even a required argument may be missing. */
const hasSource: VllmRule = (args, report) => {
  if (isSourceGiven(args)) return;
  report("model.source", undefined, "is required", "set kind and the object of that name");
};

function isSourceGiven(args: CheckedArgs): boolean {
  const { model } = args as { model?: { source?: object } };
  return model?.source !== undefined;
}

const sourceRules: VllmRule[] = [
  ({ model }, report) => {
    const { source } = model;
    requireOneOf(report, "model.source.kind", source.kind, VllmModelSourceKind);
    if (!(Object.values(VllmModelSourceKind) as string[]).includes(source.kind)) return;
    for (const kind of Object.values(VllmModelSourceKind)) {
      const path = `model.source.${kind}`;
      if (kind === source.kind && source[kind] === undefined) {
        report(path, undefined, `is required with kind ${kind}`, "describe the source there");
      } else if (kind !== source.kind && source[kind] !== undefined) {
        report(path, "given", `has no use with kind ${source.kind}`, `remove it, or set kind to ${kind}`);
      }
    }
  },
  ({ model }, report) => {
    requireRepository(report, "model.source.hub.id", model.source.hub?.id);
  },
  ({ model }, report) => {
    const hub = model.source.hub;
    if (hub === undefined) return;
    const { revision } = hub;
    const isBranch = ["main", "master", "HEAD"].includes(revision);
    if (revision && !isBranch && /^[\w./-]+$/.test(revision)) return;
    const remedy = "write the commit hash (40 hex digits) from the model's history";
    report("model.source.hub.revision", revision, "must pin a commit or a tag", remedy);
  },
  ({ model }, report) => {
    const uri = model.source.s3?.uri;
    if (uri === undefined || /^s3:\/\/[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]\/[^\s]+$/.test(uri)) return;
    report(
      "model.source.s3.uri",
      uri,
      "must be s3://bucket/path",
      "name the bucket and the model's directory",
    );
  },
  ({ model }, report) => {
    requireUrl(report, "model.source.s3.endpoint", model.source.s3?.endpoint);
  },
  ({ model }, report) => {
    requireInteger(report, "model.source.s3.concurrency", model.source.s3?.concurrency, 1);
  },
  ({ model }, report) => {
    requireQuantity(report, "model.source.s3.bufferSize", model.source.s3?.bufferSize);
  },
  ({ model }, report) => {
    const path = model.source.nfs?.path;
    if (path === undefined || path.startsWith("/")) return;
    report("model.source.nfs.path", path, "must be absolute", "write the exported path from /");
  },
  ({ model }, report) => {
    requireInside(report, "model.source.nfs.directory", model.source.nfs?.directory);
  },
  ({ model }, report) => {
    requireInside(report, "model.source.claim.directory", model.source.claim?.directory);
  },
];

const engineRules: VllmRule[] = [
  ({ model }, report) => {
    const { servedName } = model;
    if (servedName !== undefined) {
      if (servedName !== "" && !/\s/.test(servedName)) return;
      report("model.servedName", servedName, "must be one word", "write the name that requests use");
    } else if (model.source.kind !== VllmModelSourceKind.Hub) {
      const reason = `is required with a source of kind ${model.source.kind}`;
      report(
        "model.servedName",
        servedName,
        reason,
        "name it; else metrics would carry a path as model_name",
      );
    }
  },
  ({ model }, report) => {
    requireInteger(report, "model.maxLength", model.maxLength, 1);
  },
  ({ model }, report) => {
    requireOneOf(report, "model.quantization", model.quantization, VllmQuantization);
  },
  ({ model }, report) => {
    requireOneOf(report, "model.dtype", model.dtype, VllmDtype);
  },
  ({ model }, report) => {
    requireOneOf(report, "model.kvCacheDtype", model.kvCacheDtype, VllmKvCacheDtype);
  },
];

/** What `--max-lora-rank` accepts. */
const LORA_RANKS = [1, 8, 16, 32, 64, 128, 256, 320, 512];

const loraRules: VllmRule[] = [
  ({ model }, report) => {
    requireInteger(report, "model.lora.maxAdapters", model.lora?.maxAdapters, 1);
  },
  ({ model }, report) => {
    const rank = model.lora?.maxRank;
    if (rank === undefined || LORA_RANKS.includes(rank)) return;
    const reason = `must be one of ${LORA_RANKS.join(", ")}`;
    report("model.lora.maxRank", rank, reason, "take the next one above the adapters' highest rank");
  },
  ({ model }, report) => {
    const { maxCpuAdapters, maxAdapters = 1 } = model.lora ?? {};
    requireInteger(report, "model.lora.maxCpuAdapters", maxCpuAdapters, 1);
    if (maxCpuAdapters === undefined || maxCpuAdapters >= maxAdapters) return;
    const reason = `must be at least maxAdapters (${String(maxAdapters)})`;
    report("model.lora.maxCpuAdapters", maxCpuAdapters, reason, "raise it or leave it out");
  },
  ({ model }, report) => {
    const seen = new Set<string>();
    for (const [index, adapter] of (model.lora?.adapters ?? []).entries()) {
      const path = `model.lora.adapters[${String(index)}]`;
      if (!/^[^\s=,{}]+$/.test(adapter.name)) {
        report(
          `${path}.name`,
          adapter.name,
          "must be one word without = , { }",
          "write the name that requests use",
        );
      }
      if (!/^\S+$/.test(adapter.path)) {
        report(`${path}.path`, adapter.path, "must be one word", "write a repository or a path");
      }
      if (seen.has(adapter.name) || adapter.name === model.servedName) {
        report(`${path}.name`, adapter.name, "is used twice", "give each adapter and the model its own name");
      }
      seen.add(adapter.name);
    }
  },
];

/** A finding unless `value` is undefined or a Kubernetes quantity above zero. */
export function requireQuantity(report: Report, path: string, value: string | undefined): void {
  if (value === undefined || (parseQuantity(value) ?? 0) > 0) return;
  report(path, value, "must be a Kubernetes quantity above zero", 'write "32Gi", "500m" or "4"');
}

/** A finding unless `id` is undefined or a repository of the hub. */
export function requireRepository(report: Report, path: string, id: string | undefined): void {
  if (id === undefined || /^[\w.-]+\/[\w.-]+$/.test(id)) return;
  report(path, id, "must be organisation/model", "copy it from the model's page");
}

/** A finding unless `value` is undefined or the address of a server. */
export function requireUrl(report: Report, path: string, value: string | undefined): void {
  if (value === undefined || /^https?:\/\/[^\s/]+(\/\S*)?$/.test(value)) return;
  report(path, value, "must be an http(s) URL", "write https://host[:port]");
}

function requireInside(report: Report, path: string, directory: string | undefined): void {
  if (directory === undefined) return;
  if (/^[^\s]+$/.test(directory) && !directory.split("/").includes("..")) return;
  report(path, directory, "must be a directory inside the volume", "write it relative to the volume's root");
}

export const MODEL_RULES: VllmRule[] = [
  hasSource,
  ...[...sourceRules, ...engineRules, ...loraRules].map((rule): VllmRule => {
    return (args, report) => {
      if (isSourceGiven(args)) rule(args, report);
    };
  }),
];
