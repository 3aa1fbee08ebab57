import { afterEach, beforeEach, expect, test } from "bun:test";
import { indexedDbStore } from "../../packages/client/src/index.ts";

/** Something that is answered in a later turn, as by IndexedDB. */
function asked<Result>(result: Result, more: object = {}) {
  const request = { result, error: null, onsuccess: () => {}, ...more };
  setImmediate(() => {
    if ("onupgradeneeded" in request && typeof request.onupgradeneeded === "function")
      request.onupgradeneeded();
    request.onsuccess();
  });
  return request;
}

/** As much of IndexedDB as the store uses, for where there is no browser; records live as long as the test. */
class FakeIndexedDb {
  readonly databases = new Map<string, Map<string, { id: string }>>();
  /** Without a word, as Safari does. */
  isClosed = false;
  isBroken = false;
  /** Each transaction is aborted, though each of its requests has succeeded. */
  isFull = false;

  open(name: string) {
    if (this.isBroken) {
      const request = { error: new Error("the disk is broken"), onerror: () => {} };
      setImmediate(() => request.onerror());
      return request;
    }
    this.isClosed = false;
    const isNew = !this.databases.has(name);
    const records = this.databases.get(name) ?? new Map();
    let isMade = !isNew;
    const database = {
      createObjectStore() {
        isMade = true;
      },
      close() {},
      transaction: (_: string, mode: string) => {
        if (this.isClosed) throw new Error("InvalidStateError");
        const transaction = {
          error: new Error("the disk is full"),
          oncomplete: () => {},
          onabort: () => {},
          objectStore: () => {
            if (!isMade) throw new Error("there is no such store");
            const answered = (result: unknown) => {
              setImmediate(() => (this.isFull ? transaction.onabort() : transaction.oncomplete()));
              return asked(result);
            };
            const write = (work: () => void) => {
              if (mode !== "readwrite") throw new Error("read only");
              work();
              return answered(undefined);
            };
            return {
              put: (record: { id: string }) => write(() => records.set(record.id, structuredClone(record))),
              delete: (id: string) => write(() => records.delete(id)),
              // By key, as IndexedDB does.
              getAll: () =>
                answered([...records.values()].sort((one, other) => (one.id < other.id ? -1 : 1))),
            };
          },
        };
        return transaction;
      },
    };
    this.databases.set(name, records);
    return asked(database, isNew ? { onupgradeneeded: () => {} } : {});
  }
}

let indexedDB: FakeIndexedDb;
beforeEach(() => {
  indexedDB = new FakeIndexedDb();
  Object.assign(globalThis, { indexedDB });
});
afterEach(() => Reflect.deleteProperty(globalThis, "indexedDB"));

test("messages come back in the order in which they were put, without those that were deleted", async () => {
  const before = indexedDbStore("chat");
  for (const id of ["c", "a", "b"]) await before.put({ id, type: "message", data: { content: id } });
  await before.delete("a");
  const after = await indexedDbStore("chat").load();
  expect(after).toEqual(["c", "b"].map((id) => ({ id, type: "message", data: { content: id } })));
  expect(await indexedDbStore("another").load()).toEqual([]);
});

test("where there is no IndexedDB it says so", async () => {
  Reflect.deleteProperty(globalThis, "indexedDB");
  await expect(indexedDbStore("chat").load()).rejects.toThrow("no IndexedDB");
});

test("a database that the browser has closed without a word is opened again", async () => {
  const store = indexedDbStore("chat");
  await store.put({ id: "a", type: "message", data: {} });
  indexedDB.isClosed = true;
  await store.put({ id: "b", type: "message", data: {} });
  expect((await store.load()).map(({ id }) => id)).toEqual(["a", "b"]);
});

test("a database that did not open is opened when it is asked for again, and says why it did not", async () => {
  const store = indexedDbStore("chat");
  indexedDB.isBroken = true;
  await expect(store.put({ id: "a", type: "message", data: {} })).rejects.toThrow("the disk is broken");
  indexedDB.isBroken = false;
  await store.put({ id: "b", type: "message", data: {} });
  expect((await store.load()).map(({ id }) => id)).toEqual(["b"]);
});

test("whose messages they are is kept with them", async () => {
  await indexedDbStore("chat").put({ id: "a", type: "message", data: {}, owner: "ada" });
  expect(await indexedDbStore("chat").load()).toEqual([{ id: "a", type: "message", data: {}, owner: "ada" }]);
});

test("a message that a full disk does not take is not said to be kept", async () => {
  const store = indexedDbStore("chat");
  await store.load();
  indexedDB.isFull = true;
  await expect(store.put({ id: "a", type: "message", data: {} })).rejects.toThrow("the disk is full");
});
