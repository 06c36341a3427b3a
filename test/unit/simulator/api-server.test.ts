import { afterEach, describe, expect, it } from "vitest";

import { parseEnvironment } from "../../../services/vllm-simulator/environment.ts";
import { parseFlags } from "../../../services/vllm-simulator/flags.ts";
import type { ScenarioName } from "../../../services/vllm-simulator/scenarios.ts";
import { ApiServer } from "../../../services/vllm-simulator/server/api-server.ts";
import type { ScenarioChange } from "../../../services/vllm-simulator/server/control.ts";
import { parseExposition, sampleValue } from "../../support/exposition.ts";

const open: ApiServer[] = [];

afterEach(() => {
  for (const server of open.splice(0)) {
    server.close();
  }
});

interface Client {
  readonly server: ApiServer;
  readonly changes: ScenarioChange[];
  get(path: string, init?: RequestInit): Promise<Response>;
  post(path: string, body: unknown, init?: RequestInit): Promise<Response>;
  metric(name: string, labels?: Readonly<Record<string, string>>): Promise<number>;
}

/** A server on a port of its own, without synthetic clients unless a scenario is named. */
async function serve(
  flags: readonly string[] = [],
  scenario: ScenarioName = "idle",
  variables = {},
): Promise<Client> {
  const changes: ScenarioChange[] = [];
  const server = new ApiServer(parseFlags(["tiny", "--max-model-len", "4096", ...flags]), {
    environment: parseEnvironment(variables),
    scenario,
    onScenario: (change) => changes.push(change),
  });
  open.push(server);
  await server.listen("127.0.0.1", 0);
  const get = (path: string, init: RequestInit = {}): Promise<Response> =>
    fetch(`http://127.0.0.1:${String(server.port)}${path}`, init);
  return {
    server,
    changes,
    get,
    post: (path, body, init = {}) =>
      get(path, { method: "POST", body: typeof body === "string" ? body : JSON.stringify(body), ...init }),
    metric: async (name, labels) =>
      sampleValue(parseExposition(await (await get("/metrics")).text()), name, labels),
  };
}

