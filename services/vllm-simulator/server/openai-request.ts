import type { ServerOptions } from "../flags.ts";
import { countTokens } from "./text.ts";

/** A request of the OpenAI API that the server refuses. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly status: number;
  readonly type: string;
  readonly param: string | null;

  constructor(status: number, type: string, message: string, param: string | null = null) {
    super(message);
    this.status = status;
    this.type = type;
    this.param = param;
  }

  /** The body, as vLLM writes it. */
  get body(): object {
    return {
      error: { message: this.message, type: this.type, param: this.param, code: this.status },
    };
  }
}

/** What a completion needs, of either kind. */
export interface CompletionRequest {
  readonly chat: boolean;
  readonly model: string;
  readonly adapter: string | undefined;
  /** One prompt per choice group; a chat has one. */
  readonly prompts: readonly string[];
  readonly promptTokens: readonly number[];
  readonly maxTokens: number;
  readonly minTokens: number;
  readonly ignoreEos: boolean;
  readonly n: number;
  readonly stream: boolean;
  readonly includeUsage: boolean;
}

type Json = Readonly<Record<string, unknown>>;

function badRequest(message: string, param: string | null = null): ApiError {
  return new ApiError(400, "BadRequestError", message, param);
}

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function integer(body: Json, name: string, least: number): number | undefined {
  const value = body[name];
  if (value === undefined || value === null) {
    return undefined;
  }
  if (typeof value !== "number" || !Number.isInteger(value) || value < least) {
    throw badRequest(
      `${name} must be an integer of at least ${String(least)}, got ${JSON.stringify(value)}.`,
      name,
    );
  }
  return value;
}

function flag(body: Json, name: string): boolean {
  const value = body[name];
  if (value === undefined || value === null) {
    return false;
  }
  if (typeof value !== "boolean") {
    throw badRequest(`${name} must be true or false, got ${JSON.stringify(value)}.`, name);
  }
  return value;
}

/** A prompt given as token ids is text of as many tokens. */
function promptOf(value: unknown): string | undefined {
  if (typeof value === "string") {
    return value;
  }
  if (Array.isArray(value) && value.length > 0 && value.every((id) => Number.isInteger(id))) {
    return value.map((id) => String(id).padStart(4, "_").slice(-4)).join("");
  }
  return undefined;
}

function completionPrompts(body: Json): string[] {
  const { prompt } = body;
  const single = promptOf(prompt);
  if (single !== undefined) {
    return [single];
  }
  const several = Array.isArray(prompt) ? prompt.map(promptOf) : [];
  if (several.length === 0 || several.some((text) => text === undefined)) {
    throw badRequest("prompt must be a string, a list of token ids, or a list of these.", "prompt");
  }
  return several.filter((text) => text !== undefined);
}

/** Text of a message: a string, or the text parts of a list. */
function messageText(message: unknown): string {
  if (!isObject(message) || typeof message["role"] !== "string") {
    throw badRequest("each of messages must be an object with a role.", "messages");
  }
  const { content } = message;
  const parts: unknown[] = Array.isArray(content) ? content : [content];
  const text = parts.map((part) => {
    const value = isObject(part) ? (part["text"] ?? "") : (part ?? "");
    if (typeof value !== "string") {
      throw badRequest("content of a message must be text or a list of parts.", "messages");
    }
    return value;
  });
  return `<|${message["role"]}|>${text.join("")}`;
}

function chatPrompt(body: Json): string {
  const { messages } = body;
  if (!Array.isArray(messages) || messages.length === 0) {
    throw badRequest("messages must be a list of at least one message.", "messages");
  }
  return `${messages.map(messageText).join("")}<|assistant|>`;
}

/**
 * Checks a body of /v1/completions or /v1/chat/completions.
 * @throws ApiError as vLLM answers: 404 for an unknown model, 400 for anything else.
 */
export function parseCompletion(text: string, chat: boolean, server: ServerOptions): CompletionRequest {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    throw badRequest("the body is not JSON.");
  }
  if (!isObject(body)) {
    throw badRequest("the body must be a JSON object.");
  }
  const model = body["model"] ?? server.servedModelNames[0];
  if (typeof model !== "string" || ![...server.servedModelNames, ...server.loraModules].includes(model)) {
    throw new ApiError(
      404,
      "NotFoundError",
      `The model \`${typeof model === "string" ? model : JSON.stringify(model)}\` does not exist.`,
      "model",
    );
  }
  const prompts = chat ? [chatPrompt(body)] : completionPrompts(body);
  const promptTokens = prompts.map(countTokens);
  const room = server.maxModelLen - Math.max(...promptTokens);
  const wanted = chat
    ? (integer(body, "max_completion_tokens", 1) ?? integer(body, "max_tokens", 1) ?? room)
    : (integer(body, "max_tokens", 1) ?? 16);
  if (room < 1 || wanted > room) {
    const asked = Math.max(...promptTokens) + (room < 1 ? 0 : wanted);
    throw badRequest(
      `This model's maximum context length is ${String(server.maxModelLen)} tokens. However, you requested ` +
        `${String(asked)} tokens. Please reduce the length of the prompt or of the answer.`,
      "max_tokens",
    );
  }
  const options = body["stream_options"];
  return {
    chat,
    model,
    adapter: server.loraModules.includes(model) ? model : undefined,
    prompts,
    promptTokens,
    maxTokens: wanted,
    minTokens: Math.min(integer(body, "min_tokens", 0) ?? 0, wanted),
    ignoreEos: flag(body, "ignore_eos"),
    n: integer(body, "n", 1) ?? 1,
    stream: flag(body, "stream"),
    includeUsage: isObject(options) && options["include_usage"] === true,
  };
}
