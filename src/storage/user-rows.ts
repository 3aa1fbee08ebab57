import { and, asc, desc, eq, gt, lte, or, type SQL, sql } from "drizzle-orm";
import type { Step, UserRows } from "../core/ports/user-rows.ts";
import type { OpenDatabase } from "./database.ts";
import { EVENT } from "./event-pages.ts";
import { REMOVED } from "./statements.ts";
import { events, members, receipts, rooms, state } from "./tables.ts";

/** Rows that one step looks at: about a millisecond or two, and then clients have their turn. */
const SPAN = 2_048;
/** Rows that one step returns. */
const LIMIT = 128;

/** In steps, because there is no index by user: every message would pay for it. */
export function createUserRows({ db }: OpenDatabase): UserRows {
  const { placeholder } = sql;
  const kept = sql`${rooms.name} not like ${`${REMOVED}%`}`;
  const holds = (text: SQL | typeof events.body) => sql`instr(${text}, ${placeholder("text")}) > 0`;
  const inOwn = sql`${rooms.name} in (select value from json_each(${placeholder("rooms")}))`;
  const event = db
    .select({ ...EVENT, count: events.count })
    .from(events)
    .innerJoin(rooms, eq(rooms.id, events.roomId))
    .where(
      and(
        gt(events.id, placeholder("after")),
        lte(events.id, placeholder("to")),
        kept,
        or(eq(events.sender, placeholder("userId")), holds(events.body), inOwn),
      ),
    )
    .orderBy(asc(events.id))
    .limit(LIMIT)
    .prepare();
  const firstEvent = db
    .select({ id: events.id })
    .from(events)
    .where(gt(events.id, placeholder("after")))
    .orderBy(asc(events.id))
    .limit(1)
    .prepare();
  const lastEvent = db.select({ id: events.id }).from(events).orderBy(desc(events.id)).limit(1).prepare();
  const lastOf = (table: typeof state | typeof receipts) =>
    db.select({ row: sql<number | null>`max(rowid)` }).from(table).prepare();
  const firstOf = (table: typeof state | typeof receipts) =>
    db
      .select({ row: sql<number | null>`min(rowid)` })
      .from(table)
      .where(sql`rowid > ${placeholder("after")}`)
      .prepare();
  const firstState = firstOf(state);
  const firstReceipt = firstOf(receipts);
  const lastState = lastOf(state);
  const lastReceipt = lastOf(receipts);
  const stateRow = sql<number>`${state}.rowid`;
  /** Some keys are JSON, others hold the id as it is. */
  const keyHolds = (text: "text" | "userId") => sql`instr(${state.key}, ${placeholder(text)}) > 0`;
  const stateRows = db
    .select({ row: stateRow, room: rooms.name, key: state.key, value: state.value })
    .from(state)
    .innerJoin(rooms, eq(rooms.id, state.roomId))
    .where(
      and(
        sql`${stateRow} > ${placeholder("after")}`,
        sql`${stateRow} <= ${placeholder("to")}`,
        kept,
        or(keyHolds("text"), keyHolds("userId"), holds(sql`${state.value}`), inOwn),
      ),
    )
    .orderBy(asc(stateRow))
    .limit(LIMIT)
    .prepare();
  const receiptRow = sql<number>`${receipts}.rowid`;
  const receiptRows = db
    .select({ row: receiptRow, room: rooms.name, offset: receipts.offset, time: receipts.time })
    .from(receipts)
    .innerJoin(rooms, eq(rooms.id, receipts.roomId))
    .where(
      and(
        sql`${receiptRow} > ${placeholder("after")}`,
        sql`${receiptRow} <= ${placeholder("to")}`,
        kept,
        eq(receipts.userId, placeholder("userId")),
      ),
    )
    .orderBy(asc(receiptRow))
    .limit(LIMIT)
    .prepare();
  const memberRows = db
    .select({ row: members.roomId, room: rooms.name, role: members.role, time: members.time })
    .from(members)
    .innerJoin(rooms, eq(rooms.id, members.roomId))
    .where(and(eq(members.userId, placeholder("userId")), gt(members.roomId, placeholder("after")), kept))
    .orderBy(asc(members.roomId))
    .limit(LIMIT)
    .prepare();

  /** As it stands inside of JSON. */
  const textOf = (userId: string) => JSON.stringify(userId).slice(1, -1);
  /** `last`: of the table. */
  function step<Row>(found: readonly Row[], idOf: (row: Row) => number, to: number, last: number): Step<Row> {
    const full = found.length === LIMIT ? found.at(-1) : undefined;
    const next = full ? idOf(full) : to;
    return { rows: found, next: next < last ? next : undefined };
  }

  return {
    events(userId, after, rooms) {
      // Ids of removed rows leave gaps that may be wide.
      const first = firstEvent.get({ after })?.id;
      if (first === undefined) return { rows: [], next: undefined };
      const to = first - 1 + SPAN;
      const found = event.all({
        ...{ after, to, userId, text: textOf(userId), rooms: JSON.stringify(rooms) },
      });
      return step(found, ({ id }) => id, to, lastEvent.get()?.id ?? 0);
    },
    state(userId, after, rooms) {
      const first = firstState.get({ after })?.row ?? undefined;
      if (first === undefined) return { rows: [], next: undefined };
      const to = first - 1 + SPAN;
      const found = stateRows.all({
        ...{ after, to, userId, text: textOf(userId), rooms: JSON.stringify(rooms) },
      });
      return step(found, ({ row }) => row, to, lastState.get()?.row ?? 0);
    },
    receipts(userId, after) {
      const first = firstReceipt.get({ after })?.row ?? undefined;
      if (first === undefined) return { rows: [], next: undefined };
      const to = first - 1 + SPAN;
      return step(receiptRows.all({ after, to, userId }), ({ row }) => row, to, lastReceipt.get()?.row ?? 0);
    },
    memberships(userId, after) {
      const found = memberRows.all({ userId, after });
      return { rows: found, next: found.length === LIMIT ? found.at(-1)?.row : undefined };
    },
    lastEvent: () => lastEvent.get()?.id ?? 0,
  };
}
