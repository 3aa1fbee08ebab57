import { expect, test } from "bun:test";
import { WAITING_MS } from "../../../src/core/log/lanes.ts";
import { BATCH_BYTES } from "../../../src/core/log/parts.ts";
import { createSharedTurns, TURN_STEPS } from "../../support/shared-turns.ts";
import { nextTurn, ROOM } from "../../support/turns.ts";

const foreign = (id: string, body: string): string => {
  const entry = {
    v: 1,
    id: `${id}-1`,
    room: ROOM,
    protocol: "plain",
    kind: "say",
    sender: "eve",
    clientId: null,
  };
  return JSON.stringify({ id, entries: [{ ...entry, time: 1_000, body }] });
};

test("one batch is on its way, and the turns behind it merge", async () => {
  const { connect, say, appended, apply, entriesOf, seen } = createSharedTurns();
  const ada = connect("ada");
  for (const text of ["one", "two", "three"]) {
    say(ada, text);
    await nextTurn();
  }
  expect(appended.map(entriesOf)).toEqual([["one"]]);
  expect(seen()).toEqual([]);
  apply(appended[0]!);
  expect(appended.map(entriesOf)).toEqual([["one"], ["two", "three"]]);
  apply(appended[1]!);
  expect(seen()).toEqual([
    "commit",
    'ada: said "one (1)"',
    "commit",
    'ada: said "two (2)"',
    'ada: said "three (3)"',
  ]);
});

test("what one message asks for is in one turn: none of it is refused where the rest is stored", async () => {
  const { connect, say, turns, appended, apply, clock, seen } = createSharedTurns();
  const ada = connect("ada");
  for (let message = 1; message < TURN_STEPS; message++) say(ada, `${message}`, { message });
  const message = TURN_STEPS;
  say(ada, "last", { message });
  turns.after(() => ada.send("told"), { connection: ada, message });
  turns.end();
  clock.advance(WAITING_MS + 1);
  apply(appended[0]!);
  expect(seen().slice(-2)).toEqual([`ada: said "last (${TURN_STEPS})"`, "ada: told"]);
});

test("what another node took is published here, and confirms nothing of what this one took", async () => {
  const { connect, say, appended, apply, seen } = createSharedTurns();
  const ada = connect("ada");
  const confirmed: string[] = [];
  say(ada, "mine", { applied: () => confirmed.push("mine") });
  await nextTurn();
  apply(foreign("other", "theirs"));
  expect(confirmed).toEqual([]);
  expect(seen()).toEqual(["commit", 'ada: said "theirs (1)"']);
  apply(appended[0]!);
  expect(confirmed).toEqual(["mine"]);
  expect(seen()).toEqual(["commit", 'ada: said "mine (2)"']);
});

test("a batch that cannot be committed is asked for again, and nobody is refused; the fault is reported once", async () => {
  const { connect, say, appended, apply, seen, failWith, stored, health, reports } = createSharedTurns();
  const ada = connect("ada");
  say(ada, "one");
  await nextTurn();
  failWith(new Error("disk full"));
  expect([apply(appended[0]!), apply(appended[0]!)]).toEqual([false, false]);
  expect(health.works()).toBe(false);
  expect(reports.map(({ error }) => error)).toEqual([new Error("disk full")]);
  failWith(undefined);
  expect(apply(appended[0]!)).toBe(true);
  expect(seen()).toEqual(["rollback", "rollback", "commit", 'ada: said "one (1)"']);
  expect(stored()).toEqual(['1 "one (1)"']);
});

test("in a log that stalls, only a connection that has recorded something waits; its own order holds", async () => {
  const { connect, say, join, turns, appended, apply, seen } = createSharedTurns();
  const [ada, bob, eve] = [connect("ada"), connect("bob"), connect("eve", { joined: false })];
  say(ada, "one");
  turns.after(() => ada.send("pong"), { connection: ada });
  turns.after(() => bob.send("pong"), { connection: bob });
  await nextTurn();
  join(eve, () => "welcome");
  await nextTurn();
  expect(seen()).toEqual(["bob: pong", "eve: welcome"]);
  apply(appended[0]!);
  expect(seen()).toEqual([
    "commit",
    ...["ada", "bob", "eve"].map((name) => `${name}: said "one (1)"`),
    "ada: pong",
  ]);
});

