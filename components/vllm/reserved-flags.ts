/** Flags of `vllm serve` that have a field of their own, or that would break what the component promises. */

/** Why a flag is refused among the extra arguments, and what to do instead. */
export interface ReservedFlag {
  reason: string;
  remedy: string;
}

/** Field that stands for the flags. */
const FIELD_FLAGS: Record<string, string[]> = {
  "model.source": ["--model", "--revision", "--load-format", "--model-loader-extra-config", "--hf-token"],
  "model.servedName": ["--served-model-name"],
  "model.maxLength": ["--max-model-len"],
  "model.quantization": ["--quantization", "-q"],
  "model.dtype": ["--dtype"],
  "model.kvCacheDtype": ["--kv-cache-dtype"],
  "model.lora": [
    "--enable-lora",
    "--no-enable-lora",
    "--max-loras",
    "--max-lora-rank",
    "--max-cpu-loras",
    "--lora-modules",
  ],
  "parallelism.tensor": ["--tensor-parallel-size", "-tp"],
  "parallelism.pipeline": ["--pipeline-parallel-size", "-pp"],
  "parallelism.data": ["--data-parallel-size", "-dp", "--data-parallel-size-local", "-dpl"],
  apiServerCount: ["--api-server-count", "-asc"],
  maxSequences: ["--max-num-seqs"],
  gpuMemoryUtilization: ["--gpu-memory-utilization"],
  apiKeySecret: ["--api-key"],
  "drain.shutdownSeconds": ["--shutdown-timeout"],
};

const METRICS_GONE = "takes every vllm: metric away";
const OTHER_PODS = "needs pods with different roles, which a Deployment has not";
const OTHER_ADDRESS = "moves /health and /metrics from where probes and Prometheus look";

/** Flags that contradict the component. */
const REFUSED_FLAGS: Record<string, ReservedFlag> = {
  "--disable-log-stats": { reason: METRICS_GONE, remedy: "remove it" },
  "--headless": { reason: "serves no /metrics at all", remedy: "remove it" },
  ...eachOf(["--host", "--port", "--uds", "--root-path"], { reason: OTHER_ADDRESS, remedy: "remove it" }),
  ...eachOf(
    ["--ssl-keyfile", "--ssl-certfile", "--ssl-ca-certs", "--ssl-cert-reqs", "--enable-ssl-refresh"],
    {
      reason: OTHER_ADDRESS,
      remedy: "end TLS at the gateway; the NetworkPolicy lets no one else in",
    },
  ),
  ...eachOf(
    [
      "--data-parallel-rank",
      "-dpn",
      "--data-parallel-start-rank",
      "-dpr",
      "--data-parallel-address",
      "-dpa",
      "--data-parallel-rpc-port",
      "-dpp",
      "--data-parallel-external-lb",
      "-dpe",
      "--data-parallel-hybrid-lb",
      "-dph",
      "--data-parallel-multi-port-external-lb",
      "--nnodes",
      "--node-rank",
      "--master-addr",
      "--master-port",
    ],
    { reason: OTHER_PODS, remedy: "use parallelism.data inside one pod, or a LeaderWorkerSet" },
  ),
  "--config": { reason: "sets flags that the component can't see", remedy: "write the flags out" },
};

const RESERVED = new Map<string, ReservedFlag>([
  ...Object.entries(REFUSED_FLAGS),
  ...Object.entries(FIELD_FLAGS).flatMap(([field, flags]) =>
    flags.map((flag): [string, ReservedFlag] => [
      flag,
      { reason: "has a field of its own", remedy: `set ${field} instead` },
    ]),
  ),
]);

/** The objection to a word of the command line, as `--flag`, `--flag=value` or `--flag_with_underscores`. */
export function findReservedFlag(word: string): ReservedFlag | undefined {
  if (!word.startsWith("-")) return undefined;
  const [flag = ""] = word.split("=", 1);
  // vLLM's parser takes underscores for hyphens, and dotted keys (--flag.key) for JSON arguments.
  const [normal = ""] = flag.replaceAll("_", "-").split(".", 1);
  return RESERVED.get(normal);
}

function eachOf(flags: string[], why: ReservedFlag): Record<string, ReservedFlag> {
  return Object.fromEntries(flags.map((flag) => [flag, why]));
}
