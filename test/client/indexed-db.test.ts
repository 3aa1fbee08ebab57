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

  open(name: string) {
    const isNew = !this.databases.has(name);
    const records = this.databases.get(name) ?? new Map();
    let isMade = !isNew;
    const database = {
      createObjectStore() {
        isMade = true;
      },
      transaction: (_: string, mode: string) => ({
        objectStore: () => {
          if (!isMade) throw new Error("there is no such store");
          const write = (work: () => void) => {
            if (mode !== "readwrite") throw new Error("read only");
            work();
            return asked(undefined);
          };
          return {
            put: (record: { id: string }) => write(() => records.set(record.id, structuredClone(record))),
            delete: (id: string) => write(() => records.delete(id)),
            // By key, as IndexedDB does.
            getAll: () => asked([...records.values()].sort((one, other) => (one.id < other.id ? -1 : 1))),
          };
        },
      }),
    };
    this.databases.set(name, records);
    return asked(database, isNew ? { onupgradeneeded: () => {} } : {});
  }
}

beforeEach(() => Object.assign(globalThis, { indexedDB: new FakeIndexedDb() }));
afterEach(() => Reflect.deleteProperty(globalThis, "indexedDB"));

test("letters come back in the order in which they were put, without those that were deleted", async () => {
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
