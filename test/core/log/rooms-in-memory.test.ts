import { expect, test } from "bun:test";
import { Applier } from "../../../src/core/log/apply.ts";
import { openDatabase } from "../../../src/storage/database.ts";
import { createStore } from "../../../src/storage/store.ts";
import { entry } from "../../support/applying.ts";

/** More rooms than are kept in memory. */
const STRANGERS = 20_900;

/** An applier that counts how often it reads the ids of a room from the log. */
function createCounted(isOccupied: (room: string) => boolean = () => false) {
  const store = createStore(openDatabase(":memory:", "NORMAL"));
  const read: string[] = [];
  const applier = new Applier(
    {
      ...store,
      clientIds(room, before, limit) {
        read.push(room);
        return store.clientIds(room, before, limit);
      },
    },
    () => ({ reducerOf: () => () => ({ events: [{ kind: "said", data: 1 }] }) }),
    () => {},
    isOccupied,
  );
  let said = 0;
  const say = (room: string) => {
    said++;
    return applier.apply(said, entry({ id: `e${said}`, room, clientId: `c${said}` }));
  };
  return { applier, store, say, readsOf: (room: string) => read.filter((one) => one === room).length };
}

test("rooms that strangers make push out rooms that nobody uses, and not the busiest one", () => {
  const { store, say, readsOf } = createCounted();
  store.transaction(() => {
    say("plain:busy");
    for (let n = 0; n < STRANGERS; n++) {
      say(`plain:${n}`);
      if (n % 1_000 === 0) say("plain:busy");
    }
    say("plain:busy");
    say("plain:0");
  });
  expect([readsOf("plain:busy"), readsOf("plain:0")]).toEqual([1, 2]);
});

test("an occupied room goes last, however long ago it was used", () => {
  const { store, say, readsOf } = createCounted((room) => room === "plain:home");
  store.transaction(() => {
    say("plain:home");
    for (let n = 0; n < 2 * STRANGERS; n++) say(`plain:${n}`);
    say("plain:home");
  });
  expect(readsOf("plain:home")).toBe(1);
});

test("the ids of a room that has fallen silent go from memory, and a repeat is still known", () => {
  const { applier, store, say, readsOf } = createCounted();
  store.transaction(() => {
    say("plain:1");
    say("plain:2");
  });
  applier.sweep();
  store.transaction(() => void say("plain:1"));
  applier.sweep();
  store.transaction(() => {
    say("plain:1");
    say("plain:2");
    const again = applier.apply(9, entry({ id: "again", room: "plain:2", clientId: "c2" }));
    expect(again).toMatchObject({ is: "repeated", event: { offset: 1 } });
  });
  expect([readsOf("plain:1"), readsOf("plain:2")]).toEqual([1, 2]);
});
