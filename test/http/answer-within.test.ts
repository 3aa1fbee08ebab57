import { expect, test } from "bun:test";
import { answerWithin } from "../../src/http/answer-within.ts";
import { FakeClock } from "../support/fake-clock.ts";

test("what is applied in time is answered", async () => {
  expect(await answerWithin(new FakeClock(0), 8_000, Promise.resolve(7))).toBe(7);
});

test("what is not applied in time is busy, with when to come again", async () => {
  const clock = new FakeClock(0);
  const late = answerWithin(clock, 8_000, new Promise(() => {}));
  clock.advance(8_000);
  await expect(late).rejects.toMatchObject({ reason: "busy", retryAfter: 1_000 });
});
