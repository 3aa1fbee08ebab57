import { expect, test } from "bun:test";
import { FairAgent } from "../../../src/core/live/fair-agent.ts";
import type { Agent, Question } from "../../../src/core/ports/agent.ts";

const ANSWER = { content: "An answer", confidence: 1, metadata: {} };

/** An agent whose answers are given by hand, in the order of the questions that were put to it. */
function createStage() {
  const put: { readonly userId: string; answer(): void; fail(): void }[] = [];
  const inner: Agent = {
    answer: ({ userId }) =>
      new Promise((resolve, reject) => {
        put.push({ userId, answer: () => resolve(ANSWER), fail: () => reject(new Error("down")) });
      }),
  };
  const fair = new FairAgent(inner);
  const ask = (userId: string, signal = new AbortController().signal) =>
    fair.answer({ userId, agentId: "a", conversation: [], signal } satisfies Question);
  return { put, ask, users: () => put.map(({ userId }) => userId) };
}

test("of one user four questions are put at a time, whether the others are answered or fail", async () => {
  const { ask, put, users } = createStage();
  const asked = Array.from({ length: 6 }, () => ask("eve").catch((error: Error) => error.message));
  expect(users()).toEqual(Array(4).fill("eve"));
  put[0]?.answer();
  await asked[0];
  expect(put).toHaveLength(5);
  put[1]?.fail();
  expect(await asked[1]).toBe("down");
  expect(put).toHaveLength(6);
});

test("when all places are taken the users who wait take turns", async () => {
  const { ask, put, users } = createStage();
  const first = Array.from({ length: 128 }, (_, n) => ask(`u${n % 32}`));
  const waiting = ["eve", "eve", "eve", "ada", "bob"].map((userId) => ask(userId));
  expect(put).toHaveLength(128);
  for (let n = 0; n < 5; n++) {
    put[n]?.answer();
    await first[n];
  }
  expect(users().slice(128)).toEqual(["eve", "ada", "bob", "eve", "eve"]);
  for (const one of put) one.answer();
  await Promise.all([...first, ...waiting]);
});

test("a question that nobody waits for any more gives its place away", async () => {
  const { ask, put } = createStage();
  for (let n = 0; n < 4; n++) void ask("eve");
  const abort = new AbortController();
  const gone = ask("eve", abort.signal).catch((error: Error) => error.message);
  const next = ask("eve");
  abort.abort(new Error("left"));
  expect(await gone).toBe("left");
  put[0]?.answer();
  await Promise.resolve();
  for (const one of put) one.answer();
  await new Promise(setImmediate);
  put.at(-1)?.answer();
  expect(await next).toEqual(ANSWER);
  expect(put).toHaveLength(5);
});