describe("the plain endpoints", () => {
  it("answer as vLLM does", async () => {
    const client = await serve(["--served-model-name", "chat", "alias"]);
    expect((await client.get("/health")).status).toBe(200);
    expect((await client.get("/ping")).status).toBe(200);
    expect((await client.post("/ping", "")).status).toBe(200);
    expect(await (await client.get("/version")).json()).toEqual({ version: "0.32.0" });
    expect(await (await client.get("/load")).json()).toEqual({ server_load: 0 });
    const models = (await (await client.get("/v1/models")).json()) as {
      data: { id: string; root: string }[];
    };
    expect(models.data.map(({ id, root }) => [id, root])).toEqual([
      ["chat", "tiny"],
      ["alias", "tiny"],
    ]);
    const metrics = await client.get("/metrics");
    expect(metrics.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
    parseExposition(await metrics.text());
    expect((await client.get("/nope")).status).toBe(404);
    expect((await client.get("/v1/completions")).status).toBe(405);
    expect((await client.get("/constructor")).status).toBe(404);
  });

  it("count as the instrumentator counts", async () => {
    const client = await serve();
    for (const path of [
      "/health",
      "/metrics",
      "/load",
      "/ping",
      "/version",
      "/v1/load_lora_adapter",
      "/simulator/scenario",
    ]) {
      await (await client.get(path)).text();
    }
    await (await client.get("/nope?x=1")).text();
    await (await client.get("/v1/completions")).text();
    const body = { prompt: "hello", max_tokens: 2, ignore_eos: true };
    const answer = await (await client.post("/v1/completions", body)).text();
    await (await client.post("/v1/completions", "{")).text();
    await (await client.get("/v1/models")).text();
    await new Promise((resolve) => setTimeout(resolve, 20));
    const families = parseExposition(await (await client.get("/metrics")).text());
    const counts = (families.get("http_requests_total")?.samples ?? []).map(({ labels, value }) => ({
      ...labels,
      value,
    }));
    expect(counts).toEqual([
      { handler: "none", method: "GET", status: "4xx", value: 2 },
      { handler: "/v1/completions", method: "POST", status: "2xx", value: 1 },
      { handler: "/v1/completions", method: "POST", status: "4xx", value: 1 },
      { handler: "/v1/models", method: "GET", status: "2xx", value: 1 },
    ]);
    const completions = { handler: "/v1/completions" };
    expect(sampleValue(families, "http_request_size_bytes_sum", completions)).toBe(
      JSON.stringify(body).length + 1,
    );
    expect(sampleValue(families, "http_response_size_bytes_sum", completions)).toBeGreaterThan(answer.length);
    expect(sampleValue(families, "http_request_duration_seconds_count", completions)).toBe(2);
    expect(sampleValue(families, "http_request_duration_highr_seconds_count")).toBe(5);
  });

  it("guard /v1 by the API key and nothing else", async () => {
    const client = await serve(["--api-key", "one"], "idle", { VLLM_API_KEY: "two" });
    expect((await client.get("/v1/models")).status).toBe(401);
    expect((await client.get("/v1/models", { headers: { authorization: "Bearer three" } })).status).toBe(401);
    for (const key of ["one", "two"]) {
      expect((await client.get("/v1/models", { headers: { authorization: `Bearer ${key}` } })).status).toBe(
        200,
      );
    }
    expect((await client.get("/metrics")).status).toBe(200);
  });
});

describe("completions", () => {
  it("go through the engine", async () => {
    const client = await serve();
    const response = await client.post("/v1/completions", {
      prompt: "one two three four",
      max_tokens: 5,
      ignore_eos: true,
      n: 2,
    });
    expect(response.status).toBe(200);
    const body = (await response.json()) as {
      choices: { text: string; finish_reason: string }[];
      usage: object;
    };
    expect(body.choices.map(({ finish_reason }) => finish_reason)).toEqual(["length", "length"]);
    expect(body.choices.every(({ text }) => text.split(" ").length === 5)).toBe(true);
    expect(body.usage).toEqual({ prompt_tokens: 5, completion_tokens: 10, total_tokens: 15 });
    expect(await client.metric("vllm:generation_tokens_total")).toBe(10);
    expect(await client.metric("vllm:request_success_total", { finished_reason: "length" })).toBe(2);
    expect(await client.metric("vllm:request_params_n_sum")).toBe(2);
    expect(await client.metric("vllm:request_params_n_count")).toBe(1);
  });

  it("stream chat answers event by event", async () => {
    const client = await serve();
    const response = await client.post("/v1/chat/completions", {
      model: "tiny",
      messages: [
        { role: "system", content: "be brief" },
        { role: "user", content: [{ type: "text", text: "hello" }] },
      ],
      max_completion_tokens: 4,
      ignore_eos: true,
      stream: true,
      stream_options: { include_usage: true },
    });
    expect(response.headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
    const events = (await response.text()).trim().split("\n\n");
    expect(events.at(-1)).toBe("data: [DONE]");
    const chunks = events.slice(0, -1).map(
      (event) =>
        JSON.parse(event.slice("data: ".length)) as {
          object: string;
          choices: { delta: { role?: string; content: string }; finish_reason: string | null }[];
          usage?: { completion_tokens: number };
        },
    );
    expect(chunks[0]?.choices[0]?.delta.role).toBe("assistant");
    expect(chunks.map((chunk) => chunk.choices[0]?.finish_reason)).toEqual([
      null,
      null,
      null,
      null,
      "length",
      undefined,
    ]);
    expect(chunks.at(-1)?.usage?.completion_tokens).toBe(4);
    expect(new Set(chunks.map(({ object }) => object))).toEqual(new Set(["chat.completion.chunk"]));
    expect(await client.metric("http_response_size_bytes_sum", { handler: "/v1/chat/completions" })).toBe(0);
  });

  it("repeat a prompt from the prefix cache", async () => {
    const client = await serve();
    const ask = async (): Promise<void> => {
      await (await client.post("/v1/completions", { prompt: "x".repeat(400), max_tokens: 1 })).text();
    };
    await ask();
    expect(await client.metric("vllm:prefix_cache_hits_total")).toBe(0);
    await ask();
    // 100 tokens, of which 6 blocks of 16 are full and before the last token.
    expect(await client.metric("vllm:prefix_cache_hits_total")).toBe(96);
    expect(await client.metric("vllm:prefix_cache_queries_total")).toBe(200);
  });

  it("serve adapters by name, under the base model's label", async () => {
    const client = await serve(["--enable-lora", "--lora-modules", "sql=/a"]);
    const response = await client.post("/v1/completions", { model: "sql", prompt: "x" });
    expect(((await response.json()) as { model: string }).model).toBe("sql");
    expect(await client.metric("vllm:prompt_tokens_total", { model_name: "tiny" })).toBe(1);
  });

  it("of clients that go away are aborted without statistics", async () => {
    const client = await serve();
    const controller = new AbortController();
    const response = await client.post(
      "/v1/completions",
      { prompt: "x", max_tokens: 4000, ignore_eos: true, stream: true },
      { signal: controller.signal },
    );
    const reader = response.body?.getReader();
    await reader?.read();
    expect(await client.metric("vllm:num_requests_running")).toBe(1);
    controller.abort();
    await reader?.read().catch(() => undefined);
    await expect.poll(() => client.metric("vllm:num_requests_running")).toBe(0);
    expect(await client.metric("vllm:time_to_first_token_seconds_count")).toBe(1);
    expect(await client.metric("vllm:e2e_request_latency_seconds_count")).toBe(0);
    expect(await client.metric("http_requests_total", { handler: "/v1/completions" })).toBe(1);
  });

  it.each([
    ["/v1/completions", "{", 400, "not JSON"],
    ["/v1/completions", "[]", 400, "JSON object"],
    ["/v1/completions", { model: "other", prompt: "x" }, 404, "The model `other` does not exist."],
    ["/v1/completions", {}, 400, "prompt must be"],
    ["/v1/completions", { prompt: [1, "x"] }, 400, "prompt must be"],
    [
      "/v1/completions",
      { prompt: "x", max_tokens: 0 },
      400,
      "max_tokens must be an integer of at least 1, got 0.",
    ],
    ["/v1/completions", { prompt: "x", n: "2" }, 400, 'n must be an integer of at least 1, got "2".'],
    ["/v1/completions", { prompt: "x", stream: 1 }, 400, "stream must be true or false"],
    ["/v1/completions", { prompt: "x", max_tokens: 5000 }, 400, "maximum context length is 4096 tokens"],
    ["/v1/completions", { prompt: "x".repeat(40_000) }, 400, "maximum context length is 4096 tokens"],
    ["/v1/chat/completions", { messages: [] }, 400, "messages must be a list"],
    ["/v1/chat/completions", { messages: [{}] }, 400, "must be an object with a role"],
    ["/v1/chat/completions", { messages: [{ role: "user", content: 1 }] }, 400, "content of a message"],
  ])("refuse %s %j with %d", async (path, body, status, message) => {
    const client = await serve();
    const response = await client.post(path, body);
    expect(response.status).toBe(status);
    const { error } = (await response.json()) as { error: { message: string; code: number } };
    expect(error.message).toContain(message);
    expect(error.code).toBe(status);
    expect(await client.metric("vllm:prompt_tokens_total")).toBe(0);
  });

  it("beyond an admission limit get 503", async () => {
    const client = await serve(["--max-num-queued-reqs", "1"]);
    const body = { prompt: "x", max_tokens: 4000, ignore_eos: true, stream: true };
    const first = await client.post("/v1/completions", body);
    const second = await client.post("/v1/completions", body);
    expect([first.status, second.status]).toEqual([200, 503]);
    expect(await client.metric("vllm:admission_rejections_total", { reason: "max_num_queued_reqs" })).toBe(1);
    await first.body?.cancel();
  });
});

describe("/simulator/scenario", () => {
  it("tells and changes the scenario", async () => {
    const client = await serve();
    const changed = await client.post("/simulator/scenario", { scenario: "steady", seed: 9 });
    expect(changed.status).toBe(200);
    const status = (await (await client.get("/simulator/scenario")).json()) as Record<string, unknown>;
    expect(status).toMatchObject({ scenario: "steady", seed: 9 });
    expect(Object.keys(status["scenarios"] as object)).toContain("ramp");
    expect(client.changes.map(({ scenario }) => scenario)).toEqual(["steady"]);
    await expect.poll(() => client.metric("vllm:prompt_tokens_total"), { timeout: 5000 }).toBeGreaterThan(0);
  });

  it("refuses nonsense with one message and changes nothing", async () => {
    const client = await serve();
    const response = await client.post("/simulator/scenario", { scenario: "rampe" });
    expect(response.status).toBe(400);
    const { error } = (await response.json()) as { error: string };
    expect(error).toMatch(/^scenario: "rampe" is no scenario; use one of steady, .*idle$/);
    expect(client.server.simulation.status.scenario).toBe("idle");
    expect(client.changes).toEqual([]);
  });
});

describe("stopping", () => {
  const long = { prompt: "x", max_tokens: 20, ignore_eos: true };

  it("lets requests finish within the timeout and takes no new ones", async () => {
    const client = await serve(["--shutdown-timeout", "10"]);
    const running = client.post("/v1/completions", long);
    await expect.poll(() => client.metric("vllm:num_requests_running")).toBe(1);
    const stopped = client.server.stop(10);
    expect((await client.post("/v1/completions", long)).status).toBe(503);
    const body = (await (await running).json()) as { usage: { completion_tokens: number } };
    expect(body.usage.completion_tokens).toBe(20);
    await stopped;
    await expect(client.get("/health")).rejects.toThrow();
  });

  it("aborts them without one", async () => {
    const client = await serve();
    const running = client.post("/v1/completions", { ...long, max_tokens: 4000 });
    await expect.poll(() => client.metric("vllm:num_requests_running")).toBe(1);
    await client.server.stop(0);
    const body = (await (await running).json()) as { choices: { finish_reason: string }[] };
    expect(body.choices[0]?.finish_reason).toBe("abort");
  });
});
