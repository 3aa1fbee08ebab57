import { and, asc, eq, gte, lt, lte, sql } from "drizzle-orm";
import type { Cancel, Clock } from "../core/clock.ts";
import type { OpenDatabase } from "./database.ts";
import { prepareKeep } from "./position.ts";
import { REMOVED } from "./statements.ts";
import { events, logPosition, receipts, rooms, runs, state } from "./tables.ts";

/** So few rows at a time that nobody notices, so often that it keeps up with a busy server. */
const ROWS = 200;
const EVERY_MS = 250;
const DAY_MS = 86_400_000;

/**
 * Removes what is left of removed rooms, and events older than so many days with their receipts; numbering
 * goes on where it was. 0 days keeps all events.
 */
export function startRetention(
  database: OpenDatabase,
  clock: Clock,
  days: number,
  failed: (error: unknown) => void,
): Cancel {
  const removed = database.db
    .select({ id: rooms.id })
    .from(rooms)
    .where(and(gte(rooms.name, REMOVED), lt(rooms.name, `${REMOVED}\uffff`)))
    .limit(1)
    .prepare();
  return clock.every(EVERY_MS, () => {
    try {
      const room = removed.get();
      if (room) clear(database, room.id);
      if (days > 0) trim(database, clock.now() - days * DAY_MS);
    } catch (error) {
      failed(error);
    }
  });
}

/** A bit of a removed room. */
function clear({ client, db }: OpenDatabase, roomId: number): void {
  client
    .transaction(() => {
      let left = clearRun(db, roomId);
      for (const table of [receipts, state]) {
        const bit = sql`rowid in (select rowid from ${table} where ${table.roomId} = ${roomId} limit ${ROWS})`;
        left ||= db.delete(table).where(bit).returning({ roomId: table.roomId }).all().length > 0;
      }
      if (!left) db.delete(rooms).where(eq(rooms.id, roomId)).run();
    })
    .immediate();
}

/** The events of one of its runs: all of a removed room's are in one. */
function clearRun(db: OpenDatabase["db"], roomId: number): boolean {
  const run = db
    .select({ last: runs.last, ids: runs.ids })
    .from(runs)
    .where(eq(runs.roomId, roomId))
    .orderBy(asc(runs.last))
    .limit(1)
    .get();
  if (!run) return false;
  const among = sql`${events.id} in (select value from json_each(${run.ids}))`;
  db.delete(events)
    .where(and(among, eq(events.roomId, roomId)))
    .run();
  db.delete(runs)
    .where(and(eq(runs.roomId, roomId), eq(runs.last, run.last)))
    .run();
  return true;
}

function trim({ client, db }: OpenDatabase, before: number): void {
  const oldest = db
    .select({
      id: events.id,
      position: events.position,
      ordinal: events.ordinal,
      roomId: events.roomId,
      offset: events.offset,
      count: events.count,
      time: events.time,
    })
    .from(events)
    .orderBy(asc(events.id))
    .limit(ROWS)
    .all();
  const young = oldest.findIndex((event) => event.time >= before);
  const old = young === -1 ? oldest : oldest.slice(0, young);
  const last = old.at(-1);
  if (!last) return;
  const trimmed = new Map(old.map((event) => [event.roomId, event]));
  client
    .transaction(() => {
      for (const { roomId, offset, count } of trimmed.values()) {
        db.update(rooms)
          .set({ trimmedOffset: offset, trimmedCount: count })
          .where(eq(rooms.id, roomId))
          .run();
        db.delete(receipts)
          .where(and(eq(receipts.roomId, roomId), lte(receipts.offset, offset)))
          .run();
        db.delete(runs)
          .where(and(eq(runs.roomId, roomId), lte(runs.last, offset)))
          .run();
      }
      db.delete(events).where(lte(events.id, last.id)).run();
      prepareKeep(db).run({ position: last.position });
      db.update(logPosition).set({ trimmedPosition: last.position, trimmedOrdinal: last.ordinal }).run();
    })
    .immediate();
}
