import { and, asc, eq, inArray, lt, lte, notLike, sql } from "drizzle-orm";
import type { OpenDatabase } from "./database.ts";
import { REMOVED } from "./statements.ts";
import { events, logPosition, receipts, rooms, segments, timeIndex } from "./tables.ts";

/** About this many rows of a table in one step, so that nobody waits for it. */
export const ROWS = 200;

export interface Trimmed {
  readonly events: number;
  readonly receipts: number;
  /** Everything up to this position is gone. */
  readonly position: number;
}

/**
 * One step of removing everything up to a position of the log; inside a transaction. Every node does the same at the
 * same place of the log, so a step ends at a position, whatever a node still has of removed rooms. The receipts of an
 * event go before it, and it stays until the last of them is gone: there may be very many. `before` hears of each event.
 */
export function trim(
  { db }: OpenDatabase,
  upTo: number,
  before: (event: TrimmedRow) => void = () => {},
): Trimmed & { readonly roomIds: readonly number[] } {
  const oldest = eventsUpTo(db, upTo);
  const last = oldest.at(-1);
  if (!last) return { events: 0, receipts: 0, position: upTo, roomIds: [] };
  const lastOf = new Map(oldest.map((event) => [event.roomId, event]));
  let found = 0;
  for (const { roomId, offset } of lastOf.values()) {
    if (!isRoom(db, roomId)) continue;
    found += removeReceipts(db, roomId, offset, ROWS - found);
    if (found === ROWS) return { events: 0, receipts: found, position: oldest[0]!.position - 1, roomIds: [] };
  }
  for (const { roomId, offset, count } of lastOf.values()) {
    db.update(rooms).set({ trimmedOffset: offset, trimmedCount: count }).where(eq(rooms.id, roomId)).run();
    db.delete(segments)
      .where(and(eq(segments.roomId, roomId), lte(segments.last, offset)))
      .run();
  }
  for (const event of oldest) before(event);
  db.delete(events).where(lte(events.id, last.id)).run();
  db.delete(timeIndex).where(lt(timeIndex.position, last.position)).run();
  db.update(logPosition).set({ trimmedPosition: last.position, trimmedOrdinal: last.ordinal }).run();
  return { events: oldest.length, receipts: found, position: last.position, roomIds: [...lastOf.keys()] };
}

export type TrimmedRow = ReturnType<typeof page>[number];

/** Oldest first. Ids grow with positions, so pages of them are read until one is beyond. */
function eventsUpTo(db: OpenDatabase["db"], upTo: number) {
  const found: ReturnType<typeof page> = [];
  for (let after = 0; ; ) {
    const next = page(db, after);
    const beyond = next.findIndex(({ position }) => position > upTo);
    found.push(...(beyond === -1 ? next : next.slice(0, beyond)));
    if (beyond !== -1 || next.length < ROWS) return found;
    after = next.at(-1)!.id;
  }
}

const page = (db: OpenDatabase["db"], after: number) =>
  db
    .select({
      id: events.id,
      position: events.position,
      ordinal: events.ordinal,
      roomId: events.roomId,
      offset: events.offset,
      count: events.count,
      kind: events.kind,
    })
    .from(events)
    .where(sql`${events.id} > ${after}`)
    .orderBy(asc(events.id))
    .limit(ROWS)
    .all();

/** False for what is left of a removed room, which each node clears in its own time. */
const isRoom = (db: OpenDatabase["db"], roomId: number): boolean =>
  db
    .select({ id: rooms.id })
    .from(rooms)
    .where(and(eq(rooms.id, roomId), notLike(rooms.name, `${REMOVED}%`)))
    .get() !== undefined;

/** Those of a room's events up to this offset, the oldest first; at most this many. Returns how many that were. */
function removeReceipts(db: OpenDatabase["db"], roomId: number, offset: number, limit: number): number {
  const some = db
    .select({ rowid: sql<number>`rowid` })
    .from(receipts)
    .where(and(eq(receipts.roomId, roomId), lte(receipts.offset, offset)))
    .orderBy(asc(receipts.offset), asc(receipts.userId))
    .limit(limit);
  return db.delete(receipts).where(inArray(sql`rowid`, some)).returning({ roomId: receipts.roomId }).all()
    .length;
}
