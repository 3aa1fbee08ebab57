import type { Letter, LetterStore } from "./store.ts";

// As much of IndexedDB as is used here: its types come with those of a browser, which a server does not have.
interface Asked<Result> {
  readonly result: Result;
  readonly error: Error | null;
  onsuccess: (() => void) | null;
  onerror: (() => void) | null;
}
interface ObjectStore {
  put(value: Kept): Asked<unknown>;
  delete(key: string): Asked<unknown>;
  getAll(): Asked<Kept[]>;
}
interface Database {
  createObjectStore(name: string, options: { readonly keyPath: string }): ObjectStore;
  transaction(name: string, mode: "readonly" | "readwrite"): { objectStore(name: string): ObjectStore };
}
interface Factory {
  open(name: string, version: number): Asked<Database> & { onupgradeneeded: (() => void) | null };
}

interface Kept extends Letter {
  /** Their order. */
  readonly at: number;
}

const LETTERS = "letters";

/**
 * Keeps unconfirmed messages in the browser's IndexedDB. Each client needs a name of its own; two pages of one name
 * send each other's messages again, under the same ids, so that they arrive once.
 */
export function indexedDbStore(name: string): LetterStore {
  let database: Promise<Database> | undefined;
  let last = 0;

  function open(): Promise<Database> {
    const factory: Factory | undefined = Reflect.get(globalThis, "indexedDB");
    if (!factory) return Promise.reject(new Error("there is no IndexedDB here"));
    const asked = factory.open(name, 1);
    asked.onupgradeneeded = () => asked.result.createObjectStore(LETTERS, { keyPath: "id" });
    return answerTo(asked);
  }

  async function ask<Result>(mode: "readonly" | "readwrite", what: (all: ObjectStore) => Asked<Result>) {
    database ??= open();
    return answerTo(what((await database).transaction(LETTERS, mode).objectStore(LETTERS)));
  }

  return {
    async load() {
      const all = await ask("readonly", (letters) => letters.getAll());
      return all.sort((one, other) => one.at - other.at).map(({ id, type, data }) => ({ id, type, data }));
    },
    async put(letter) {
      last = Math.max(Date.now(), last + 1);
      const kept = { ...letter, at: last };
      await ask("readwrite", (letters) => letters.put(kept));
    },
    async delete(id) {
      await ask("readwrite", (letters) => letters.delete(id));
    },
  };
}

const answerTo = <Result>(asked: Asked<Result>): Promise<Result> =>
  new Promise((resolve, reject) => {
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error ?? new Error("IndexedDB has failed"));
  });
