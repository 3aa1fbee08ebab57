import { expect, test } from "bun:test";
import { Applier } from "../../../src/core/log/apply.ts";
import type { Reducer } from "../../../src/core/protocol/reducer.ts";
import { openDatabase } from "../../../src/storage/database.ts";
import { createStore } from "../../../src/storage/store.ts";
import { entry } from "../../support/applying.ts";

/** Rooms whose protocol keeps how often something was said in them, and every room that it had to read. */
function createKept() {
  const store = createStore(openDatabase(":memory:", "NORMAL"));
  const read: string[] = [];
  const say: Reducer = (_entry, { state }: { state: { said: number } }) => {
    state.said++;
    return { rows: [{ table: "state", key: "said", value: `${state.said}` }] };
  };
  const restore = (room: string) => {
    read.push(room);
    return { said: Number(store.state(room).get("said") ?? 0) };
  };
  const applier = new Applier(
    store,
    () => ({ reducerOf: () => say, restore }),
    () => {},
  );
  let said = 0;
  return {
    applier,
    read,
    say: (room: string) => store.transaction(() => applier.apply(++said, entry({ id: `e${said}`, room }))),
    said: (room: string) => applier.state("plain", room),
  };
}

test("what is kept of rooms that all have left goes from memory, the last few excepted, and comes back as it was", () => {
  const { applier, read, say, said } = createKept();
  const rooms = Array.from({ length: 200 }, (_, n) => `plain:${n}`);
  for (const room of rooms) {
    say(room);
    say(room);
    applier.idle(room);
  }
  expect(read).toEqual(rooms);
  for (const room of rooms.slice(-64)) said(room);
  expect(read).toHaveLength(200);
  for (const room of rooms.slice(0, 136)) expect(said(room)).toEqual({ said: 2 });
  expect(read).toHaveLength(336);
});

test("rooms that somebody is in stay, however many others are left", () => {
  const { applier, read, say, said } = createKept();
  say("plain:busy");
  for (let n = 0; n < 200; n++) {
    say(`plain:${n}`);
    applier.idle(`plain:${n}`);
  }
  expect(said("plain:busy")).toEqual({ said: 1 });
  expect(read).toHaveLength(201);
});

test("a room that is left again and again counts once, and goes by when it was left last", () => {
  const { applier, read, say, said } = createKept();
  for (let n = 0; n < 64; n++) {
    say(`plain:${n}`);
    applier.idle(`plain:${n}`);
  }
  applier.idle("plain:0");
  say("plain:64");
  applier.idle("plain:64");
  said("plain:0");
  expect(read).toHaveLength(65);
  said("plain:1");
  expect(read).toHaveLength(66);
});
