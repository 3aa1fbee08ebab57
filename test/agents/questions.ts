import { afterEach, beforeEach, expect, mock } from "bun:test";
import { createOpenAiAgent, type OpenAiSettings } from "../../src/agents/openai.ts";
import type { Question } from "../../src/core/ports/agent.ts";
import type { Clock } from "../../src/core/ports/clock.ts";
import { type FakeOpenAi, type Reply, startFakeOpenAi } from "../support/fake-openai.ts";

export const question = (rest: Partial<Question> = {}): Question => ({
  userId: "ada",
  agentId: "therapist",
  conversation: [{ role: "user", content: "How are you?" }],
  signal: new AbortController().signal,
  ...rest,
});

/** A clock that stands still until `expire` fires what waits. */
export function stoppedClock() {
  const waiting = new Map<() => void, number>();
  const clock: Clock = {
    now: () => 0,
    monotonic: () => 0,
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

export const failureOf = async (answer: Promise<unknown>): Promise<unknown> =>
  answer.then(
    () => expect.unreachable("an answer came"),
    (error: unknown) => error,
  );

export const unavailable = (message: RegExp) => ({
  reason: "unavailable",
  message: expect.stringMatching(message),
});

/** An endpoint that nobody has asked, new for each test of a file, and agents that ask it. */
export function freshEndpoint() {
  let endpoint: FakeOpenAi;
  beforeEach(() => {
    endpoint = startFakeOpenAi();
  });
  afterEach(() => {
    mock.restore();
    return endpoint.stop();
  });
  const agentWith = (settings: Partial<OpenAiSettings> = {}) =>
    createOpenAiAgent({
      baseURL: endpoint.baseURL,
      model: "small",
      timeoutMs: 30_000,
      prompts: { promptFor: (agentId) => `You are the ${agentId}.` },
      clock: stoppedClock().clock,
      ...settings,
    });
  return {
    endpoint: () => endpoint,
    agentWith,
    answerTo(reply: Reply) {
      endpoint.reply = reply;
      return agentWith().answer(question());
    },
  };
}
