import { expect, test } from "bun:test";
import { WAITING_MS, WAITING_STEPS } from "../../../src/core/log/lanes.ts";
import type { Batch } from "../../../src/core/log/log.ts";
import { BATCH_BYTES } from "../../../src/core/log/parts.ts";
import { createTurns, nextTurn, ROOM } from "../../support/turns.ts";

/** A turn that has as many steps ends. */
const TURN_STEPS = 1_024;

/** Turns of one node of a log that others append to: what the node appends is applied when a test says so. */
function createShared() {
  const appended: string[] = [];
  const log = { shared: true, append: (batch: Batch) => void appended.push(JSON.stringify(batch)) };
  const made = createTurns({ log });
  let position = 0;
  /** True once it is committed. */
  const apply = (text: string): boolean => {
    const isApplied = made.turns.apply(position + 1, JSON.parse(text));
    if (isApplied) position++;
    return isApplied;
  };
  const entriesOf = (text: string) => (JSON.parse(text) as Batch).entries.map(({ body }) => body);
  return { ...made, appended, apply, entriesOf };
}

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
  const { connect, say, appended, apply, entriesOf, seen } = createShared();
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

test("what has waited for the log for longer than anybody waits for it is refused", async () => {
  const { connect, say, appended, apply, clock, entriesOf, seen } = createShared();
  const [ada, bob] = [connect("ada"), connect("bob")];
  say(ada, "on its way");
  await nextTurn();
  say(bob, "old");
  await nextTurn();
  clock.advance(WAITING_MS);
  say(ada, "new");
  await nextTurn();
  clock.advance(1);
  apply(appended[0]!);
  expect(appended.map(entriesOf)).toEqual([["on its way"], ["new"]]);
  expect(seen()).toContain("bob: refused busy 1000");
});

