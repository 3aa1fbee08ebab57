import OpenAI from "openai";
import { z } from "zod";
import type { Agent, Answer, Question } from "../core/ports/agent.ts";
import { type Clock, systemClock } from "../core/ports/clock.ts";
import { cutText } from "../core/protocol/cut.ts";
import { Refusal } from "../core/protocol/refusal.ts";
import type { Prompts } from "./prompts.ts";

/** UTF-16 units of one answer. The agent stops reading there and cuts the rest off. */
const MAX_CHARACTERS = 64_000;
/** Bytes of one response, text and packaging: an endless response must not fill the memory. */
const MAX_BYTES = 32 * 1024 * 1024;

export interface OpenAiSettings {
  /**
   * Base URL of an endpoint that speaks OpenAI's chat completions, for example `http://localhost:11434/v1`.
   */
  readonly baseURL: string;
  readonly apiKey?: string | undefined;
  readonly model: string;
  /** Milliseconds from the question to the last word of the answer, the retry included. */
  readonly timeoutMs: number;
  readonly prompts: Prompts;
  readonly clock?: Clock;
}

/**
 * An agent that asks an OpenAI-compatible endpoint. Every failure becomes a `Refusal` `unavailable` with a
 * text of ours: the endpoint's text may repeat the key or the conversation. `confidence` is the mean
 * probability of the answer's tokens if the endpoint reports them; else 1, or 0.5 if the answer was cut short
 * (by the endpoint's limit, its filter, or our 64,000 characters).
 */
export function createOpenAiAgent(settings: OpenAiSettings): Agent {
  const { model, timeoutMs, prompts, clock = systemClock } = settings;
  const client = new OpenAI({
    baseURL: settings.baseURL,
    // The client insists on a key; an endpoint that needs none ignores it.
    apiKey: settings.apiKey ?? "none",
    // Unset, the client would read these from OPENAI_* variables and send them to this endpoint.
    organization: null,
    project: null,
    adminAPIKey: null,
    logLevel: "off",
    // Our timeout below ends the answer. The client's timeout, which covers only the headers, must not be
    // shorter.
    timeout: timeoutMs,
    maxRetries: 1,
    fetch: fetchBounded,
  });

  async function ask({ agentId, conversation }: Question, signal: AbortSignal): Promise<Answer> {
    const messages = [
      { role: "system" as const, content: prompts.promptFor(agentId) },
      ...conversation.map(({ role, content }) => ({ role, content })),
    ];
    try {
      const stream = await client.chat.completions.create({ model, messages, stream: true }, { signal });
      return { ...(await read(stream)), metadata: {} };
    } catch (error) {
      throw new Refusal("unavailable", describe(error));
    }
  }

  return {
    async answer(question) {
      const { signal } = question;
      signal.throwIfAborted();
      const request = new AbortController();
      const stopped = Promise.withResolvers<never>();
      // Reject first: an aborted stream ends as if it were complete.
      const stop = (reason: unknown) => {
        stopped.reject(reason);
        request.abort();
      };
      const leave = () => stop(signal.reason);
      signal.addEventListener("abort", leave);
      const cancelLimit = clock.after(timeoutMs, () =>
        stop(new Refusal("unavailable", `the AI endpoint took longer than ${timeoutMs} ms`)),
      );
      try {
        return await Promise.race([stopped.promise, ask(question, request.signal)]);
      } finally {
        cancelLimit();
        signal.removeEventListener("abort", leave);
      }
    },
  };
}

/** The parts of a chunk that the agent reads. Endpoints differ in the rest and in what they leave out. */
const chunkShape = z.object({
  choices: z
    .array(
      z.object({
        delta: z.object({ content: z.string().nullish() }).nullish(),
        /** Present where the endpoint does not stream. */
        message: z.object({ content: z.string().nullish() }).nullish(),
        finish_reason: z.string().nullish(),
        logprobs: z
          .object({ content: z.array(z.object({ logprob: z.number() })) })
          .nullish()
          .catch(null),
      }),
    )
    .nullish(),
});

async function read(stream: AsyncIterable<unknown>): Promise<Pick<Answer, "content" | "confidence">> {
  let text = "";
  let finish = "stop";
  let tokens = 0;
  let probability = 0;
  for await (const chunk of stream) {
    const choice = chunkShape.parse(chunk).choices?.[0];
    text += (choice?.delta ?? choice?.message)?.content ?? "";
    finish = choice?.finish_reason ?? finish;
    for (const { logprob } of choice?.logprobs?.content ?? []) {
      tokens += 1;
      probability += Math.exp(Math.min(0, logprob));
    }
    if (text.length > MAX_CHARACTERS) {
      finish = "length";
      break; // cancels the request
    }
  }
  const content = cutText(text.replace(/[\uD800-\uDBFF]$/, ""), MAX_CHARACTERS);
  if (content.trim() === "") throw new Refusal("unavailable", "the AI endpoint returned an empty answer");
  const cut = finish === "length" || finish === "content_filter";
  return { content, confidence: tokens > 0 ? probability / tokens : cut ? 0.5 : 1 };
}

function describe(error: unknown): string {
  if (error instanceof Refusal) return error.message;
  if (error instanceof OpenAI.APIConnectionError) return "the AI endpoint could not be reached";
  if (error instanceof OpenAI.APIError && error.status)
    return `the AI endpoint answered HTTP ${error.status}`;
  return "the AI endpoint ended early or sent a response that cannot be read";
}

async function fetchBounded(input: string | URL | Request, init?: RequestInit): Promise<Response> {
  const response = await fetch(input, init);
  let bytes = 0;
  const text = new TextDecoder("utf-8", { fatal: true });
  const bound = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      bytes += chunk.byteLength;
      // The client decodes with replacement: people would read what the endpoint has not said.
      try {
        text.decode(chunk, { stream: true });
      } catch {
        return controller.error(new Error("the response is not UTF-8"));
      }
      if (bytes > MAX_BYTES) controller.error(new Error("the response is too big"));
      else controller.enqueue(chunk);
    },
  });
  const bounded = new Response(response.body?.pipeThrough(bound) ?? null, response);
  const isWhole = response.ok && response.headers.get("content-type")?.startsWith("application/json");
  return isWhole ? asStream(bounded) : bounded;
}

/**
 * Some endpoints ignore `stream: true` and answer in one piece: this turns the answer into a stream of one
 * event.
 */
async function asStream(response: Response): Promise<Response> {
  const event = JSON.stringify(await response.json());
  return new Response(`data: ${event}\n\ndata: [DONE]\n\n`, {
    headers: { "content-type": "text/event-stream" },
  });
}
