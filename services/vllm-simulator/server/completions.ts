import type { ServerResponse } from "node:http";

import { hash32, Random } from "../engine/random.ts";
import type { Placed } from "../engine/replica.ts";
import type { FinishReason, ParentRequest } from "../engine/sequence.ts";
import type { ServerOptions } from "../flags.ts";
import type { Simulation } from "../simulation.ts";
import type { Driver } from "./driver.ts";
import { sendJson } from "./http.ts";
import { ApiError, type CompletionRequest } from "./openai-request.ts";
import { answerToken, blockNames } from "./text.ts";

/** Length at which answers to real clients end by themselves: lognormal, in tokens. */
const answerLength = { median: 120, sigma: 0.6 };

/** One answer while it grows. */
interface Choice {
  readonly index: number;
  readonly seed: number;
  placed: Placed | undefined;
  text: string;
  tokens: number;
  finish: FinishReason | undefined;
}

/** Serves completions from the engines: real requests queue, batch and wait like the synthetic ones. */
export class Completions {
  readonly #server: ServerOptions;
  readonly #simulation: Simulation;
  readonly #driver: Driver;
  readonly #unixNow: () => number;
  #requests = 0;
  /** Real requests on their way. */
  inFlight = 0;

  constructor(server: ServerOptions, simulation: Simulation, driver: Driver, unixNow: () => number) {
    this.#server = server;
    this.#simulation = simulation;
    this.#driver = driver;
    this.#unixNow = unixNow;
  }

  /**
   * Answers one request; resolves when the last byte is written or the client is gone.
   * @throws ApiError before anything is written, when an admission limit is reached (503).
   */
  async serve(request: CompletionRequest, response: ServerResponse): Promise<void> {
    this.#driver.catchUp();
    const count = request.prompts.length * request.n;
    if (this.#simulation.replica.checkAdmission(count) !== undefined) {
      throw new ApiError(503, "ServiceUnavailable", "The request queue is full. Please retry later.");
    }
    this.#requests += 1;
    const id = `${request.chat ? "chatcmpl" : "cmpl"}-${hash32(`${String(this.#unixNow())}:${String(this.#requests)}`).toString(16)}`;
    const envelope = {
      id,
      object: request.chat
        ? request.stream
          ? "chat.completion.chunk"
          : "chat.completion"
        : "text_completion",
      created: Math.floor(this.#unixNow()),
      model: request.model,
    };
    this.inFlight += 1;
    this.#driver.attend();
    try {
      const write = request.stream ? this.#startStream(envelope, request, response) : undefined;
      const choices = await this.#run(request, response, write);
      if (choices === undefined) {
        return;
      }
      if (request.stream) {
        if (request.includeUsage) {
          response.write(event({ ...envelope, choices: [], usage: usage(request, choices) }));
        }
        response.end("data: [DONE]\n\n");
      } else {
        sendJson(response, 200, {
          ...envelope,
          choices: choices.map((choice) => finalChoice(request, choice)),
          usage: usage(request, choices),
        });
      }
    } finally {
      this.inFlight -= 1;
      this.#driver.leave();
    }
  }

  /** Runs all sequences of a request; undefined when the client went away. */
  #run(
    request: CompletionRequest,
    response: ServerResponse,
    write: ((choice: Choice, delta: string) => void) | undefined,
  ): Promise<readonly Choice[] | undefined> {
    const choices = request.prompts.flatMap((prompt, group) =>
      Array.from({ length: request.n }, (_, index) => ({
        index: group * request.n + index,
        seed: hash32(`${String(index)}:${prompt}`),
        placed: undefined as Placed | undefined,
        text: "",
        tokens: 0,
        finish: undefined as FinishReason | undefined,
      })),
    );
    return new Promise((resolve) => {
      let unfinished = choices.length;
      const finished = (): void => {
        unfinished -= 1;
        if (unfinished === 0) {
          resolve(choices);
        }
      };
      response.once("close", () => {
        if (unfinished > 0) {
          for (const { placed } of choices) {
            placed?.engine.abort(placed.sequence, this.#simulation.now);
          }
          resolve(undefined);
        }
      });
      const frontEnd = this.#simulation.nextFrontEnd();
      for (const [group, prompt] of request.prompts.entries()) {
        const parent: ParentRequest | undefined =
          request.n > 1 ? { n: request.n, unfinished: request.n, maxGeneratedTokens: 0 } : undefined;
        for (const choice of choices.slice(group * request.n, (group + 1) * request.n)) {
          this.#submit(request, prompt, choice, { parent, frontEnd, write, finished });
        }
      }
    });
  }

  #submit(
    request: CompletionRequest,
    prompt: string,
    choice: Choice,
    context: {
      readonly parent: ParentRequest | undefined;
      readonly frontEnd: number;
      readonly write: ((choice: Choice, delta: string) => void) | undefined;
      readonly finished: () => void;
    },
  ): void {
    const { write, finished, parent, frontEnd } = context;
    const natural = new Random(choice.seed, "answer").logNormal(answerLength.median, answerLength.sigma);
    this.#requests += 1;
    choice.placed = this.#simulation.replica.submit(
      {
        promptTokens: request.promptTokens[Math.floor(choice.index / request.n)] ?? 1,
        outputTokens: request.ignoreEos ? Infinity : Math.max(1, request.minTokens, Math.round(natural)),
        maxTokens: request.maxTokens,
        frontEnd,
        blockContent: blockNames(prompt, this.#server.blockSize, this.#requests),
        ...(parent === undefined ? {} : { parent }),
        ...(request.adapter === undefined ? {} : { adapter: request.adapter }),
        onToken: () => {
          const delta = answerToken(choice.seed, choice.tokens);
          choice.tokens += 1;
          if (write === undefined) {
            choice.text += delta;
          } else {
            write(choice, delta);
          }
        },
        onFinish: (_sequence, reason) => {
          choice.finish = reason;
          write?.(choice, "");
          finished();
        },
      },
      this.#simulation.now,
    );
  }

  #startStream(
    envelope: object,
    request: CompletionRequest,
    response: ServerResponse,
  ): (choice: Choice, delta: string) => void {
    response.writeHead(200, {
      "content-type": "text/event-stream; charset=utf-8",
      "cache-control": "no-cache",
    });
    return (choice, delta) => {
      const content = request.chat
        ? { delta: choice.tokens === 1 ? { role: "assistant", content: delta } : { content: delta } }
        : { text: delta };
      response.write(
        event({
          ...envelope,
          choices: [
            { index: choice.index, ...content, logprobs: null, finish_reason: choice.finish ?? null },
          ],
        }),
      );
    };
  }
}

function event(data: object): string {
  return `data: ${JSON.stringify(data)}\n\n`;
}

function finalChoice(request: CompletionRequest, choice: Choice): object {
  const content = request.chat
    ? { message: { role: "assistant", content: choice.text } }
    : { text: choice.text };
  return { index: choice.index, ...content, logprobs: null, finish_reason: choice.finish ?? null };
}

function usage(request: CompletionRequest, choices: readonly Choice[]): object {
  const prompt = request.promptTokens.reduce((sum, tokens) => sum + tokens, 0);
  const completion = choices.reduce((sum, choice) => sum + choice.tokens, 0);
  return { prompt_tokens: prompt, completion_tokens: completion, total_tokens: prompt + completion };
}
