import { and, asc, eq, gte, lt, sql } from "drizzle-orm";
import type { OpenDatabase } from "./database.ts";
import { REMOVED } from "./statements.ts";
import { events, members, receipts, rooms, segments, state } from "./tables.ts";
import { ROWS } from "./trim.ts";

/** Removes what is left of removed rooms, a step at each call; true when there may be more. */
export function clearRemoved(database: OpenDatabase): () => boolean {
  const removed = database.db
    .select({ id: rooms.id })
    .from(rooms)
    .where(and(gte(rooms.name, REMOVED), lt(rooms.name, `${REMOVED}\uffff`)))
    .limit(1)
    .prepare();
  return () => {
    const room = removed.get();
    if (room) database.write(() => clear(database, room.id));
    return room !== undefined;
  };
}

function clear({ db }: OpenDatabase, roomId: number): void {
  let left = clearSegment(db, roomId);
  for (const table of [receipts, state, members]) {
    const bit = sql`rowid in (select rowid from ${table} where ${table.roomId} = ${roomId} limit ${ROWS})`;
    left ||= db.delete(table).where(bit).returning({ roomId: table.roomId }).all().length > 0;
  }
  if (!left) db.delete(rooms).where(eq(rooms.id, roomId)).run();
}

/** Removes the events of one segment. All events of a removed room are in segments. */
function clearSegment(db: OpenDatabase["db"], roomId: number): boolean {
  const segment = db
    .select({ last: segments.last, ids: segments.ids })
    .from(segments)
    .where(eq(segments.roomId, roomId))
    .orderBy(asc(segments.last))
    .limit(1)
    .get();
  if (!segment) return false;
  const among = sql`${events.id} in (select value from json_each(${segment.ids}))`;
  db.delete(events)
    .where(and(among, eq(events.roomId, roomId)))
    .run();
  db.delete(segments)
    .where(and(eq(segments.roomId, roomId), eq(segments.last, segment.last)))
    .run();
  return true;
}
