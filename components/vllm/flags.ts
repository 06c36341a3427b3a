/** Command line of `vllm serve`. */
import type * as pulumi from "@pulumi/pulumi";
import type { VllmDeploymentArgs } from "../vllm-deployment.ts";
import { concat, lift } from "../support/inputs.ts";
import { parseQuantity } from "../support/quantity.ts";
import { HTTP_PORT, type Identity } from "./identity.ts";
import {
  VllmModelSourceKind,
  type VllmLoraArgs,
  type VllmModelArgs,
  type VllmModelSourceArgs,
  type VllmS3SourceArgs,
} from "./model-args.ts";
import type { VllmPlan } from "./plan.ts";

type Words = pulumi.Input<pulumi.Input<string>[]>;

/** Where a mounted model source appears in the container. */
export const MODEL_DIRECTORY = "/models";

/** All words after `vllm serve`, in a fixed order; the user's own come last. */
export function commandLine(
  identity: Identity,
  plan: pulumi.Input<VllmPlan>,
  args: VllmDeploymentArgs,
): Words {
  return concat<string>(
    lift(args.model, (model) => lift(model.source, sourceWords)),
    ["--served-model-name", identity.servedName, "--port", String(HTTP_PORT)],
    lift(plan, planWords),
    lift(args.model, modelWords),
    optional("--max-num-seqs", args.maxSequences),
    optional("--gpu-memory-utilization", args.gpuMemoryUtilization),
    lift(args.model, ({ lora }) => (lora === undefined ? [] : lift(lora, loraWords))),
    // Every probe and scrape would be a line in the log.
    ["--disable-access-log-for-endpoints", "/health,/metrics"],
    args.extraArgs ?? [],
  );
}

function planWords(plan: VllmPlan): string[] {
  return [
    ...(plan.tensor > 1 ? ["--tensor-parallel-size", String(plan.tensor)] : []),
    ...(plan.pipeline > 1 ? ["--pipeline-parallel-size", String(plan.pipeline)] : []),
    ...(plan.data > 1 ? ["--data-parallel-size", String(plan.data)] : []),
    ...(plan.apiServerCount === undefined ? [] : ["--api-server-count", String(plan.apiServerCount)]),
    "--shutdown-timeout",
    String(plan.shutdownSeconds),
  ];
}

function modelWords(model: VllmModelArgs): Words {
  return [
    ...optional("--max-model-len", model.maxLength),
    ...optional("--quantization", model.quantization),
    ...optional("--dtype", model.dtype),
    ...optional("--kv-cache-dtype", model.kvCacheDtype),
  ];
}

function sourceWords(source: VllmModelSourceArgs): Words {
  return lift(source.kind, (kind): Words => {
    switch (kind) {
      case VllmModelSourceKind.Hub:
        return liftGiven(source.hub, ({ id, revision }) => [id, "--revision", revision]);
      case VllmModelSourceKind.S3:
        return liftGiven(source.s3, s3Words);
      case VllmModelSourceKind.Nfs:
        return liftGiven(source.nfs, ({ directory }) => [modelPath(directory)]);
      case VllmModelSourceKind.Claim:
        return liftGiven(source.claim, ({ directory }) => [modelPath(directory)]);
    }
  });
}

/** The rules have made sure that the kind's object is there. */
function liftGiven<T>(input: pulumi.Input<T> | undefined, transform: (value: T) => Words): Words {
  return input === undefined ? [] : lift(input, transform);
}

function modelPath(directory: pulumi.Input<string> | undefined): pulumi.Input<string> {
  return directory === undefined ? MODEL_DIRECTORY : lift(directory, pathInModels);
}

/** Path in the container of a directory of the mounted source. */
export function pathInModels(directory: string): string {
  return `${MODEL_DIRECTORY}/${directory.replace(/^\/+|\/+$/g, "")}`;
}

function s3Words(s3: VllmS3SourceArgs): Words {
  const words: pulumi.Input<string>[] = [s3.uri, "--load-format", "runai_streamer"];
  if (s3.concurrency === undefined && s3.bufferSize === undefined) return words;
  const config = lift(s3.concurrency, (concurrency) =>
    lift(s3.bufferSize, (size) =>
      JSON.stringify({ concurrency, memory_limit: size === undefined ? undefined : parseQuantity(size) }),
    ),
  );
  return [...words, "--model-loader-extra-config", config];
}

function loraWords(lora: VllmLoraArgs): Words {
  return concat<string>(
    [
      "--enable-lora",
      "--max-loras",
      lift(lora.maxAdapters ?? 1, String),
      ...optional("--max-lora-rank", lora.maxRank),
      ...optional("--max-cpu-loras", lora.maxCpuAdapters),
    ],
    lift(lora.adapters ?? [], (adapters): Words => {
      if (adapters.length === 0) return [];
      const modules = adapters.map((adapter) =>
        lift(adapter, ({ name, path }) => lift(name, (known) => lift(path, (where) => `${known}=${where}`))),
      );
      return ["--lora-modules", ...modules];
    }),
  );
}

function optional(
  flag: string,
  value: pulumi.Input<string> | pulumi.Input<number> | undefined,
): pulumi.Input<string>[] {
  if (value === undefined) return [];
  return [flag, lift(value as pulumi.Input<string | number>, String)];
}
