import { afterEach, beforeEach, describe, expect, mock, spyOn, test } from "bun:test";
import { createOpenAiAgent, type OpenAiSettings } from "../../src/agents/openai.ts";
import type { Question } from "../../src/core/agent.ts";
import { type Clock, systemClock } from "../../src/core/clock.ts";
import { Refusal } from "../../src/core/refusal.ts";
import {
  answersEmpty,
  breaksOff,
  brokenJson,
  chunk,
  endless,
  event,
  type FakeOpenAi,
  fails,
  hangs,
  html,
  inTurn,
  privateWords,
  type Reply,
  says,
  stalls,
  startFakeOpenAi,
  streams,
  waits,
} from "../support/fake-openai.ts";

let endpoint: FakeOpenAi;
beforeEach(() => {
  endpoint = startFakeOpenAi();
});
afterEach(() => {
  mock.restore();
  return endpoint.stop();
});

/** A clock that stands still until `expire` fires what waits. */
function stoppedClock() {
  const waiting = new Map<() => void, number>();
  const clock: Clock = {
    now: () => 0,
    every: () => () => {},
    after(ms, work) {
      waiting.set(work, ms);
      return () => waiting.delete(work);
    },
  };
  const expire = () => {
    for (const work of waiting.keys()) work();
  };
  return { clock, expire, waiting };
}

const agentWith = (settings: Partial<OpenAiSettings> = {}) =>
  createOpenAiAgent({
    baseURL: endpoint.baseURL,
    model: "small",
    timeoutMs: 30_000,
    prompts: { promptFor: (agentId) => `You are the ${agentId}.` },
    clock: stoppedClock().clock,
    ...settings,
  });

const question = (rest: Partial<Question> = {}): Question => ({
  agentId: "therapist",
  conversation: [{ role: "user", content: "How are you?" }],
  signal: new AbortController().signal,
  ...rest,
});

const answerTo = (reply: Reply) => {
  endpoint.reply = reply;
  return agentWith().answer(question());
};

/** Resolves when these bytes of a response have come in and the agent has had a turn to read them. */
function received(bytes: string): Promise<void> {
  const seen = Promise.withResolvers<void>();
  const fetchReally = fetch;
  const tap = new TransformStream<Uint8Array, Uint8Array>({
    transform(part, body) {
      body.enqueue(part);
      if (new TextDecoder().decode(part).includes(bytes)) setImmediate(seen.resolve);
    },
  });
  const tapped = async (...request: Parameters<typeof fetch>) => {
    const response = await fetchReally(...request);
    return new Response(response.body?.pipeThrough(tap), response);
  };
  spyOn(globalThis, "fetch").mockImplementationOnce(Object.assign(tapped, { preconnect: fetch.preconnect }));
  return seen.promise;
}

const failureOf = async (answer: Promise<unknown>): Promise<unknown> =>
  answer.then(
    () => expect.unreachable("an answer came"),
    (error: unknown) => error,
  );

const unavailable = (message: RegExp) => ({ reason: "unavailable", message: expect.stringMatching(message) });

