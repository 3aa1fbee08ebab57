import { expect, test } from "bun:test";
import fc from "fast-check";
import type { Entry } from "../../../src/core/protocol/entry.ts";
import { applies, restore } from "../../../src/protocols/diet/entries.ts";
import { applyLog, type Turns, turns } from "../../support/applied-log.ts";
import { contents, createApplying, entry } from "../../support/applying.ts";

const happening = fc.record({
  what: fc.constantFrom("say", "say", "read", "request", "accept", "join", "leave", "seen", "seen"),
  me: fc.constantFrom("a", "b"),
  you: fc.constantFrom("a", "b", "c", "d", "e"),
  n: fc.integer({ min: 0, max: 4 }),
  skew: fc.integer({ min: -10_000, max: 10_000 }),
});
const happenings = fc.array(happening, { minLength: 3, maxLength: 50, size: "max" });
type Happenings = typeof happenings extends fc.Arbitrary<infer T> ? T : never;

const logOf = (all: Happenings): Entry[] =>
  all.map(({ what, me, you, n, skew }, i) => {
    const time = 1_000_000 + i * 500 + skew;
    const room = ["join", "leave", "seen"].includes(what) ? "group:g" : `diet-user:${me}`;
    const clientId = n === 0 ? null : `c${n}${you}`;
    const common = { id: `e${i}`, room, protocol: "diet", sender: you, clientId, time };
    const data = { id: n };
    const waits = { type: "direct.message", id: `m${n}`, from: you };
    const bodies = {
      say: { type: "direct.message", data, unique: n > 2 ? `u${n}` : undefined, waits },
      read: { type: "message.read", id: `m${n}`, data },
      request: { fromUserId: you, toUserId: me },
      accept: { userId: you, friendId: me },
      join: { groupId: "g", userId: you },
      leave: { groupId: "g", userId: you },
      seen: { userId: you, issuedAt: time, expiresAt: time + n * 400 },
    };
    return entry({ ...common, kind: what, body: bodies[what as "say"] });
  });

function play(log: readonly Entry[], cut: Turns) {
  const { applying } = applyLog(createApplying(applies, { restore }), log, cut);
  return { rows: contents(applying.database), faults: applying.faults };
}

test("the same rows for any clocks, any turns and any restarts", () => {
  fc.assert(
    fc.property(happenings, turns, (all, cut) => {
      const log = logOf(all);
      const straight = play(log, []);
      expect(play(log, cut)).toEqual(straight);
    }),
    { numRuns: 100 },
  );
}, 60_000);
test("of the users in a group whose token has expired the two that came first are forgotten, after a restart too", () => {
  const seen = (userId: string, time: number, expiresAt: number) =>
    entry({
      ...{ id: userId, room: "group:g", protocol: "diet", kind: "seen", time },
      body: { userId, issuedAt: time, expiresAt },
    });
  const log = [seen("c", 1, 100), seen("b", 2, 1_000), seen("a", 3, 5), seen("d", 50, 1_000)];
  const left = (cut: Turns) => (play(log, cut).rows["state"] as { key: string }[]).map(({ key }) => key);
  expect(left([{ length: 3, after: "restart" }])).toEqual(left([]));
});
