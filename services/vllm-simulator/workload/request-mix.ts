import { Random } from "../engine/random.ts";

/** What the clients of a scenario ask for; lengths in tokens. */
export interface RequestProfile {
  /** System prompts that requests share, by length; the first ones are asked for more often. */
  readonly systemPrompts: readonly number[];
  /** Lognormal length of what the user writes. */
  readonly user: { readonly median: number; readonly sigma: number };
  /** Lognormal length at which the model ends its answer. */
  readonly answer: { readonly median: number; readonly sigma: number };
  /** The values of max_tokens that clients send, each as often as any other. */
  readonly maxTokens: readonly number[];
  /** Share of requests that continue an earlier conversation, 0 to 1. */
  readonly followUps: number;
  /** Share of streaming clients that go away before the end, 0 to 1. */
  readonly disconnects: number;
  /** Share of requests with streamed answers, 0 to 1. */
  readonly streaming: number;
}

/** Chat with short questions and medium answers. */
export const chatProfile: RequestProfile = {
  systemPrompts: [384, 224, 512, 128],
  user: { median: 160, sigma: 0.9 },
  answer: { median: 160, sigma: 0.7 },
  maxTokens: [256, 512, 1024],
  followUps: 0.35,
  disconnects: 0.01,
  streaming: 0.7,
};

/** Long documents and long answers: the KV cache is full before the batch is. */
export const documentProfile: RequestProfile = {
  systemPrompts: [256],
  user: { median: 3000, sigma: 0.5 },
  answer: { median: 600, sigma: 0.5 },
  maxTokens: [1024, 2048],
  followUps: 0.1,
  disconnects: 0.01,
  streaming: 0.7,
};

/** Model length for which the profiles are written; with a shorter one all lengths shrink in proportion. */
const profileModelLen = 8192;

/** One request as a client would send it. */
export interface ClientRequest {
  readonly promptTokens: number;
  readonly outputTokens: number;
  readonly maxTokens: number;
  readonly streaming: boolean;
  /** Tokens after which the client goes away; undefined when it stays. */
  readonly disconnectAfter: number | undefined;
  readonly adapter: string | undefined;
  readonly blockContent: (index: number) => number;
  readonly conversation: Conversation;
}

/** Tokens exchanged so far, and who they are. */
export interface Conversation {
  readonly id: number;
  readonly group: number;
  readonly sharedTokens: number;
  readonly tokens: number;
}

/** Blocks are named by number: conversation × this + index. */
const blocksPerConversation = 2 ** 20;
/** Conversations that wait for a follow-up. */
const remembered = 128;

/** Draws requests: lengths, shared prefixes, conversations that go on. */
export class RequestMix {
  readonly #random: Random;
  readonly #profile: RequestProfile;
  readonly #scale: number;
  readonly #maxModelLen: number;
  readonly #blockSize: number;
  readonly #adapters: readonly string[];
  readonly #open: Conversation[] = [];
  #nextConversation: number;

  constructor(options: {
    readonly random: Random;
    readonly profile: RequestProfile;
    readonly maxModelLen: number;
    readonly blockSize: number;
    readonly adapters: readonly string[];
    /** Conversations are numbered from here, so that two mixes on one server share no content but system prompts. */
    readonly firstConversation?: number;
  }) {
    this.#random = options.random;
    this.#profile = options.profile;
    this.#maxModelLen = options.maxModelLen;
    this.#blockSize = options.blockSize;
    this.#adapters = options.adapters;
    this.#scale = Math.min(1, options.maxModelLen / profileModelLen);
    this.#nextConversation = (options.firstConversation ?? 0) + options.profile.systemPrompts.length;
  }

  /** The next request. Its prompt may be too long for the model, as real ones may: the server answers 400. */
  next(): ClientRequest {
    const random = this.#random;
    const before = this.#continued() ?? this.#begun();
    const promptTokens = before.tokens + this.#length(this.#profile.user);
    const outputTokens = this.#length(this.#profile.answer);
    const wanted = this.#profile.maxTokens[random.index(this.#profile.maxTokens.length)] ?? 256;
    const maxTokens = Math.max(
      1,
      Math.min(Math.round(wanted * this.#scale), this.#maxModelLen - promptTokens),
    );
    const streaming = random.uniform() < this.#profile.streaming;
    const disconnects = random.uniform() < this.#profile.disconnects;
    const disconnectAt = Math.ceil(random.uniform() * Math.min(outputTokens, maxTokens));
    const sharedBlocks = Math.floor(before.sharedTokens / this.#blockSize);
    return {
      promptTokens,
      outputTokens,
      maxTokens,
      streaming,
      disconnectAfter: streaming && disconnects ? disconnectAt : undefined,
      // Half of the traffic goes to the base model.
      adapter:
        this.#adapters.length > 0 && random.uniform() < 0.5
          ? this.#adapters[random.index(this.#adapters.length)]
          : undefined,
      blockContent: (index) =>
        (index < sharedBlocks ? before.group : before.id) * blocksPerConversation + index,
      conversation: before,
    };
  }

  /** To be called with the answer's length when a request is done: its conversation may go on. */
  completed(request: ClientRequest, answerTokens: number): void {
    const tokens = request.promptTokens + answerTokens;
    if (tokens < this.#maxModelLen / 2) {
      this.#open.push({ ...request.conversation, tokens });
      if (this.#open.length > remembered) {
        this.#open.shift();
      }
    }
  }

  #continued(): Conversation | undefined {
    const wish = this.#random.uniform() < this.#profile.followUps;
    if (!wish || this.#open.length === 0) {
      return undefined;
    }
    return this.#open.splice(this.#random.index(this.#open.length), 1)[0];
  }

  #begun(): Conversation {
    const { systemPrompts } = this.#profile;
    const group = this.#random.weighted(systemPrompts.map((_, index) => 1 / (index + 1)));
    const sharedTokens = Math.round((systemPrompts[group] ?? 0) * this.#scale);
    this.#nextConversation += 1;
    return { id: this.#nextConversation, group, sharedTokens, tokens: sharedTokens };
  }

  #length({ median, sigma }: { readonly median: number; readonly sigma: number }): number {
    return Math.max(1, Math.round(this.#random.logNormal(median * this.#scale, sigma)));
  }
}
