import { desc, sql } from "drizzle-orm";
import type { BunSQLiteDatabase } from "drizzle-orm/bun-sqlite";
import { events, logPosition } from "./tables.ts";

/**
 * How far the log has been applied. The last event says so, and the row where the last entry of a turn made no event,
 * or where that event is gone: to write the row in each turn took a third of a turn of one message.
 */
export function readPosition(db: BunSQLiteDatabase): number {
  const row = db.select({ position: logPosition.position }).from(logPosition).get();
  const last = db.select({ position: events.position }).from(events).orderBy(desc(events.id)).limit(1).get();
  return Math.max(row?.position ?? 0, last?.position ?? 0);
}

/** Prepared once, with the position to keep. */
export const prepareKeep = (db: BunSQLiteDatabase) =>
  db
    .insert(logPosition)
    .values({ id: 1, position: sql.placeholder("position") })
    .onConflictDoUpdate({
      target: logPosition.id,
      set: { position: sql`max(${logPosition.position}, excluded.position)` },
    })
    .prepare();
