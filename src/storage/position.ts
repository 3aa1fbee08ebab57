import { desc, sql } from "drizzle-orm";
import type { BunSQLiteDatabase } from "drizzle-orm/bun-sqlite";
import { events, logPosition } from "./tables.ts";

/**
 * The position up to which the log has been applied. The last event carries it. The row carries it only where
 * a turn's last entry made no event, or where that event has been removed: writing the row in each turn took
 * a third of a turn of one message.
 */
export function readPosition(db: BunSQLiteDatabase): number {
  const row = db.select({ position: logPosition.position }).from(logPosition).get();
  const last = db.select({ position: events.position }).from(events).orderBy(desc(events.id)).limit(1).get();
  return Math.max(row?.position ?? 0, last?.position ?? 0);
}

/** Prepared once; takes the position to store. */
export const prepareKeep = (db: BunSQLiteDatabase) =>
  db
    .insert(logPosition)
    .values({ id: 1, position: sql.placeholder("position") })
    .onConflictDoUpdate({
      target: logPosition.id,
      set: { position: sql`max(${logPosition.position}, excluded.position)` },
    })
    .prepare();
