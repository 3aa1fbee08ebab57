import { expect, test } from "bun:test";
import fc from "fast-check";
import type { Entry } from "../../../src/core/protocol/entry.ts";
import { applies as ackApplies, hostKey } from "../../../src/protocols/hyperfocus/acks.ts";
import { applies as giftApplies } from "../../../src/protocols/hyperfocus/gifts.ts";
import { applies as statusApplies } from "../../../src/protocols/hyperfocus/status.ts";
import { Stream } from "../../../src/protocols/hyperfocus/stream.ts";
import { applyLog, type Turns, turns } from "../../support/applied-log.ts";
import { contents, createApplying, entry } from "../../support/applying.ts";

const room = "stream:1";
const applies = { ...giftApplies, ...ackApplies, ...statusApplies };

/** What happens in the stream, how long after the one before, and how far the clock of the node that took it is off. */
const happening = fc.record({
  what: fc.constantFrom("gift", "gift", "gift", "release", "host", "host", "ack"),
  who: fc.constantFrom("a", "b", "c"),
  type: fc.constantFrom("rose", "star"),
  client: fc.integer({ min: 0, max: 12 }),
  step: fc.integer({ min: 0, max: 3_000 }),
  skew: fc.integer({ min: -10_000, max: 10_000 }),
});
const happenings = fc.array(happening, { minLength: 3, maxLength: 60 });
type Happenings = typeof happenings extends fc.Arbitrary<infer T> ? T : never;

const gift = (userId: string, giftType: string, giftId: string) => ({
  ...{ giftId, giftType, quantity: 1, totalValue: 5 },
  sender: { userId, username: userId, avatar: null, level: 1 },
  animation: { type: "x", duration: 1, intensity: 1 },
  metadata: {},
});

function logOf(all: Happenings): Entry[] {
  let now = 1_000_000;
  return all.map(({ what, who, type, client, step, skew }, n) => {
    now += step;
    const common = { id: `e${n}`, room, protocol: "hyperfocus", kind: what, sender: null, time: now + skew };
    const key = hostKey(who, `c${client}`);
    const bodies = {
      gift: { gift: gift(who, type, `g${n}`), pace: 3 },
      release: { pace: 3 },
      host: { client: key },
      ack: { client: key, giftId: `g${Math.max(0, n - 2)}` },
    };
    return entry({ ...common, clientId: what === "gift" ? `m${n}` : null, body: bodies[what as "gift"] });
  });
}

function play(log: readonly Entry[], cut: Turns) {
  const restore = (name: string, history: ConstructorParameters<typeof Stream>[1]) =>
    new Stream(name, history);
  const { applying } = applyLog(createApplying(applies, { restore }), log, cut);
  return { rows: contents(applying.database), faults: applying.faults };
}

test("the same rows for any clocks, any turns and any restarts", () => {
  fc.assert(
    fc.property(happenings, turns, (all, cut) => {
      const log = logOf(all);
      const straight = play(log, []);
      expect(straight.faults).toEqual([]);
      expect(play(log, cut)).toEqual(straight);
    }),
    { numRuns: 150 },
  );
}, 60_000);

test("a user's host that came first is forgotten first, though a clock that was ahead says it came last", () => {
  const came = (client: string, time: number) =>
    entry({
      id: `e${client}`,
      room,
      protocol: "hyperfocus",
      kind: "host",
      sender: null,
      time,
      body: { client: hostKey("a", client) },
    });
  const log = [came("first", 90_000), ...Array.from({ length: 10 }, (_, n) => came(`c${n}`, 1_000 + n))];
  for (const cut of [[], [{ length: 5, after: "restart" as const }]]) {
    const hosts = play(log, cut).rows["state"] as { key: string }[];
    expect(hosts).toHaveLength(10);
    expect(hosts.map(({ key }) => key)).not.toContain(`host ${hostKey("a", "first")}`);
  }
});