describe("an answer", () => {
  test("is the text of all chunks, kept as the endpoint wrote it", async () => {
    const answer = await answerTo(says(" I'm", " doing\n", "well. ", "👋"));
    expect(answer).toEqual({ content: " I'm doing\nwell. 👋", confidence: 1, metadata: {} });
    expect(endpoint.requests).toHaveLength(1);
    expect(endpoint.requests[0]?.wasCancelled()).toBe(false);
  });

  test("is asked for with the persona's prompt and the conversation, and no parameter some endpoint may not know", async () => {
    const conversation = [
      { role: "user", content: "Hi" },
      { role: "assistant", content: "Hello" },
      { role: "user", content: "Help me" },
    ] as const;
    await agentWith({ apiKey: "sk-key" }).answer(question({ conversation }));
    const { path, headers, body } = await endpoint.request(0);
    expect(path).toBe("/v1/chat/completions");
    expect(headers.get("authorization")).toBe("Bearer sk-key");
    expect(body).toEqual({
      model: "small",
      stream: true,
      messages: [{ role: "system", content: "You are the therapist." }, ...conversation],
    });
  });

  test("needs no key, and takes none that was meant for OpenAI from the environment", async () => {
    const meantForOpenAi = {
      OPENAI_API_KEY: "sk-openai",
      OPENAI_ORG_ID: "org-1",
      OPENAI_PROJECT_ID: "proj-1",
    };
    Object.assign(process.env, meantForOpenAi);
    try {
      await agentWith().answer(question());
    } finally {
      for (const name of Object.keys(meantForOpenAi)) delete process.env[name];
    }
    const { headers } = await endpoint.request(0);
    expect(headers.get("authorization")).toBe("Bearer none");
    expect(headers.get("openai-organization")).toBeNull();
    expect(headers.get("openai-project")).toBeNull();
  });

  test("longer than 64,000 characters is cut between characters, and the rest is not waited for", async () => {
    const answer = await answerTo(stalls("x", ...Array(700).fill("👋".repeat(50))));
    expect(answer.content).toBe(`x${"👋".repeat(31_999)}`);
    expect(answer.confidence).toBe(0.5);
    await endpoint.requests[0]?.cancelled;
  });

  test("is whole where a character came in halves, and never holds half a one", async () => {
    const answer = await answerTo(
      streams(chunk("Hi \ud83d"), chunk("\udc4b, half: \ud83d, end: \ud83d"), "[DONE]"),
    );
    expect(answer.content).toBe("Hi 👋, half: \ufffd, end: ");
  });

  test("may come in one piece from an endpoint that does not stream", async () => {
    const choice = {
      index: 0,
      message: { role: "assistant", content: "All at once" },
      finish_reason: "length",
    };
    const answer = await answerTo(() => Response.json({ object: "chat.completion", choices: [choice] }));
    expect(answer).toEqual({ content: "All at once", confidence: 0.5, metadata: {} });
  });

  test("comes on the second attempt when the endpoint fails once", async () => {
    expect((await answerTo(inTurn(fails(500), says("Sorry, here I am")))).content).toBe("Sorry, here I am");
  });

  test("leaves no timer and no listener behind", async () => {
    const { clock, waiting } = stoppedClock();
    const { signal } = new AbortController();
    const removed = spyOn(signal, "removeEventListener");
    const added = spyOn(signal, "addEventListener");
    await agentWith({ clock }).answer(question({ signal }));
    expect(waiting.size).toBe(0);
    expect(added).toHaveBeenCalledTimes(1);
    expect(added.mock.calls.map((call) => call[1])).toEqual(removed.mock.calls.map((call) => call[1]));
  });
});

describe("confidence", () => {
  const ends = (finish_reason: string) => streams(chunk("Hi"), chunk("", { finish_reason }), "[DONE]");
  const logprobs = (...values: unknown[]) => ({
    logprobs: { content: values.map((logprob) => ({ logprob })) },
  });

  test.each([
    ["is 1 for an answer that ended by itself", 1, ends("stop")],
    ["is 1 when the endpoint does not say why it ended", 1, streams(chunk("Hi"), "[DONE]")],
    ["is 1 when the stream ends without a last event", 1, streams(chunk("Hi"))],
    ["is half for an answer cut by the endpoint's limit", 0.5, ends("length")],
    ["is half for an answer cut by the endpoint's filter", 0.5, ends("content_filter")],
    [
      "is the mean probability of the tokens where the endpoint tells them",
      0.5,
      streams(
        chunk("Hi", logprobs(Math.log(0.25), Math.log(0.5))),
        chunk("!", logprobs(Math.log(0.75))),
        "[DONE]",
      ),
    ],
    ["is never above 1", 1, streams(chunk("Hi", logprobs(3)), "[DONE]")],
    ["does without probabilities that are none", 1, streams(chunk("Hi", logprobs(null)), "[DONE]")],
  ])("%s", async (_, confidence, reply) => {
    const answer = await answerTo(reply);
    expect(answer.confidence).toBeCloseTo(confidence, 10);
    expect(answer.content).toStartWith("Hi");
  });
});

