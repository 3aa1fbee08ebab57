import { expect, test } from "bun:test";
import fc from "fast-check";
import type { Store } from "../../src/core/ports/store.ts";
import { openDatabase } from "../../src/storage/database.ts";
import { createStore } from "../../src/storage/store.ts";
import { createTestStore, event } from "../support/stored.ts";

const bodies = (store: Store, room: string, limit = 1_000) =>
  store.page(room, { kind: "message", limit }).map(({ body }) => body);

/** Stores the next events of a room in a transaction of their own, or fails at its end. */
function addNext(store: Store, room: string, count: number, fails = false): string[] {
  const first = store.head(room).offset + 1;
  const added = Array.from({ length: count }, (_, index) => event(first + index, { room }));
  try {
    store.transaction(() => {
      for (const one of added) store.add(one);
      if (fails) throw new Error("disk full");
    });
    return added.map(({ body }) => body);
  } catch {
    return [];
  }
}

test("each room has its events in order, after failures, restarts and reads", () => {
  const step = fc.record({
    room: fc.constantFrom("chat:1", "chat:2", "chat:3"),
    count: fc.integer({ min: 1, max: 150 }),
    what: fc.constantFrom("add", "add", "add", "fail", "restart"),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 12 }), fc.integer({ min: 1, max: 400 }), (steps, from) => {
      const database = openDatabase(":memory:", "NORMAL");
      let store = createStore(database);
      const expected = new Map<string, string[]>();
      for (const { room, count, what } of steps) {
        if (what === "restart") store = createStore(database);
        else
          expected.set(room, [
            ...(expected.get(room) ?? []),
            ...addNext(store, room, count, what === "fail"),
          ]);
      }
      for (const [room, all] of expected) {
        expect(bodies(store, room)).toEqual(all.slice(-1_000));
        expect(store.head(room).offset).toBe(all.length);
        expect(store.at(room, from)?.body).toBe(all[from - 1]);
        expect(store.clientIds(room, from, 200).map(({ offset }) => offset)).toEqual(
          all
            .map((_, index) => index + 1)
            .slice(0, from - 1)
            .slice(-200)
            .reverse(),
        );
      }
      database.client.close();
    }),
    { numRuns: 60 },
  );
});

test("an event of a quiet room is found after a restart, however much others have said since", () => {
  const { add, database, store } = createTestStore();
  add(event(1, { room: "chat:quiet" }));
  for (let turn = 0; turn < 68; turn++) addNext(store, "chat:loud", 1_000);
  add(event(2, { room: "chat:quiet" }));
  const restarted = createStore(database);
  expect(bodies(restarted, "chat:quiet")).toEqual(['{"n":1}', '{"n":2}']);
  expect(restarted.head("chat:loud").offset).toBe(68_000);
  expect(restarted.at("chat:loud", 66_001)?.body).toBe('{"n":66001}');
});

test("an event is not taken for another room's that has its id after the last ones are gone", () => {
  const { add, database, store } = createTestStore();
  add(event(1), event(2));
  add(event(1, { room: "chat:other" }));
  database.client.run("delete from events");
  const restarted = createStore(database);
  restarted.transaction(() => restarted.add(event(1, { room: "chat:new" })));
  expect(restarted.at("chat:new", 1)).toBeDefined();
  expect(store.at("chat:1", 1)).toBeUndefined();
  expect(store.page("chat:1", { kind: "message", limit: 9 })).toEqual([]);
});
