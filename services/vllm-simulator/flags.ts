/** What the server's flags say; vLLM's names without their dashes. */
export interface ServerOptions {
  readonly model: string;
  /** The first one is the `model_name` label. */
  readonly servedModelNames: readonly string[];
  /** Address to bind; undefined for all. */
  readonly host: string | undefined;
  readonly port: number;
  readonly dataParallel: number;
  readonly apiServerCount: number;
  readonly tensorParallel: number;
  readonly pipelineParallel: number;
  readonly maxNumSeqs: number;
  readonly maxNumBatchedTokens: number;
  /** Tokens. */
  readonly maxModelLen: number;
  readonly maxNumQueuedReqs: number | undefined;
  readonly maxNumQueuedTokens: number | undefined;
  /** 0 to 1. */
  readonly gpuMemoryUtilization: number;
  /** Tokens in a KV-cache block. */
  readonly blockSize: number;
  /** Whether --block-size was given. */
  readonly blockSizeGiven: boolean;
  /** --num-gpu-blocks-override. */
  readonly numGpuBlocks: number | undefined;
  readonly kvCacheDtype: string;
  readonly prefixCaching: boolean;
  readonly enableLora: boolean;
  /** Adapters in one batch. */
  readonly maxLoras: number;
  /** Served names of the adapters. */
  readonly loraModules: readonly string[];
  readonly quantization: string | undefined;
  /** Seconds that requests on their way get after SIGTERM; 0 aborts them. */
  readonly shutdownTimeout: number;
  readonly disableLogStats: boolean;
  readonly serverLoadTracking: boolean;
  readonly apiKeys: readonly string[];
}

/** Arguments that vLLM would refuse. The message is one line that names the flag, the value and what is expected. */
export class FlagError extends Error {
  override readonly name = "FlagError";
}

type Kind = "text" | "texts" | "integer" | "tokens" | "ratio" | "switch";

/** The flags that matter, with the number of values each takes. Every other flag is skipped with its values. */
const kinds: Readonly<Record<string, Kind>> = {
  model: "text",
  "served-model-name": "texts",
  host: "text",
  port: "integer",
  "data-parallel-size": "integer",
  "api-server-count": "integer",
  "tensor-parallel-size": "integer",
  "pipeline-parallel-size": "integer",
  "max-num-seqs": "integer",
  "max-num-batched-tokens": "tokens",
  "max-model-len": "tokens",
  "max-num-queued-reqs": "integer",
  "max-num-queued-tokens": "tokens",
  "gpu-memory-utilization": "ratio",
  "block-size": "integer",
  "num-gpu-blocks-override": "integer",
  "kv-cache-dtype": "text",
  "enable-prefix-caching": "switch",
  "no-enable-prefix-caching": "switch",
  "enable-lora": "switch",
  "no-enable-lora": "switch",
  "max-loras": "integer",
  "lora-modules": "texts",
  quantization: "text",
  "shutdown-timeout": "integer",
  "disable-log-stats": "switch",
  "enable-server-load-tracking": "switch",
  "api-key": "texts",
};

/** vLLM's short spellings. */
const shortNames: Readonly<Record<string, string>> = {
  tp: "tensor-parallel-size",
  pp: "pipeline-parallel-size",
  dp: "data-parallel-size",
  asc: "api-server-count",
  q: "quantization",
};

/** Length of a model that doesn't say its own. */
const defaultModelLen = 32_768;

/** Lower bounds of the integers; 1 where none is given. */
const minimum: Readonly<Record<string, number>> = { port: 0, "shutdown-timeout": 0 };

/** A flag with its name normalised, or undefined for a value. */
function flagOf(argument: string): { name: string; inline: string | undefined } | undefined {
  const match = /^--?([A-Za-z][\w.-]*)(?:=([\s\S]*))?$/.exec(argument);
  if (match === null) {
    return undefined;
  }
  const name = (match[1] ?? "").replaceAll("_", "-");
  return { name: shortNames[name] ?? name, inline: match[2] };
}

/** Sorts the arguments by flag; words before the first flag are positional ("serve", then the model). */
function collect(args: readonly string[]): { flags: Map<string, string[]>; positional: string[] } {
  const flags = new Map<string, string[]>();
  const positional: string[] = [];
  let values: string[] | undefined;
  let room = Infinity;
  for (const argument of args) {
    const flag = flagOf(argument);
    if (flag !== undefined) {
      values = flag.inline === undefined ? [] : [flag.inline];
      flags.set(flag.name, values);
      const kind = kinds[flag.name];
      room = kind === "switch" ? 0 : kind === undefined || kind === "texts" ? Infinity : 1 - values.length;
    } else if (values === undefined || room === 0) {
      positional.push(argument);
    } else {
      values.push(argument);
      room -= 1;
    }
  }
  return { flags, positional };
}

/** "32k" is 32000 and "32K" is 32768, as in vLLM. */
function parseTokens(flag: string, text: string): number {
  const match = /^(\d+(?:\.\d+)?)([kKmMgG]?)$/.exec(text);
  const scale = { "": 1, k: 1e3, m: 1e6, g: 1e9, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30 }[match?.[2] ?? ""];
  const value = Number(match?.[1]) * (scale ?? NaN);
  if (!Number.isInteger(value) || value < 1) {
    throw new FlagError(`--${flag}: "${text}" is not a number of tokens; write for example 8192 or 8K`);
  }
  return value;
}

