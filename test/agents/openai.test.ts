import { describe, expect, spyOn, test } from "bun:test";
import { Refusal } from "../../src/core/protocol/refusal.ts";
import {
  answersEmpty,
  breaksOff,
  brokenJson,
  chunk,
  endless,
  event,
  fails,
  html,
  inTurn,
  privateWords,
  says,
  stalls,
  startFakeOpenAi,
  streams,
} from "../support/fake-openai.ts";
import { failureOf, freshEndpoint, question, stoppedClock, unavailable } from "./questions.ts";

const { agentWith, answerTo, endpoint } = freshEndpoint();

describe("an answer", () => {
  test("is the text of all chunks, kept as the endpoint wrote it", async () => {
    const answer = await answerTo(says(" I'm", " doing\n", "well. ", "👋"));
    expect(answer).toEqual({ content: " I'm doing\nwell. 👋", confidence: 1, metadata: {} });
    expect(endpoint().requests).toHaveLength(1);
    expect(endpoint().requests[0]?.wasCancelled()).toBe(false);
  });

  test("is asked for with the persona's prompt and the conversation, and no parameter some endpoint may not know", async () => {
    const conversation = [
      { role: "user", content: "Hi" },
      { role: "assistant", content: "Hello" },
      { role: "user", content: "Help me" },
    ] as const;
    await agentWith({ apiKey: "sk-key" }).answer(question({ conversation }));
    const { path, headers, body } = await endpoint().request(0);
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
    const { headers } = await endpoint().request(0);
    expect(headers.get("authorization")).toBe("Bearer none");
    expect(headers.get("openai-organization")).toBeNull();
    expect(headers.get("openai-project")).toBeNull();
  });

  test("longer than 64,000 characters is cut between characters, and the rest is not waited for", async () => {
    const answer = await answerTo(stalls("x", ...Array(700).fill("👋".repeat(50))));
    expect(answer.content).toBe(`x${"👋".repeat(31_999)}…`);
    expect(answer.confidence).toBe(0.5);
    await endpoint().requests[0]?.cancelled;
  });

  test("is whole where a character came in halves, and never holds half a one", async () => {
    const answer = await answerTo(
      streams(chunk("Hi \ud83d"), chunk("\udc4b, half: \ud83d, end: \ud83d"), "[DONE]"),
    );
    expect(answer.content).toBe("Hi 👋, half: \ufffd, end: ");
  });

  test("is refused when its bytes are not UTF-8: what was meant cannot be known", async () => {
    const event = `data: ${JSON.stringify(chunk("M\xfcller"))}\n\ndata: [DONE]\n\n`;
    const headers = { "content-type": "text/event-stream" };
    const answer = answerTo(() => new Response(Buffer.from(event, "latin1"), { headers }));
    await expect(answer).rejects.toThrow(
      "the AI endpoint ended early or sent a response that cannot be read",
    );
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
      /ended early/,
      streams(chunk("Hi"), { error: { message: privateWords } }),
    ],
    ["when it sends no text", /empty answer/, answersEmpty()],
    ["when it sends only white space", /empty answer/, says(" ", "\n\t ")],
    ["when it sends white space without end", /empty answer/, endless(event(chunk(" ".repeat(1000))))],
    ["when the connection breaks in the middle", /ended early/, breaksOff("Hel", "lo")],
    ["when one event has no end", /ended early/, endless("x".repeat(1_000_000))],
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