test("what one message asks for is in one turn: none of it is refused where the rest is stored", async () => {
  const { connect, say, turns, appended, apply, clock, seen } = createShared();
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
  const { connect, say, appended, apply, seen } = createShared();
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
  const { connect, say, appended, apply, seen, failWith, stored, health, reports } = createShared();
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
  const { connect, say, join, turns, appended, apply, seen } = createShared();
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
  const { connect, say, turns, appended, apply, seen } = createShared();
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

test("what waits is answered after all of a batch, also where delivering the batch fills another turn", () => {
  const { connect, say, turns, appended, apply, clock, seen } = createShared();
  const [ada, bob] = [connect("ada"), connect("bob", { joined: false })];
  const fill = () => {
    for (let n = 0; n <= TURN_STEPS; n++) turns.after(() => {}, { connection: bob });
  };
  say(ada, "one", { applied: fill });
  say(ada, "two");
  turns.end();
  say(ada, "three");
  turns.end();
  clock.advance(WAITING_MS + 1);
  apply(appended[0]!);
  expect(seen().slice(1)).toEqual([
    ...['ada: said "one (1)"', 'ada: said "two (2)"'],
    "ada: refused busy 1000",
  ]);
});

test("what a message asked for before it recorded something waits with it", async () => {
  const { connect, turns, appended, apply, seen } = createShared();
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
  const { connect, turns, rooms, appended, apply, seen } = createShared();
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

test("while too much waits for the log the newest turn is told when to come again", async () => {
  const { connect, say, turns, appended, apply, seen } = createShared();
  const [ada, bob] = [connect("ada"), connect("bob")];
  say(ada, "on its way");
  turns.end();
  for (let n = 0; n < WAITING_STEPS; n++) say(ada, `${n}`);
  turns.end();
  say(bob, "too much", { ref: "r-1" });
  turns.end();
  expect(seen()).toEqual(["bob: refused busy r-1 1000"]);
  apply(appended[0]!);
  say(bob, "again");
  turns.end();
  for (let next = 1; next < appended.length; next++) apply(appended[next]!);
  expect(seen().at(-1)).toBe('bob: said "again (8194)"');
});

test("a request that was given up makes room for what is asked while too much waits, and is not stored", async () => {
  const { connect, say, turns, appended, apply, entriesOf, seen } = createShared();
  const bob = connect("bob");
  const entry = { protocol: "plain", room: ROOM, kind: "say", sender: null, clientId: null };
  const asked = { isGivenUp: false };
  const refused: string[] = [];
  say(bob, "on its way");
  turns.end();
  for (let n = 0; n < WAITING_STEPS; n++)
    turns.record({ ...entry, body: `${n}` }, { asked, refused: ({ reason }) => void refused.push(reason) });
  turns.end();
  asked.isGivenUp = true;
  say(bob, "now");
  turns.end();
  expect(refused).toEqual(Array(WAITING_STEPS).fill("busy"));
  expect(turns.waiting).toEqual({ steps: 1, refused: 0 });
  apply(appended[0]!);
  apply(appended[1]!);
  expect(appended.map(entriesOf)).toEqual([["on its way"], ["now"]]);
  expect(seen().at(-1)).toBe('bob: said "now (2)"');
  expect(turns.isDrained).toBe(true);
});

test("however much is refused while too much waits, it is refused after the answers to what came before", () => {
  const { connect, say, turns, appended, apply, seen } = createShared();
  const ada = connect("ada");
  for (let n = 0; n < 4 * WAITING_STEPS; n++) {
    say(ada, `${n}`);
    if (n % 64 === 63) turns.end();
  }
  expect(seen()).toEqual([]);
  for (let next = 0; next < appended.length; next++) apply(appended[next]!);
  const answers = seen().filter((line) => line !== "commit");
  const isRefusal = (line: string) => line.includes("refused");
  expect(answers).toHaveLength(4 * WAITING_STEPS);
  expect(answers.findIndex(isRefusal)).toBeGreaterThan(WAITING_STEPS);
  expect(answers.findLastIndex((line) => !isRefusal(line))).toBeLessThan(answers.findIndex(isRefusal));
});

test("what fits into no batch is too long, and never only busy", async () => {
  const { connect, say, appended, turns, seen } = createShared();
  const ada = connect("ada");
  say(ada, "x".repeat(9_000_000), { ref: "r-1" });
  turns.end();
  expect(seen()).toEqual(["ada: refused too_long r-1"]);
  expect(appended).toEqual([]);
});

test("a refusal comes after the answers to what its connection has said before; others hear theirs at once", () => {
  const { connect, say, turns, appended, apply, seen } = createShared();
  const [ada, bob] = [connect("ada"), connect("bob", { joined: false })];
  say(ada, "one", { message: 1 });
  turns.end();
  say(ada, "x".repeat(9_000_000), { ref: "r-2", message: 2 });
  say(bob, "x".repeat(9_000_000), { ref: "r-3", message: 1 });
  say(ada, "three", { message: 3 });
  turns.end();
  expect(seen()).toEqual(["bob: refused too_long r-3"]);
  for (let next = 0; next < appended.length; next++) apply(appended[next]!);
  expect(seen()).toEqual([
    ...["commit", 'ada: said "one (1)"', "ada: refused too_long r-2"],
    ...["commit", 'ada: said "three (2)"'],
  ]);
});

test("messages of one turn that together fit into no batch are in several, and none is refused", () => {
  const { connect, say, turns, appended, apply, entriesOf, stored } = createShared();
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
  const { connect, say, turns, appended, entriesOf } = createShared();
  const ada = connect("ada");
  for (let n = 0; n < 6; n++) say(ada, `${n} ${"x".repeat(1_000_000)}`);
  turns.end();
  expect(appended.map(entriesOf)).toEqual([Array(6).fill(expect.any(String))]);
});

test("a server that does not listen yet applies and tells nobody", async () => {
  const { connect, turns, apply, seen, stored } = createShared();
  connect("ada");
  turns.mute();
  apply(foreign("b-1", "while starting"));
  turns.startDelivery();
  apply(foreign("b-2", "then"));
  expect(seen()).toEqual(["commit", "commit", 'ada: said "then (2)"']);
  expect(stored()).toHaveLength(2);
});

test("a node is drained once nothing that it recorded waits for the log", async () => {
  const { connect, say, turns, appended, apply } = createShared();
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