describe("an endpoint is refused as unavailable, in our own words,", () => {
  test.each([
    ["when it fails twice", /HTTP 500/, fails(500)],
    ["when it does not take the key", /HTTP 401/, fails(401)],
    ["when it sends a page instead of an answer", /empty answer/, html()],
    ["when it sends broken JSON", /cannot be read/, brokenJson()],
    ["when it sends JSON that is no chunk", /cannot be read/, streams(`{"choices":"${privateWords}"}`)],
    ["when it sends JSON that is no object", /cannot be read/, streams("null")],
    [
      "when it sends an error in the stream",
      /broke off/,
      streams(chunk("Hi"), { error: { message: privateWords } }),
    ],
    ["when it sends no text", /empty answer/, answersEmpty()],
    ["when it sends only white space", /empty answer/, says(" ", "\n\t ")],
    ["when it sends white space without end", /empty answer/, endless(event(chunk(" ".repeat(1000))))],
    ["when the connection breaks in the middle", /broke off/, breaksOff("Hel", "lo")],
    ["when one event has no end", /broke off/, endless("x".repeat(1_000_000))],
  ])("%s", async (_, message, reply) => {
    const error = await failureOf(answerTo(reply));
    expect(error).toBeInstanceOf(Refusal);
    expect(error).toMatchObject(unavailable(message));
    expect(Bun.inspect(error, { depth: 10 })).not.toContain(privateWords);
  });

  test("when nobody listens there", async () => {
    const nobody = startFakeOpenAi();
    await nobody.stop();
    const error = await failureOf(agentWith({ baseURL: nobody.baseURL }).answer(question()));
    expect(error).toMatchObject(unavailable(/could not be reached/));
  });

  test("and nothing of it is printed", async () => {
    const printed = (["log", "info", "warn", "error", "debug"] as const).map((level) =>
      spyOn(console, level),
    );
    await failureOf(answerTo(brokenJson()));
    await failureOf(answerTo(fails(500)));
    for (const spy of printed) expect(spy).not.toHaveBeenCalled();
  });
});

describe("the time limit", () => {
  test.each([
    ["an endpoint that does not answer", hangs()],
    ["a stream of nothing without end", endless(": still thinking\n\n")],
  ])("ends %s", async (_, reply) => {
    endpoint.reply = reply;
    const { clock, expire, waiting } = stoppedClock();
    const answer = failureOf(agentWith({ clock, timeoutMs: 20_000 }).answer(question()));
    const request = await endpoint.request(0);
    expect([...waiting.values()]).toEqual([20_000]);
    expire();
    expect(await answer).toMatchObject(unavailable(/longer than 20000 ms/));
    await request.cancelled;
  });

  test("ends a stream that stalls, and gives out no half answer", async () => {
    endpoint.reply = stalls("Hel", "lo");
    const half = received('"lo"');
    const { clock, expire } = stoppedClock();
    const answer = failureOf(agentWith({ clock }).answer(question()));
    await half;
    expire();
    expect(await answer).toMatchObject(unavailable(/longer than/));
    await endpoint.requests[0]?.cancelled;
  });

  test("counts real milliseconds, and the wait before a retry among them", async () => {
    endpoint.reply = fails(429, { "retry-after": "50" });
    const answer = agentWith({ clock: systemClock, timeoutMs: 50 }).answer(question());
    expect(await failureOf(answer)).toMatchObject(unavailable(/longer than 50 ms/));
    expect(endpoint.requests).toHaveLength(1);
  });

  test("lets a slow answer through that is in time", async () => {
    const gate = Promise.withResolvers<void>();
    const answer = answerTo(waits(gate.promise, says("Finally")));
    await endpoint.request(0);
    gate.resolve();
    expect((await answer).content).toBe("Finally");
  });
});

describe("an abort", () => {
  const gone = new Error("nobody is left to hear it");
  const abort = () => {
    const controller = new AbortController();
    const answer = failureOf(agentWith().answer(question({ signal: controller.signal })));
    return { answer, now: () => controller.abort(gone) };
  };

  test("before the endpoint answers rejects with its reason and hangs up at once", async () => {
    endpoint.reply = hangs();
    const { answer, now } = abort();
    const request = await endpoint.request(0);
    now();
    expect(await answer).toBe(gone);
    await request.cancelled;
  });

  test("in the middle of an answer rejects with its reason and hangs up at once", async () => {
    endpoint.reply = stalls("Hel", "lo");
    const half = received('"lo"');
    const { answer, now } = abort();
    await half;
    now();
    expect(await answer).toBe(gone);
    await endpoint.requests[0]?.cancelled;
  });

  test("before the question asks nobody", async () => {
    const answer = agentWith().answer(question({ signal: AbortSignal.abort(gone) }));
    expect(await failureOf(answer)).toBe(gone);
    expect(endpoint.requests).toHaveLength(0);
  });
});
