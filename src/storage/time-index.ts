import { desc, lt } from "drizzle-orm";
import type { OpenDatabase } from "./database.ts";
import { events, timeIndex } from "./tables.ts";

/** Milliseconds between two entries of the index, where something was stored between them. */
export const ENTRY_MS = 600_000;

/**
 * At which position the log was when. The times of single events do not decide what is old, since a clock may have
 * been wrong when they were stored: the index has only times of a clock that was believed.
 */
export class TimeIndex {
  #newest: { readonly time: number; readonly position: number } | undefined;

  constructor(private readonly database: OpenDatabase) {
    this.#newest = database.db.select().from(timeIndex).orderBy(desc(timeIndex.time)).limit(1).get();
  }

  /** When the clock was last believed; undefined when it never was. */
  get newest(): number | undefined {
    return this.#newest?.time;
  }

  /** Everything up to this position was stored by now. */
  add(time: number): void {
    const { db, write } = this.database;
    if (this.#newest && time - this.#newest.time < ENTRY_MS) return;
    const last = db
      .select({ position: events.position })
      .from(events)
      .orderBy(desc(events.id))
      .limit(1)
      .get();
    if (!last || last.position === this.#newest?.position) return;
    const entry = { time, position: last.position };
    write(() => void db.insert(timeIndex).values(entry).onConflictDoNothing().run());
    this.#newest = entry;
  }

  /** The last position of which it is known that everything up to it was stored before this time. */
  before(time: number): number {
    const { db } = this.database;
    const found = db
      .select({ position: timeIndex.position })
      .from(timeIndex)
      .where(lt(timeIndex.time, time))
      .orderBy(desc(timeIndex.time))
      .limit(1)
      .get();
    return found?.position ?? 0;
  }

  /** Entries before this position say nothing more. */
  trim(position: number): void {
    this.database.db.delete(timeIndex).where(lt(timeIndex.position, position)).run();
  }
}
