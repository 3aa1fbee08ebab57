import { expect, test } from "bun:test";
import { RecentErrors } from "../../src/metrics/recent-errors.ts";
import { FakeClock } from "../support/fake-clock.ts";

const TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhZGEifQ.c2lnbmF0dXJl";

test("the last 500 are kept, newest first, page by page", () => {
  const errors = new RecentErrors(new FakeClock(5));
  for (let n = 1; n <= 600; n++) errors.add(new Error(`no ${n}`), "here");
  expect(errors.total).toBe(600);
  expect(errors.page(2)).toEqual(
    [600, 599].map((id) => ({ id, time: 5, where: "here", message: `no ${id}`, code: undefined })),
  );
  expect(errors.page(2, 599).map(({ id }) => id)).toEqual([598, 597]);
  expect(errors.page(1_000)).toHaveLength(500);
  expect(errors.page(10, 102).map(({ id }) => id)).toEqual([101]);
});

test("an error tells its code, no token, and not too much", () => {
  const errors = new RecentErrors(new FakeClock());
  errors.add(Object.assign(new Error(`bad ${TOKEN}.`), { code: "SQLITE_FULL" }), "commit");
  errors.add("x".repeat(10_000), "here");
  const [long, short] = errors.page(2);
  expect(short).toMatchObject({ message: "bad <token>.", code: "SQLITE_FULL", where: "commit" });
  expect(long?.message).toHaveLength(500);
});
