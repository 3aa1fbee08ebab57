import { and, asc, eq, gt, inArray, lt, lte, notLike, sql } from "drizzle-orm";
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

/** An event that is about to be removed. */
export interface TrimmedRow {
  readonly id: number;
  readonly roomId: number;
  readonly offset: number;
  readonly kind: string;
}

type TrimStep = Trimmed & { readonly roomIds: readonly number[] };

/**
 * Removes one step of everything up to a position of the log; inside a transaction. Every node does the same at the
 * same place of the log, so a step ends at a position, no matter which rows of removed rooms a node still has. The
 * receipts of an event go before it, and it stays until the last of them is gone: there may be very many. `before` gets
 * each event. All statements are prepared: a step may touch two hundred rooms, and building them took most of its time.
 */
export function prepareTrim(
  database: OpenDatabase,
): (upTo: number, before?: (event: TrimmedRow) => void) => TrimStep {
  const statements = prepare(database);

  /** Oldest first. Ids grow with positions, so pages of them are read until one is beyond. */
  function eventsUpTo(upTo: number) {
    const found: ReturnType<typeof statements.page.all> = [];
    for (let after = 0; ; ) {
      const next = statements.page.all({ after });
      const beyond = next.findIndex(({ position }) => position > upTo);
      found.push(...(beyond === -1 ? next : next.slice(0, beyond)));
      if (beyond !== -1 || next.length < ROWS) return found;
      after = next.at(-1)!.id;
    }
  }

  return (upTo, before = () => {}) => {
    const oldest = eventsUpTo(upTo);
    const last = oldest.at(-1);
    if (!last) return { events: 0, receipts: 0, position: upTo, roomIds: [] };
    const lastOf = new Map(oldest.map((event) => [event.roomId, event]));
    let found = 0;
    for (const { roomId, offset } of lastOf.values()) {
      if (!statements.isRoom.get({ roomId })) continue;
      found += statements.removeReceipts.all({ roomId, offset, limit: ROWS - found }).length;
      if (found === ROWS)
        return { events: 0, receipts: found, position: oldest[0]!.position - 1, roomIds: [] };
    }
    for (const { roomId, offset, count } of lastOf.values()) {
      statements.keepHead.run({ roomId, offset, count });
      statements.removeSegments.run({ roomId, offset });
    }
    for (const event of oldest) before(event);
    statements.removeEvents.run({ id: last.id });
    statements.removeTimes.run({ position: last.position });
    statements.keepPlace.run({ position: last.position, ordinal: last.ordinal });
    return { events: oldest.length, receipts: found, position: last.position, roomIds: [...lastOf.keys()] };
  };
}

function prepare({ db }: OpenDatabase) {
  const { placeholder } = sql;
  const roomId = placeholder("roomId");
  const someReceipts = db
    .select({ rowid: sql<number>`rowid` })
    .from(receipts)
    .where(and(eq(receipts.roomId, roomId), lte(receipts.offset, placeholder("offset"))))
    .orderBy(asc(receipts.offset), asc(receipts.userId))
    .limit(placeholder("limit"));
  return {
    page: db
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
      .where(gt(events.id, placeholder("after")))
      .orderBy(asc(events.id))
      .limit(ROWS)
      .prepare(),
    /** Nothing for what is left of a removed room, which each node clears in its own time. */
    isRoom: db
      .select({ id: rooms.id })
      .from(rooms)
      .where(and(eq(rooms.id, roomId), notLike(rooms.name, `${REMOVED}%`)))
      .prepare(),
    /** Those of a room's events up to this offset, the oldest first. */
    removeReceipts: db
      .delete(receipts)
      .where(inArray(sql`rowid`, someReceipts))
      .returning({ roomId: receipts.roomId })
      .prepare(),
    keepHead: db
      .update(rooms)
      .set({ trimmedOffset: sql`${placeholder("offset")}`, trimmedCount: sql`${placeholder("count")}` })
      .where(eq(rooms.id, roomId))
      .prepare(),
    removeSegments: db
      .delete(segments)
      .where(and(eq(segments.roomId, roomId), lte(segments.last, placeholder("offset"))))
      .prepare(),
    removeEvents: db
      .delete(events)
      .where(lte(events.id, placeholder("id")))
      .prepare(),
    removeTimes: db
      .delete(timeIndex)
      .where(lt(timeIndex.position, placeholder("position")))
      .prepare(),
    keepPlace: db
      .update(logPosition)
      .set({
        trimmedPosition: sql`${placeholder("position")}`,
        trimmedOrdinal: sql`${placeholder("ordinal")}`,
      })
      .prepare(),
  };
}
