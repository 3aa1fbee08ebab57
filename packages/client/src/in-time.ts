import type { Clock } from "./clock.ts";

/** Milliseconds that a store has to answer. */
const ANSWER_MS = 4_000;

/** What a store answers. One that takes too long has failed: connecting, and giving up, wait for it. */
export const inTime = <Answer>(clock: Clock, answer: Answer | Promise<Answer>): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const cancel = clock.after(ANSWER_MS, () => reject(new Error("No answer")));
    Promise.resolve(answer).then(resolve, reject).then(cancel);
  });