function parseInteger(flag: string, text: string): number {
  const least = minimum[flag] ?? 1;
  const value = /^-?\d+$/.test(text) ? Number(text) : NaN;
  if (!(value >= least) || (flag === "port" && value > 65_535)) {
    const range = flag === "port" ? "from 0 to 65535" : `of at least ${String(least)}`;
    throw new FlagError(`--${flag}: "${text}" is not an integer ${range}`);
  }
  return value;
}

function parseRatio(flag: string, text: string): number {
  const value = text.trim() === "" ? NaN : Number(text);
  if (!(value > 0 && value <= 1)) {
    throw new FlagError(`--${flag}: "${text}" is not a number above 0 and at most 1`);
  }
  return value;
}

/** Names of `--lora-modules`: "name=path" or JSON objects with a name. */
function parseLoraModule(text: string): string {
  if (text.startsWith("{")) {
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      value = undefined;
    }
    const name: unknown =
      typeof value === "object" && value !== null && "name" in value ? value.name : undefined;
    if (typeof name === "string" && name !== "") {
      return name;
    }
  } else if (/^[^=]+=.+$/.test(text)) {
    return text.slice(0, text.indexOf("="));
  }
  throw new FlagError(`--lora-modules: "${text}" is neither name=path nor a JSON object with name and path`);
}

/**
 * Reads the arguments of a vLLM container (`vllm serve MODEL --flag value …`, the words `vllm` and `serve` optional). Flags
 * that change nothing here are skipped. Defaults are those of vLLM 0.32.0 on an A100.
 * @throws FlagError
 */
export function parseFlags(args: readonly string[]): ServerOptions {
  const { flags, positional } = collect(args);
  const one = (flag: string): string | undefined => {
    const values = flags.get(flag);
    if (values?.length === 0) {
      throw new FlagError(`--${flag}: expected a value`);
    }
    return values?.[0];
  };
  const read = <T>(flag: string, parse: (flag: string, text: string) => T): T | undefined => {
    const text = one(flag);
    return text === undefined ? undefined : parse(flag, text);
  };
  const many = (flag: string): readonly string[] => {
    one(flag);
    return flags.get(flag) ?? [];
  };
  const words = positional.filter((word, index) => !(index < 2 && (word === "vllm" || word === "serve")));
  if (words.length > 1) {
    throw new FlagError(`unrecognized arguments: ${words.slice(1).join(" ")}`);
  }
  const model = words[0] ?? one("model") ?? "Qwen/Qwen3-0.6B";
  const named = many("served-model-name");
  const dataParallel = read("data-parallel-size", parseInteger) ?? 1;
  const modelLen = one("max-model-len");
  const kvCacheDtype = one("kv-cache-dtype") ?? "auto";
  const enableLora = flags.has("enable-lora") && !flags.has("no-enable-lora");
  const loraModules = many("lora-modules").map(parseLoraModule);
  if (loraModules.length > 0 && !enableLora) {
    throw new FlagError("--lora-modules: needs --enable-lora");
  }
  const blockSize = read("block-size", parseInteger);
  const options: ServerOptions = {
    model,
    servedModelNames: named.length > 0 ? named : [model],
    host: one("host"),
    port: read("port", parseInteger) ?? 8000,
    dataParallel,
    apiServerCount: read("api-server-count", parseInteger) ?? dataParallel,
    tensorParallel: read("tensor-parallel-size", parseInteger) ?? 1,
    pipelineParallel: read("pipeline-parallel-size", parseInteger) ?? 1,
    maxNumSeqs: read("max-num-seqs", parseInteger) ?? 256,
    maxNumBatchedTokens: read("max-num-batched-tokens", parseTokens) ?? 2048,
    maxModelLen:
      modelLen === undefined || modelLen === "auto" || modelLen === "-1"
        ? defaultModelLen
        : parseTokens("max-model-len", modelLen),
    maxNumQueuedReqs: read("max-num-queued-reqs", parseInteger),
    maxNumQueuedTokens: read("max-num-queued-tokens", parseTokens),
    gpuMemoryUtilization: read("gpu-memory-utilization", parseRatio) ?? 0.92,
    blockSize: blockSize ?? 16,
    blockSizeGiven: blockSize !== undefined,
    numGpuBlocks: read("num-gpu-blocks-override", parseInteger),
    kvCacheDtype,
    prefixCaching: !flags.has("no-enable-prefix-caching"),
    enableLora,
    maxLoras: read("max-loras", parseInteger) ?? 1,
    loraModules,
    quantization: one("quantization"),
    shutdownTimeout: read("shutdown-timeout", parseInteger) ?? 0,
    disableLogStats: flags.has("disable-log-stats"),
    serverLoadTracking: flags.has("enable-server-load-tracking"),
    apiKeys: many("api-key"),
  };
  checkTogether(options);
  return options;
}

/** What vLLM refuses at start because two settings contradict each other. */
function checkTogether(options: ServerOptions): void {
  const { numGpuBlocks, blockSize, maxModelLen, maxNumSeqs, maxNumBatchedTokens } = options;
  if (numGpuBlocks !== undefined && (numGpuBlocks - 1) * blockSize < maxModelLen) {
    throw new FlagError(
      `--num-gpu-blocks-override: ${String(numGpuBlocks)} blocks of ${String(blockSize)} tokens hold less than one ` +
        `sequence of --max-model-len ${String(maxModelLen)}; use at least ` +
        `${String(Math.ceil(maxModelLen / blockSize) + 1)} or a shorter length`,
    );
  }
  if (maxNumBatchedTokens < maxNumSeqs) {
    throw new FlagError(
      `--max-num-batched-tokens: ${String(maxNumBatchedTokens)} is less than --max-num-seqs ${String(maxNumSeqs)}`,
    );
  }
}
