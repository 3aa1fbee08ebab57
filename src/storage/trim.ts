import { and, asc, eq, lte, sql } from "drizzle-orm";
import type { OpenDatabase } from "./database.ts";
import { prepareKeep } from "./position.ts";
import { events, logPosition, receipts, rooms, segments } from "./tables.ts";

/** At most this many rows of a table in one step, so that nobody waits for it. */
export const ROWS = 200;

export interface Trimmed {
  readonly events: number;
  readonly receipts: number;
}

/**
 * One step of removing everything up to a position of the log; inside a transaction. The receipts of an event go
 * before it, and it stays until the last of them is gone: there may be very many.
 */
export function trim(
  { db }: OpenDatabase,
  upTo: number,
): Trimmed & { readonly position: number; readonly isMore: boolean } {
  const oldest = db
    .select({
      id: events.id,
      position: events.position,
      ordinal: events.ordinal,
      roomId: events.roomId,
      offset: events.offset,
      count: events.count,
    })
    .from(events)
    .orderBy(asc(events.id))
    .limit(ROWS)
    .all()
    .filter(({ position }) => position <= upTo);
  const last = oldest.at(-1);
  if (!last) return { events: 0, receipts: 0, position: upTo, isMore: false };
  const lastOf = new Map(oldest.map((event) => [event.roomId, event]));
  let found = 0;
  for (const { roomId, offset } of lastOf.values()) {
    found += removeReceipts(db, roomId, offset, ROWS - found);
    if (found === ROWS) return { events: 0, receipts: found, position: upTo, isMore: true };
  }
  for (const { roomId, offset, count } of lastOf.values()) {
    db.update(rooms).set({ trimmedOffset: offset, trimmedCount: count }).where(eq(rooms.id, roomId)).run();
    db.delete(segments)
      .where(and(eq(segments.roomId, roomId), lte(segments.last, offset)))
      .run();
  }
  db.delete(events).where(lte(events.id, last.id)).run();
  prepareKeep(db).run({ position: last.position });
  db.update(logPosition).set({ trimmedPosition: last.position, trimmedOrdinal: last.ordinal }).run();
  return { events: oldest.length, receipts: found, position: last.position, isMore: oldest.length === ROWS };
}

/** Those of a room's events up to this offset; at most this many. Returns how many that were. */
function removeReceipts(db: OpenDatabase["db"], roomId: number, offset: number, limit: number): number {
  const some = db
    .select({ rowid: sql`rowid` })
    .from(receipts)
    .where(and(eq(receipts.roomId, roomId), lte(receipts.offset, offset)))
    .limit(limit);
  return db.delete(receipts).where(sql`rowid in ${some}`).returning({ roomId: receipts.roomId }).all().length;
}
