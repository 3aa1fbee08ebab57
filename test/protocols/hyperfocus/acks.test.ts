import { expect, test } from "bun:test";
import fc from "fast-check";
import { acknowledged, hostKey, unacknowledged } from "../../../src/protocols/hyperfocus/acks.ts";
import type { Gift } from "../../../src/protocols/hyperfocus/schema.ts";
import type { Host } from "../../../src/protocols/hyperfocus/stream.ts";
import { from, ROOM } from "./frames.ts";
import { createStreamLog, type StreamLog } from "./stream-log.ts";

const CLIENT = hostKey("ada", "host-1");
const PLENTY = 100_000_000;
const NONE: Host = { upTo: 0, beyond: [], cameAt: 0 };

/** Shows gifts with these ids. */
function show(log: StreamLog, ...giftIds: string[]): void {
  for (const giftId of giftIds) {
    log.apply("gift", { gift: { metadata: {}, ...from("u1", { giftId }) }, pace: 0 }, 0);
  }
}

/** Ids of what the host would be sent if it came now. */
function again(log: StreamLog, client = CLIENT, maxBytes = PLENTY): string[] {
  const { delivered, hosts } = log.state();
  return unacknowledged(log.history, ROOM, { delivered, host: hosts.get(client) }, maxBytes).map(
    ({ body }) => (JSON.parse(body) as Gift).giftId,
  );
}

test("for any acknowledgements, in any order and repeated: what is missing is what nobody acknowledged", () => {
  const acks = fc.array(fc.integer({ min: 1, max: 30 }), { maxLength: 60 });
  fc.assert(
    fc.property(acks, (acks) => {
      const host = acks.reduce((host, gift) => acknowledged(host, gift, 30), NONE);
      const isKnown = (gift: number) => gift <= host.upTo || host.beyond.includes(gift);
      for (let gift = 1; gift <= 30; gift++)
        expect([gift, isKnown(gift)]).toEqual([gift, acks.includes(gift)]);
      expect(host.beyond).not.toContain(host.upTo + 1);
    }),
  );
});

test("what is kept of a host stays small, also when it leaves fields out", () => {
  let host = NONE;
  for (let gift = 2; gift <= 5_000; gift += 2) host = acknowledged(host, gift, gift);
  expect(host.beyond.length).toBeLessThanOrEqual(1_000);
});

test("a host is sent what was shown since it first came, but for what it acknowledged, also after a restart", () => {
  const log = createStreamLog();
  show(log, "before");
  expect(again(log)).toEqual([]);
  log.apply("host", { client: CLIENT }, 1);
  show(log, "a", "b", "c", "d");
  log.apply("ack", { client: CLIENT, giftId: "b" }, 2);
  log.apply("ack", { client: CLIENT, giftId: "d" }, 3);
  log.restart();
  log.apply("host", { client: CLIENT }, 4);
  expect(again(log)).toEqual(["a", "c"]);
  expect(again(log, hostKey("bob", "host-1"))).toEqual([]);
  log.close();
});

test("of a long absence the last thousand are sent, and no more than fit", () => {
  const log = createStreamLog();
  log.apply("host", { client: CLIENT }, 1);
  show(log, ...Array.from({ length: 1_200 }, (_, n) => `g${n}`));
  expect(again(log)).toEqual(Array.from({ length: 1_000 }, (_, n) => `g${n + 200}`));
  expect(again(log, CLIENT, 2_000)).toEqual(["g1196", "g1197", "g1198", "g1199"]);
  log.close();
});

test("a gift that nobody was shown cannot be acknowledged", () => {
  const log = createStreamLog();
  log.apply("host", { client: CLIENT }, 1);
  const waiting = (giftId: string) => ({ gift: { metadata: {}, ...from("u1", { giftId }) }, pace: 1 });
  log.apply("gift", waiting("shown"), 2);
  log.apply("gift", waiting("waits"), 2);
  expect(() => log.apply("ack", { client: CLIENT, giftId: "waits" }, 3)).toThrow("not_found");
  expect(() => log.apply("ack", { client: CLIENT, giftId: "never given" }, 3)).toThrow("not_found");
  log.apply("release", { pace: 1 }, 2_000);
  log.apply("ack", { client: CLIENT, giftId: "waits" }, 2_001);
  expect(again(log)).toEqual(["shown"]);
  log.close();
});

test("the hosts of a stream that came last are remembered", () => {
  const log = createStreamLog();
  for (let n = 0; n < 150; n++) log.apply("host", { client: `host u${n} a` }, n);
  log.apply("host", { client: "host u60 a" }, 200);
  for (let n = 150; n < 230; n++) log.apply("host", { client: `host u${n} a` }, n);
  const { hosts } = log.state();
  expect(hosts.size).toBe(100);
  expect(hosts.get("host u60 a")).toBeDefined();
  expect(hosts.get("host u61 a")).toBeUndefined();
  log.close();
});

test("a user who comes under many client ids makes nobody's host be forgotten but their own", () => {
  const log = createStreamLog();
  log.apply("host", { client: CLIENT }, 1);
  show(log, "g1");
  for (let n = 0; n < 102; n++) log.apply("host", { client: `host eve ${n}` }, 2 + n);
  expect(again(log)).toEqual(["g1"]);
  const eves = Array.from(log.state().hosts.entries(), ([key]) => key).filter((key) => key.includes("eve"));
  expect(eves).toEqual(Array.from({ length: 10 }, (_, n) => `host eve ${92 + n}`));
  // With the stream full, the user who has the most gives way.
  for (let n = 0; n < 95; n++) log.apply("host", { client: `host u${n} a` }, 200 + n);
  expect(again(log)).toEqual(["g1"]);
  expect(log.state().hosts.size).toBe(100);
  log.close();
});
