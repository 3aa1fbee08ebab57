import { Applier } from "../../src/core/log/apply.ts";
import { DedupMemory } from "../../src/core/log/dedup-memory.ts";
import { applies as roomApplies } from "../../src/core/log/room-entries.ts";
import type { Entry } from "../../src/core/protocol/entry.ts";
import type { Outcome, Reducer, Reducers } from "../../src/core/protocol/reducer.ts";
import { type OpenDatabase, openDatabase } from "../../src/storage/database.ts";
import { readChain } from "../../src/storage/position.ts";
import { createStore } from "../../src/storage/store.ts";
import { createMemoryScratch } from "./scratch.ts";

/** An entry as a handler would have recorded it, but for what a test says of it. */
export const entry = (said: Partial<Entry> & { id: string }): Entry => ({
  v: 1,
  room: "plain:1",
  protocol: "plain",
  kind: "say",
  sender: "ada",
  clientId: null,
  time: 0,
  body: "",
  ...said,
});

/** Applies entries to a database as a server does, a turn at a time; `restart` begins with an empty memory. */
export function createApplying(
  applies: object,
  { restore, lateMs }: { restore?: Reducers["restore"]; lateMs?: number } = {},
) {
  const database = openDatabase(":memory:", "NORMAL");
  const reducers = new Map<string, Reducer>([...Object.entries(applies), ...Object.entries(roomApplies)]);
  const faults: unknown[] = [];
  const start = () => {
    const store = createStore(database);
    const applier = new Applier(
      store,
      () => ({ reducerOf: (kind) => reducers.get(kind), restore }),
      (error) => faults.push(error),
      undefined,
      new DedupMemory({ maxBytes: 1_048_576, scratch: createMemoryScratch(), report: () => {}, lateMs }),
    );
    return { store, applier };
  };
  let running = start();
  const applyAll = (entries: readonly Entry[]): Outcome[] => {
    const { store, applier } = running;
    const position = store.position() + 1;
    const outcomes = entries.map((one, index) => applier.apply(position + index, one));
    store.savePosition(position + entries.length - 1);
    return outcomes;
  };
  return {
    database,
    /** What reducers threw that is no refusal. */
    faults,
    get store() {
      return running.store;
    },
    turn(...entries: readonly Entry[]): Outcome[] {
      return running.store.transaction(() => applyAll(entries));
    },
    /** Applies and then takes it all back, as when the commit fails. */
    failedTurn(...entries: readonly Entry[]): void {
      try {
        running.store.transaction(() => {
          applyAll(entries);
          throw new Error("disk full");
        });
      } catch {
        running.applier.forget();
      }
    },
    restart(): void {
      running = start();
    },
  };
}

/** An outcome in a word or two. */
export function told(outcome: Outcome | undefined): string {
  if (outcome?.is === "applied") {
    return ["applied", ...outcome.events.map((event) => event.offset)].join(" ");
  }
  if (outcome?.is === "repeated") return `repeated ${outcome.event.offset}`;
  return `refused ${outcome?.refusal.reason}`;
}

/** Every row of every table. */
export function contents({ client, db }: OpenDatabase): Record<string, unknown[]> {
  const tables = client
    .query<{ name: string }, []>("select name from sqlite_master where type = 'table' order by name")
    .all();
  const rows = tables.map(({ name }) => [name, client.query(`select * from ${name} order by 1, 2`).all()]);
  // Which of its two places says it depends on the turns.
  const { position, hash } = readChain(db);
  return { ...Object.fromEntries(rows), log_position: [position, hash.text] };
}
