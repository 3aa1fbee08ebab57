import { z } from "zod";

const completionRequest = z.looseObject({
  model: z.string(),
  messages: z.array(z.object({ role: z.string(), content: z.string() })),
  stream: z.literal(true),
});

export interface SeenRequest {
  readonly path: string;
  readonly headers: Headers;
  readonly body: z.output<typeof completionRequest>;
  /** Whether the client hung up before the answer was complete, and when it did. */
  readonly wasCancelled: () => boolean;
  readonly cancelled: Promise<void>;
}

/** What the endpoint answers, and how: one of the functions below, or any other. */
export type Reply = (request: SeenRequest) => Response | Promise<Response>;

export interface FakeOpenAi {
  /** For `AI_BASE_URL`. */
  readonly baseURL: string;
  readonly requests: readonly SeenRequest[];
  /** Resolves to the nth request (from 0) when it has come. */
  request(n: number): Promise<SeenRequest>;
  /** Answers the requests that come from now on. */
  reply: Reply;
  stop(): Promise<void>;
}

/** A small OpenAI-compatible endpoint on a free port of this machine. A malformed request gets HTTP 400. */
export function startFakeOpenAi(reply: Reply = says("Hello")): FakeOpenAi {
  const requests: SeenRequest[] = [];
  const arrivals: PromiseWithResolvers<SeenRequest>[] = [];
  const arrival = (n: number) => (arrivals[n] ??= Promise.withResolvers<SeenRequest>());
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    idleTimeout: 0,
    development: false,
    async fetch(request) {
      const body = completionRequest.safeParse(await request.json().catch(() => undefined));
      if (!body.success) return new Response("malformed request", { status: 400 });
      const cancelled = Promise.withResolvers<void>();
      request.signal.addEventListener("abort", () => cancelled.resolve());
      const seen: SeenRequest = {
        path: new URL(request.url).pathname,
        headers: request.headers,
        body: body.data,
        wasCancelled: () => request.signal.aborted,
        cancelled: cancelled.promise,
      };
      arrival(requests.push(seen) - 1).resolve(seen);
      return fake.reply(seen);
    },
    error: () => new Response(null, { status: 500 }),
  });
  const fake: FakeOpenAi = {
    baseURL: `http://127.0.0.1:${server.port}/v1`,
    requests,
    request: (n) => arrival(n).promise,
    reply,
    stop: () => server.stop(true),
  };
  return fake;
}

/** A chunk of an answer: text, and what else its choice carries. */
export const chunk = (content: string, rest: Record<string, unknown> = {}) => ({
  id: "chatcmpl-1",
  object: "chat.completion.chunk",
  created: 1,
  model: "fake",
  choices: [{ index: 0, delta: { content }, finish_reason: null, ...rest }],
});

/** Stands in every error below; showing it to a user leaks the endpoint's words. */
export const privateWords = "sk-private-words";

/** Sends each of these as one event of its own, a string as it is, anything else as JSON, then ends. */
export const streams = (...events: readonly unknown[]): Reply =>
  pulls((n, body) => (n < events.length ? body.enqueue(event(events[n])) : body.close()));

/** A complete answer in these chunks. */
export const says = (...texts: readonly string[]): Reply =>
  streams(...texts.map((text) => chunk(text)), chunk("", { finish_reason: "stop" }), "[DONE]");

export const answersEmpty = (): Reply => says();

/** Takes the request and never answers, not even with headers. */
export const hangs = (): Reply => () => new Promise<Response>(() => {});

/** Chunks, then silence on an open connection. */
export const stalls = (...texts: readonly string[]): Reply =>
  pulls((n, body) => n < texts.length && body.enqueue(event(chunk(texts[n] ?? ""))));

/** Answers as `reply` does, once `gate` resolves. */
export const waits =
  (gate: Promise<unknown>, reply: Reply): Reply =>
  async (request) => {
    await gate;
    return reply(request);
  };

/** Chunks, then the connection is reset. */
export const breaksOff = (...texts: readonly string[]): Reply =>
  pulls((n, body) => (n < texts.length ? body.enqueue(event(chunk(texts[n] ?? ""))) : body.error()));

/** The same bytes again and again, until the client hangs up. */
export const endless = (bytes: string): Reply => pulls((_, body) => body.enqueue(bytes));

export const brokenJson = (): Reply => streams(chunk("Hel"), `{"choices": [${privateWords}`);

export const html = (): Reply => () =>
  new Response(`<!doctype html><title>${privateWords}</title>`, { headers: { "content-type": "text/html" } });

/** An error status, worded as OpenAI does. Without other headers a retry may come at once. */
export const fails =
  (status: number, headers: Record<string, string> = { "retry-after-ms": "0" }): Reply =>
  () =>
    Response.json({ error: { message: privateWords, type: "server_error" } }, { status, headers });

/** One reply after another; the last one again and again. */
export function inTurn(...replies: readonly [Reply, ...Reply[]]): Reply {
  let next = 0;
  return (request) => (replies[next++] ?? replies[replies.length - 1]!)(request);
}

export const event = (data: unknown) => `data: ${typeof data === "string" ? data : JSON.stringify(data)}\n\n`;

/** A body written step by step, each in a turn of the event loop: the client runs in between. */
function pulls(step: (n: number, body: ReadableStreamDefaultController) => unknown): Reply {
  return () => {
    let n = 0;
    const body = new ReadableStream({
      async pull(controller) {
        await new Promise(setImmediate);
        step(n++, controller);
      },
    });
    return new Response(body, { headers: { "content-type": "text/event-stream" } });
  };
}
