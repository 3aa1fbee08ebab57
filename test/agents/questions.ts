import { expect } from "bun:test";
import type { Question } from "../../src/core/agent.ts";
import type { Clock } from "../../src/core/clock.ts";

export const question = (rest: Partial<Question> = {}): Question => ({
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
