import { and, asc, desc, eq, gt, gte, lte, type SQL, sql } from "drizzle-orm";
import type { Cursor, FeedStore } from "../core/ports/feed-store.ts";
import type { OpenDatabase } from "./database.ts";
import { endOf } from "./generation-ends.ts";
import { REMOVED } from "./statements.ts";
import { events, logPosition, rooms } from "./tables.ts";
import { TimeIndex } from "./time-index.ts";

const NONE: Cursor = { position: 0, ordinal: 0 };

const PLACE = { id: events.id, position: events.position, ordinal: events.ordinal };
/** The columns of an event of the feed. */
export const EVENT = {
  ...PLACE,
  room: rooms.name,
  offset: events.offset,
  kind: events.kind,
  time: events.time,
  sender: events.sender,
  clientId: events.clientId,
  body: events.body,
};

/** Times of events may be this far ahead of when they were stored: nodes differ, and atomic makes times differ. */
const AHEAD_MS = 120_000;

export interface EventPages extends FeedStore {
  /** The id of the last row. */
  lastId(): number;
}

/**
 * The log in pages, in its own order. There is no index by position: ids grow with it, so a place is found by halving.
 * Call it outside of transactions; each call is short, so that nobody is held up by a reader.
 */
export function createEventPages(database: OpenDatabase): EventPages {
  const { db } = database;
  const index = new TimeIndex(database);
  const { placeholder } = sql;
  const from = db
    .select(PLACE)
    .from(events)
    .where(gte(events.id, placeholder("id")))
    .orderBy(asc(events.id))
    .limit(1)
    .prepare();
  const notOlder = db
    .select({ id: events.id })
    .from(events)
    .where(
      and(
        gt(events.id, placeholder("after")),
        lte(events.id, placeholder("to")),
        gte(events.time, placeholder("time")),
      ),
    )
    .orderBy(asc(events.id))
    .limit(1)
    .prepare();
  const upTo = db
    .select(PLACE)
    .from(events)
    .where(lte(events.id, placeholder("id")))
    .orderBy(desc(events.id))
    .limit(1)
    .prepare();
  const trimmed = db
    .select({ position: logPosition.trimmedPosition, ordinal: logPosition.trimmedOrdinal })
    .from(logPosition)
    .prepare();
  const among = (value: SQL | typeof events.kind, list: string) =>
    sql`(${placeholder(list)} is null or ${value} in (select value from json_each(${placeholder(list)})))`;
  const kindOfRoom = sql`substr(${rooms.name}, 1, instr(${rooms.name}, ':') - 1)`;
  const scan = db
    .select(EVENT)
    .from(events)
    .innerJoin(rooms, eq(rooms.id, events.roomId))
    .where(
      and(
        gt(events.id, placeholder("after")),
        lte(events.id, placeholder("to")),
        among(events.kind, "kinds"),
        among(kindOfRoom, "roomKinds"),
        sql`(${placeholder("rooms")} is null
          or ${rooms.name} in (select value from json_each(${placeholder("rooms")}))
          or ${kindOfRoom} in (select value from json_each(${placeholder("kindsNamed")})))`,
        // Events of a removed room are about to be deleted.
        sql`${rooms.name} not like ${`${REMOVED}%`}`,
      ),
    )
    .orderBy(asc(events.id))
    .limit(placeholder("limit"))
    .prepare();
  const list = (values: readonly string[] | undefined) => (values ? JSON.stringify(values) : null);
  const lastId = () => upTo.get({ id: Number.MAX_SAFE_INTEGER })?.id ?? 0;

  /** The last id whose row, or the next one after it, is not beyond the place. */
  function halve(isBeyond: (row: Cursor) => boolean): number {
    // Not 0: a reader would look for events where all were removed.
    let [older, younger] = [(from.get({ id: 0 })?.id ?? 1) - 1, lastId() + 1];
    while (younger - older > 1) {
      const middle = Math.floor((older + younger) / 2);
      const row = from.get({ id: middle });
      if (!row || isBeyond(row)) younger = middle;
      else older = row.id;
    }
    return older;
  }

  return {
    lastId,
    seek: ({ position, ordinal }) =>
      halve((row) => row.position > position || (row.position === position && row.ordinal > ordinal)),
    // Times may run back, where a clock was set: they cannot be halved.
    seekTime(time) {
      const position = index.before(time - AHEAD_MS);
      return halve((row) => row.position > position);
    },
    scanTime(after, time, span) {
      const found = notOlder.get({ after, to: after + span, time });
      if (found) return { after: found.id - 1, isFound: true, isEnd: false };
      const next = from.get({ id: after + span + 1 });
      return { after: next ? next.id - 1 : Math.max(after, lastId()), isFound: false, isEnd: !next };
    },
    cursorAt: (id) => upTo.get({ id }) ?? trimmed.get() ?? NONE,
    end: () => upTo.get({ id: Number.MAX_SAFE_INTEGER }) ?? trimmed.get() ?? NONE,
    endOf: (generation) => endOf(database, generation),
    trimmed: () => trimmed.get() ?? NONE,
    scan(after, { kinds, rooms, roomKinds }, limit, span) {
      const found = scan.all({
        ...{ after, to: after + span, limit, kinds: list(kinds), roomKinds: list(roomKinds) },
        rooms: list(rooms?.names),
        kindsNamed: list(rooms?.kinds),
      });
      const full = found.length === limit ? found.at(-1) : undefined;
      const last = full ?? upTo.get({ id: after + span });
      const next = from.get({ id: (full?.id ?? after + span) + 1 });
      const isNew = last !== undefined && last.id > after;
      return {
        events: found,
        // Removed rooms leave gaps that may be wider than the span.
        after: full?.id ?? (next ? next.id - 1 : Math.max(after, last?.id ?? 0)),
        cursor: isNew ? last : undefined,
        isEnd: next === undefined,
      };
    },
  };
}
