import { expect, test } from "bun:test";
import type { Store } from "../../src/core/ports/store.ts";
import { HashChain } from "../../src/storage/hash-chain.ts";
import { EVENTS_WITHOUT_ROW } from "../../src/storage/position.ts";
import { clearRemoved } from "../../src/storage/removed-rooms.ts";
import { createStore } from "../../src/storage/store.ts";
import { createTestStore, event } from "../support/stored.ts";

/** One batch: what `work` does, and the position. */
const batch = (store: Store, position: number, work: () => void = () => {}) =>
  store.transaction(() => {
    work();
    store.savePosition(position);
  });

test("the chain of some events is the same with every version of Bun and of the server", () => {
  const chain = new HashChain("");
  expect(chain.text).toBe("0".repeat(24));
  chain.add(event(1));
  chain.add(event(2, { body: '{"text":"ä🙂"}', time: 1_767_225_600_000 }));
  expect(chain.text).toBe("a2f564ff01bdbb4300c4f5ae");
  const on = new HashChain(chain.text);
  for (const one of [chain, on]) one.add(event(3));
  expect(on.text).toBe(chain.text);
});

test("events that differ in anything that a reducer decides, or in order, have another hash", () => {
  const hashOf = (...events: ReturnType<typeof event>[]) => {
    const chain = new HashChain("");
    for (const one of events) chain.add(one);
    return chain.text;
  };
  const changes = [
    { position: 9 },
    { offset: 9 },
    { count: 9 },
    { time: 9 },
    { kind: "edit" },
    { body: "9" },
  ];
  const hashes = changes.map((said) => hashOf(event(1, said), event(2)));
  const plain = hashOf(event(1), event(2));
  expect(new Set([plain, hashOf(event(2), event(1)), ...hashes]).size).toBe(changes.length + 2);
});

test("a start finds the hash, however far the row of the position is behind", () => {
  const { database, store } = createTestStore();
  const straight = createTestStore().store;
  const found = () => createStore(database).hash();
  for (let position = 1; position <= 1.5 * EVENTS_WITHOUT_ROW; position++) {
    for (const one of [store, straight]) batch(one, position, () => one.add(event(position)));
    if (position % 1_000 === 1) expect(found()).toBe(store.hash());
  }
  expect(found()).toBe(store.hash());
  expect(store.hash()).toBe(straight.hash());
});

test("a start finds the hash after events were redacted, trimmed and removed with their room", () => {
  const { database, store } = createTestStore();
  let position = 0;
  /** The batch has an event too, as nearly every batch: then the row is written only where it is due. */
  const next = (work: () => void = () => {}) => {
    position++;
    batch(store, position, () => {
      work();
      for (const room of ["chat:1", "chat:2"]) {
        store.add(event(store.head(room).offset + 1, { room, position }));
      }
    });
    const found = createStore(database);
    expect([found.position(), found.hash()]).toEqual([position, store.hash()]);
  };
  for (let n = 1; n <= 4; n++) next();
  next(() => store.write("chat:1", { table: "events", room: "chat:1", offset: 2, body: "{}" }));
  next();
  next(() => store.trim(position - 1));
  next();
  next(() => store.write("chat:2", { table: "rooms", remove: true }));
  next();
  const clear = clearRemoved(database);
  while (clear());
  next();
});

test("a batch that was not committed leaves the hash as it was", () => {
  const { database, store } = createTestStore();
  batch(store, 1, () => store.add(event(1)));
  const before = store.hash();
  const failing = () =>
    batch(store, 2, () => {
      store.add(event(2, { body: "lost" }));
      throw new Error("disk full");
    });
  expect(failing).toThrow("disk full");
  expect(store.hash()).toBe(before);
  batch(store, 2, () => store.add(event(2)));
  expect(createStore(database).hash()).toBe(store.hash());
});
