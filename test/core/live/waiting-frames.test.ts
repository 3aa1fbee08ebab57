import { expect, test } from "bun:test";
import { WaitingFrames } from "../../../src/core/live/waiting-frames.ts";
import { Connection } from "../../../src/core/outbound/connection.ts";
import { plain } from "../../support/plain.ts";

const LARGEST_FRAME = 65_536;
const connect = (n: number) => new Connection(`c${n}`, plain, undefined, "", 0, () => {});

test("all together hold at most 32 MiB, and the connection for which most is held goes first", () => {
  const waiting = new WaitingFrames();
  const gone: Connection[] = [];
  const hold = (connection: Connection, text: string) => {
    if (!connection.waiting) waiting.begin(connection, "x".repeat(1_000));
    const isHeld = waiting.add(connection.waiting!, text, LARGEST_FRAME);
    for (let most = waiting.excess(); most; most = waiting.excess()) {
      gone.push(most);
      waiting.end(most);
    }
    return isHeld;
  };
  const quiet = connect(0);
  expect(hold(quiet, "a short frame")).toBe(true);
  const strangers = Array.from({ length: 200 }, (_, n) => connect(n + 1));
  for (const stranger of strangers) {
    // Two bytes for each character: a single one beyond Latin-1 makes it so.
    const wide = "\u20ac".repeat(60_000);
    for (let frames = 0; frames < 8; frames++) expect(hold(stranger, wide)).toBe(true);
    expect(hold(stranger, wide)).toBe(false);
  }
  const held = 200 - gone.length;
  expect(held * 8 * 2 * 60_000).toBeLessThanOrEqual(32 * 1_024 * 1_024);
  expect((held + 1) * (8 * 2 * 60_000 + 2_000)).toBeGreaterThan(32 * 1_024 * 1_024);
  expect(gone).not.toContain(quiet);
  expect(waiting.end(quiet)).toEqual(["a short frame"]);
});

test("what has waited is let go when the token is checked, and when the connection ends", () => {
  const waiting = new WaitingFrames();
  for (let n = 0; n < 5_000; n++) {
    const connection = connect(n);
    waiting.begin(connection, "token");
    waiting.add(connection.waiting!, "x".repeat(10_000), LARGEST_FRAME);
    expect(waiting.end(connection)).toHaveLength(1);
    expect(waiting.end(connection)).toEqual([]);
  }
  expect(waiting.excess()).toBeUndefined();
});

test("a frame of the largest size may wait, however large that is", () => {
  const waiting = new WaitingFrames();
  const connection = connect(1);
  waiting.begin(connection, "token");
  expect(waiting.add(connection.waiting!, "x".repeat(1_000_000), 1_000_000)).toBe(true);
});
