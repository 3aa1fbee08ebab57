import type { NewEvent } from "../../src/core/ports/store.ts";
import { openDatabase } from "../../src/storage/database.ts";
import { createStore } from "../../src/storage/store.ts";

/** An event as applying would have made it, but for what a test says of it. */
export const event = (offset: number, said: Partial<NewEvent> = {}): NewEvent => ({
  position: offset,
  room: "chat:1",
  offset,
  count: offset,
  kind: "message",
  sender: "ada",
  clientId: null,
  time: offset,
  entry: `e${offset}`,
  externalId: null,
  silent: false,
  body: `{"n":${offset}}`,
  ...said,
});

/** A store on a database in memory. */
export function createTestStore() {
  const database = openDatabase(":memory:", "NORMAL");
  const store = createStore(database);
  /** Stores these in one transaction. */
  const add = (...events: readonly NewEvent[]): void =>
    store.transaction(() => {
      for (const one of events) store.add(one);
    });
  /** Stores events 1 to n of a room. */
  const fill = (n: number, said: Partial<NewEvent> = {}): void =>
    add(...Array.from({ length: n }, (_, index) => event(index + 1, said)));
  return { database, store, add, fill };
}
