import { expect, test } from "bun:test";
import { CountedAgent } from "../../src/metrics/agent.ts";

const question = (signal = new AbortController().signal) => ({
  userId: "u",
  agentId: "a",
  conversation: [],
  signal,
});
const answer = { content: "yes", confidence: 1, metadata: {} };

test("answers, failures and their time are counted; nobody waiting any more is no failure", async () => {
  let next: () => Promise<typeof answer> = async () => answer;
  const agent = new CountedAgent({ answer: () => next() });
  expect(await agent.answer(question())).toEqual(answer);
  expect([agent.calls, agent.failures, agent.duration.count]).toEqual([1, 0, 1]);
  next = () => Promise.reject(new Error("down"));
  await expect(agent.answer(question())).rejects.toThrow("down");
  expect([agent.calls, agent.failures, agent.duration.count]).toEqual([2, 1, 2]);
  await expect(agent.answer(question(AbortSignal.abort()))).rejects.toThrow("down");
  expect([agent.calls, agent.failures, agent.duration.count]).toEqual([3, 1, 3]);
});