test("what waits in a lane is not overtaken, also when all that the lane recorded has been applied", () => {
  const { connect, say, turns, appended, apply, seen } = createSharedTurns();
  const [ada, bob] = [connect("ada"), connect("bob", { joined: false })];
  say(ada, "one");
  turns.end();
  for (let n = 0; n < TURN_STEPS; n++) say(bob, `${n}`);
  turns.end();
  turns.after(() => ada.send("first"), { connection: ada });
  turns.end();
  apply(appended[0]!);
  turns.after(() => ada.send("second"), { connection: ada });
  turns.end();
  for (let next = 1; next < appended.length; next++) apply(appended[next]!);
  expect(seen().filter((line) => /first|second/.test(line))).toEqual(["ada: first", "ada: second"]);
});

test("what a message asked for before it recorded something waits with it", async () => {
  const { connect, turns, appended, apply, seen } = createSharedTurns();
  const ada = connect("ada");
  turns.after(() => ada.send("earlier"), { connection: ada, message: 1 });
  turns.after(() => ada.send("asked"), { connection: ada, message: 2 });
  const entry = { protocol: "plain", room: ROOM, kind: "say", body: "one", sender: "ada", clientId: null };
  turns.record(entry, { connection: ada, message: 2 });
  await nextTurn();
  expect(seen()).toEqual(["ada: earlier"]);
  apply(appended[0]!);
  expect(seen()).toEqual(["commit", "ada: asked", 'ada: said "one (1)"']);
});

test("what a timer tells a room comes after what was recorded there", async () => {
  const { connect, turns, rooms, appended, apply, seen } = createSharedTurns();
  connect("ada");
  const entry = { protocol: "plain", room: ROOM, kind: "say", body: "answer", sender: null, clientId: null };
  turns.record(entry, {});
  turns.after(() => rooms.publish(ROOM, "stopped typing"), { room: ROOM });
  turns.after(() => rooms.publish(ROOM, "elsewhere"), { room: "plain:2" });
  await nextTurn();
  expect(seen()).toEqual(["ada: elsewhere"]);
  apply(appended[0]!);
  expect(seen()).toEqual(["commit", 'ada: said "answer (1)"', "ada: stopped typing"]);
});

test("messages of one turn that together fit into no batch are in several, and none is refused", () => {
  const { connect, say, turns, appended, apply, entriesOf, stored } = createSharedTurns();
  const ada = connect("ada");
  for (let n = 0; n < 1_000; n++) say(ada, `${n} ${"x".repeat(10_000)}`, { message: n });
  turns.end();
  for (let next = 0; next < appended.length; next++) apply(appended[next]!);
  expect(appended.flatMap(entriesOf).map((body) => parseInt(String(body), 10))).toEqual(
    Array.from({ length: 1_000 }, (_, n) => n),
  );
  expect(stored()).toHaveLength(1_000);
  expect(Math.max(...appended.map((text) => text.length))).toBeLessThan(BATCH_BYTES + 65_536);
});

test("what one request records is in one batch, however much it is", () => {
  const { connect, say, turns, appended, entriesOf } = createSharedTurns();
  const ada = connect("ada");
  for (let n = 0; n < 6; n++) say(ada, `${n} ${"x".repeat(1_000_000)}`);
  turns.end();
  expect(appended.map(entriesOf)).toEqual([Array(6).fill(expect.any(String))]);
});

test("a server that does not listen yet applies and tells nobody", async () => {
  const { connect, turns, apply, seen, stored } = createSharedTurns();
  connect("ada");
  turns.mute();
  apply(foreign("b-1", "while starting"));
  turns.startDelivery();
  apply(foreign("b-2", "then"));
  expect(seen()).toEqual(["commit", "commit", 'ada: said "then (2)"']);
  expect(stored()).toHaveLength(2);
});

test("a node is drained once nothing that it recorded waits for the log", async () => {
  const { connect, say, turns, appended, apply } = createSharedTurns();
  const ada = connect("ada");
  expect(turns.isDrained).toBe(true);
  say(ada, "one");
  turns.end();
  say(ada, "two");
  turns.end();
  apply(appended[0]!);
  expect(turns.isDrained).toBe(false);
  apply(appended[1]!);
  expect(turns.isDrained).toBe(true);
});
