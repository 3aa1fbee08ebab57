import type { KeptDrafts, MessageStore, Offsets, QueuedMessage } from "./store.ts";

// As much of IndexedDB as is used here: its types come with those of a browser, which a server does not have.
interface Asked<Result> {
  readonly result: Result;
  readonly error: Error | null;
  onsuccess: (() => void) | null;
  onerror: (() => void) | null;
}
interface ObjectStore {
  put(value: Kept | Place): Asked<unknown>;
  delete(key: string): Asked<unknown>;
  get(key: string): Asked<Kept | Place | undefined>;
  getAll(): Asked<(Kept | Place)[]>;
}
interface Transaction {
  readonly error: Error | null;
  oncomplete: (() => void) | null;
  onabort: (() => void) | null;
  objectStore(name: string): ObjectStore;
}
interface Database {
  /** The browser has closed it: its storage was cleared, or its process has died. */
  onclose: (() => void) | null;
  /** Somebody wants to delete it, and waits until it is closed. */
  onversionchange: (() => void) | null;
  close(): void;
  createObjectStore(name: string, options: { readonly keyPath: string }): ObjectStore;
  transaction(name: string, mode: Mode): Transaction;
}
interface Factory {
  open(name: string, version: number): Asked<Database> & { onupgradeneeded: (() => void) | null };
}
type Mode = "readonly" | "readwrite";

interface Kept extends QueuedMessage {
  /** Their order. */
  readonly at: number;
}
/** What is known of an owner's rooms, and of their documents. */
interface Place {
  readonly id: string;
  readonly offsets?: Offsets;
  readonly drafts?: KeptDrafts;
}

const MESSAGES = "letters";
/** With the owner, the ids of what is known of the rooms and of the documents. */
const OFFSETS = "offsets of ";
const DRAFTS = "drafts of ";

/**
 * Keeps unconfirmed messages in the browser's IndexedDB, and opens it again when the browser has closed it. Each client
 * needs a name of its own; two pages of one name send each other's messages again, under the same ids, so that they
 * arrive once.
 */
export function indexedDbStore(name: string): MessageStore {
  let database: Promise<Database> | undefined;
  let last = 0;
  /** Those that wait to be written. */
  const places = new Map<string, Place>();
  /** The last request: none overtakes one that is retried. */
  let before: Promise<unknown> = Promise.resolve();

  async function open(): Promise<Database> {
    const factory: Factory | undefined = Object(globalThis).indexedDB;
    if (!factory) throw new Error("there is no IndexedDB here");
    const asked = factory.open(name, 1);
    asked.onupgradeneeded = () => asked.result.createObjectStore(MESSAGES, { keyPath: "id" });
    return new Promise((resolve, reject) => {
      asked.onsuccess = () => {
        const { result } = asked;
        result.onclose = () => {
          database = undefined;
        };
        result.onversionchange = close;
        resolve(result);
      };
      asked.onerror = () => reject(asked.error ?? new Error("IndexedDB does not open"));
    });
  }

  function close(): void {
    const closing = database;
    database = undefined;
    closing?.then(
      (one) => one.close(),
      () => {},
    );
  }

  async function askOnce<Result>(mode: Mode, what: (all: ObjectStore) => Asked<Result>): Promise<Result> {
    database ??= open();
    const transaction = (await database).transaction(MESSAGES, mode);
    const asked = what(transaction.objectStore(MESSAGES));
    // Only then is it there to stay: a disk that is full aborts it late.
    await new Promise<void>((resolve, reject) => {
      transaction.oncomplete = () => resolve();
      transaction.onabort = () =>
        reject(transaction.error ?? asked.error ?? new Error("IndexedDB has failed"));
    });
    return asked.result;
  }

  function ask<Result>(mode: Mode, what: (all: ObjectStore) => Asked<Result>): Promise<Result> {
    const asked = before.then(() =>
      askOnce(mode, what).catch(() => {
        // Safari closes a database without a word.
        close();
        return askOnce(mode, what);
      }),
    );
    before = asked.catch(close);
    return asked;
  }

  async function find(id: string): Promise<Partial<Place>> {
    return (await ask("readonly", (messages) => messages.get(id))) ?? {};
  }

  /** One write at a time; it has what has come meanwhile. */
  async function save(place: Place): Promise<void> {
    const isWaiting = places.size > 0;
    places.set(place.id, place);
    if (isWaiting) return;
    await before;
    const all = [...places.values()];
    places.clear();
    for (const one of all) await ask("readwrite", (messages) => messages.put(one));
  }

  return {
    async load() {
      const all = await ask("readonly", (messages) => messages.getAll());
      const messages = all.filter((one) => "at" in one);
      return messages.sort((one, other) => one.at - other.at).map(({ at: _, ...message }) => message);
    },
    async put(message) {
      last = Math.max(Date.now(), last + 1);
      const kept = { ...message, at: last };
      await ask("readwrite", (messages) => messages.put(kept));
    },
    async delete(id) {
      await ask("readwrite", (messages) => messages.delete(id));
    },
    loadOffsets: async (owner) => (await find(OFFSETS + owner)).offsets,
    saveOffsets: (owner, offsets) => save({ id: OFFSETS + owner, offsets }),
    loadDrafts: async (owner) => (await find(DRAFTS + owner)).drafts,
    saveDrafts: (owner, drafts) => save({ id: DRAFTS + owner, drafts }),
  };
}
