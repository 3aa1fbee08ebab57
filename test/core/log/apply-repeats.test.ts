import { describe, expect, test } from "bun:test";
import { LATE_MS, WINDOW_MS } from "../../../src/core/log/dedup-window.ts";
import { createApplying, entry, told } from "../../support/applying.ts";
import { plain } from "../../support/plain.ts";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

/** A room with a number of messages, `c-1` and on, at regular intervals. */
function talk(messages: number, everyMs: number) {
  const applying = createApplying(plain.applies);
  const said = (n: number, time = n * everyMs) => entry({ id: `e${n}`, clientId: `c-${n}`, time });
  applying.turn(...Array.from({ length: messages }, (_, index) => said(index + 1)));
  /** What becomes of a repeat of the nth message that comes so long after the last. */
  const repeat = (n: number, afterMs = 0) => told(applying.turn(said(n, messages * everyMs + afterMs))[0]);
  return { applying, repeat };
}

describe.each(["without a restart", "after a restart"])("%s", (when) => {
  function talked(messages: number, everyMs: number) {
    const { applying, repeat } = talk(messages, everyMs);
    if (when === "after a restart") applying.restart();
    return repeat;
  }

  test("each of the last 1,000 messages is known, however old", () => {
    const repeat = talked(1_500, 60 * MINUTE);
    for (const n of [501, 502, 900, 1_500]) expect(repeat(n, 60 * MINUTE)).toBe(`repeated ${n}`);
  });

  test("each message of the last ten minutes is known, however many", () => {
    const repeat = talked(4_000, 100);
    for (const n of [1, 2, 1_000, 2_500]) expect(repeat(n, 3 * MINUTE)).toBe(`repeated ${n}`);
  });
});

// Otherwise nodes that applied the same log would come to different rooms.
test("whether an older message is known does not depend on what a server still has in memory", () => {
  const kept = talk(1_500, SECOND);
  const restarted = talk(1_500, SECOND);
  restarted.applying.restart();
  for (const n of [1, 499, 500, 501, 1_000, 1, 500]) expect(kept.repeat(n)).toBe(restarted.repeat(n));
});

// A node that was cut off holds what its clients said; they have said it again to another node meanwhile.
test("an entry that came to the log minutes late is known if it is a repeat, whatever is in memory", () => {
  const kept = createApplying(plain.applies, { lateMs: LATE_MS });
  const restarted = createApplying(plain.applies, { lateMs: LATE_MS });
  const end = WINDOW_MS + LATE_MS;
  const said = (n: number, time: number) => entry({ id: `e${n}`, clientId: `c-${n}`, time });
  const talk = Array.from({ length: 4_000 }, (_, index) => said(index + 1, (index * end) / 4_000));
  for (const applying of [kept, restarted]) applying.turn(...talk);
  restarted.restart();
  const repeats = [kept, restarted].map(({ turn }) => told(turn(said(10, WINDOW_MS))[0]));
  expect(repeats).toEqual(["repeated 10", "repeated 10"]);
});

test("an entry that made several events is known by the last of them, restarted or not", () => {
  const last = entry({ id: "last", time: 700 * MINUTE });
  const twice = (n: number) => entry({ id: `e${n}`, kind: "twice", clientId: `c-${n}`, time: n * MINUTE });
  for (const restarted of [false, true]) {
    const applying = createApplying(plain.applies);
    applying.turn(...Array.from({ length: 700 }, (_, index) => twice(index + 1)), last);
    if (restarted) applying.restart();
    const repeat = (n: number) => told(applying.turn({ ...twice(n), time: 700 * MINUTE })[0]);
    expect([700, 450, 202].map(repeat)).toEqual(["repeated 1400", "repeated 900", "repeated 404"]);
    // Of its two events, 401 and 402, only the second is among the last 1,000.
    expect(repeat(201)).toBe("repeated 402");
    expect(repeat(200)).toBe("applied 1402 1403");
  }
});

test("ids that are counted up are told apart, however far they count", () => {
  const { turn } = createApplying(plain.applies);
  // The fingerprints of each two of these were the same while two seeds of one weak hash made them.
  const ids = [17080112, 22587299, 17082311, 22589498, 17082312, 22589499, 17170411, 22677598];
  const said = ids.map((n) => entry({ id: `e${n}`, clientId: `c-${n}` }));
  expect(turn(...said).map(told)).toEqual(ids.map((_, index) => `applied ${index + 1}`));
  expect(turn(...said).map(told)).toEqual(ids.map((_, index) => `repeated ${index + 1}`));
});

test("a message is not taken for another whose id happens to have the same fingerprint", () => {
  const { turn } = createApplying(plain.applies);
  // Found by search; wyhash gives both the same upper 53 bits.
  const said = ["c-118113779", "c-262836961"].map((clientId, index) => entry({ id: `e${index}`, clientId }));
  expect(turn(...said).map(told)).toEqual(["applied 1", "applied 2"]);
});
