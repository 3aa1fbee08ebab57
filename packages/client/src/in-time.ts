import type { Clock } from "./clock.ts";

/** Milliseconds in which a store is to be read. */
const READ_MS = 4_000;

/** What a store answers. One that takes too long has failed: nobody connects before it is read. */
export const inTime = <Answer>(clock: Clock, answer: Answer | Promise<Answer>): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const cancel = clock.after(READ_MS, () => reject(new Error("No answer")));
    Promise.resolve(answer).then(resolve, reject).then(cancel);
  });
