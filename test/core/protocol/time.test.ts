import { expect, test } from "bun:test";
import fc from "fast-check";
import { iso, parseTime, time } from "../../../src/core/protocol/time.ts";

const NOON = Date.UTC(2026, 0, 31, 12);

test.each([
  ["2026-01-31T12:00:00Z", NOON],
  ["2026-01-31t12:00:00z", NOON],
  ["2026-01-31 12:00:00Z", NOON],
  ["2026-01-31T12:00Z", NOON],
  ["2026-01-31T12:00:00.5Z", NOON + 500],
  ["2026-01-31T12:00:00.123456Z", NOON + 123.456],
  ["2026-01-31T21:00:00+09:00", NOON],
  ["2026-01-31T21:00+0900", NOON],
  ["2026-01-31T21:00:00+09", NOON],
  ["2026-01-31T08:30:00-03:30", NOON],
  ["2026-01-31T12:00:00-00:00", NOON],
  ["2016-12-31T23:59:60Z", Date.UTC(2017, 0, 1)],
  ["2016-12-31T15:59:60-08:00", Date.UTC(2017, 0, 1)],
  ["2024-02-29T00:00:00Z", Date.UTC(2024, 1, 29)],
  ["0001-01-01T00:00:00Z", -62_135_596_800_000],
])("%s is a time", (text, ms) => {
  expect(parseTime(text)).toBe(ms);
});

test.each([
  "",
  "yesterday",
  "2026-01-31",
  "2026-01-31T12:00:00",
  "2026-02-30T12:00:00Z",
  "2023-02-29T12:00:00Z",
  "2026-13-01T12:00:00Z",
  "2026-00-01T12:00:00Z",
  "2026-01-31T24:00:00Z",
  "2026-01-31T12:60:00Z",
  "2026-01-31T12:00:60Z",
  "2026-01-31T12:00:61Z",
  "2026-01-31T12:00:00+24:00",
  "2026-01-31T12:00:00+09:60",
  "2026-01-31T12:00:00.Z",
  " 2026-01-31T12:00:00Z",
  "2026-01-31T12:00:00Z\n",
  "1769860800000",
])("%j is none", (text) => {
  expect(parseTime(text)).toBeUndefined();
  expect(time.safeParse(text).success).toBe(false);
});

test("a message passes on a time as it was written, or as every parser reads it", () => {
  const same = ["2026-01-31T12:00:00Z", "2026-01-31T12:00:00.123456Z", "2026-01-31T21:00:00+09:00"];
  for (const text of same) expect(time.parse(text)).toBe(text);
  for (const [text, plain] of [
    ["2026-01-31t12:00:00z", "2026-01-31T12:00:00.000Z"],
    ["2026-01-31 21:00+09", "2026-01-31T12:00:00.000Z"],
    ["2016-12-31T23:59:60Z", "2017-01-01T00:00:00.000Z"],
  ] as const) {
    expect(time.parse(text)).toBe(plain);
  }
});

test("a time is written as Date writes it, after any other time", () => {
  const near = fc.integer({ min: NOON, max: NOON + 3 }).map((ms) => ms / 2);
  fc.assert(
    fc.property(fc.array(near, { minLength: 2 }), (times) =>
      times.every((ms) => iso(ms) === new Date(ms).toISOString()),
    ),
  );
  expect(() => iso(Number.NaN)).toThrow(RangeError);
});
