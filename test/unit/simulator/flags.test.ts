import { describe, expect, it } from "vitest";

import { parseFlags } from "../../../services/vllm-simulator/flags.ts";

describe("parseFlags", () => {
  it("has vLLM's defaults", () => {
    expect(parseFlags(["serve", "meta-llama/Llama-3.1-8B-Instruct"])).toMatchObject({
      model: "meta-llama/Llama-3.1-8B-Instruct",
      servedModelNames: ["meta-llama/Llama-3.1-8B-Instruct"],
      host: undefined,
      port: 8000,
      dataParallel: 1,
      apiServerCount: 1,
      maxNumSeqs: 256,
      maxNumBatchedTokens: 2048,
      gpuMemoryUtilization: 0.92,
      blockSize: 16,
      prefixCaching: true,
      shutdownTimeout: 0,
    });
  });

  it("reads what a Deployment passes, in any of vLLM's spellings", () => {
    const options = parseFlags([
      "--model=/models/llama",
      "--served_model_name",
      "chat",
      "chat-latest",
      "--host",
      "0.0.0.0",
      "--port",
      "8080",
      "-tp",
      "2",
      "-pp=2",
      "--data-parallel-size",
      "4",
      "--max-num-seqs=64",
      "--max-model-len",
      "32K",
      "--max-num-batched-tokens",
      "8k",
      "--gpu-memory-utilization",
      "0.85",
      "-q",
      "awq",
      "--enable-lora",
      "--max-loras",
      "4",
      "--lora-modules",
      "sql=/loras/sql",
      '{"name":"legal","path":"/loras/legal"}',
      "--no-enable-prefix-caching",
      "--shutdown-timeout",
      "30",
    ]);
    expect(options).toMatchObject({
      model: "/models/llama",
      servedModelNames: ["chat", "chat-latest"],
      host: "0.0.0.0",
      port: 8080,
      tensorParallel: 2,
      pipelineParallel: 2,
      dataParallel: 4,
      maxNumSeqs: 64,
      maxModelLen: 32_768,
      maxNumBatchedTokens: 8000,
      gpuMemoryUtilization: 0.85,
      quantization: "awq",
      loraModules: ["sql", "legal"],
      maxLoras: 4,
      prefixCaching: false,
      shutdownTimeout: 30,
    });
  });

  it("gives data parallel as many API servers as ranks unless told otherwise", () => {
    expect(parseFlags(["m", "-dp", "4"]).apiServerCount).toBe(4);
    expect(parseFlags(["m", "-dp", "4", "--api-server-count=2"]).apiServerCount).toBe(2);
  });

  it("skips flags that change nothing here, with their values", () => {
    const options = parseFlags([
      "vllm",
      "serve",
      "my/model",
      "--trust-remote-code",
      "--kv-transfer-config",
      '{"kv_connector":"NixlConnector"}',
      "--allowed-origins",
      "a",
      "b",
      "--seed",
      "-1",
      "--port",
      "1",
    ]);
    expect(options).toMatchObject({ model: "my/model", port: 1 });
  });

  it("takes the positional model before --model, and a model called serve", () => {
    expect(parseFlags(["a", "--model", "b"]).model).toBe("a");
    expect(parseFlags(["--enable-lora", "a"]).model).toBe("a");
    expect(parseFlags([]).model).toBe("Qwen/Qwen3-0.6B");
  });

  it.each([
    [["--port", "x"], '--port: "x" is not an integer from 0 to 65535'],
    [["--port", "70000"], '--port: "70000" is not an integer from 0 to 65535'],
    [["--port"], "--port: expected a value"],
    [["-tp", "0"], '--tensor-parallel-size: "0" is not an integer of at least 1'],
    [["--max-num-seqs", "1.5"], '--max-num-seqs: "1.5" is not an integer of at least 1'],
    [["--shutdown-timeout", "-1"], '--shutdown-timeout: "-1" is not an integer of at least 0'],
    [["--max-model-len", "8X"], '--max-model-len: "8X" is not a number of tokens'],
    [["--gpu-memory-utilization", "1.1"], '--gpu-memory-utilization: "1.1" is not a number above 0'],
    [["--gpu-memory-utilization", ""], "--gpu-memory-utilization"],
    [["--lora-modules", "a=/b"], "--lora-modules: needs --enable-lora"],
    [["--enable-lora", "--lora-modules", "a"], '--lora-modules: "a" is neither name=path'],
    [["--enable-lora", "--lora-modules", "{"], '--lora-modules: "{" is neither name=path'],
    [["a", "b"], "unrecognized arguments: b"],
    [["--num-gpu-blocks-override", "10", "--max-model-len", "1024"], "use at least 65 or a shorter length"],
    [["--max-num-batched-tokens", "100"], "--max-num-batched-tokens: 100 is less than --max-num-seqs 256"],
  ])("refuses %j", (args, message) => {
    expect(() => parseFlags(args)).toThrow(message);
  });
});
