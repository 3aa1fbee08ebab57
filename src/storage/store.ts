import { and, desc, eq, gt, gte, lt, sql } from "drizzle-orm";
import type { NewEvent, Page, Row, Store, StoredEvent } from "../core/history.ts";
import type { OpenDatabase } from "./database.ts";
import { findPage } from "./page.ts";
import { events, logPosition, members, receipts, rooms, state } from "./tables.ts";

const { placeholder } = sql;
/** What the name of a removed room begins with. */
export const REMOVED = "removed ";
const EVENT = {
  offset: events.offset,
  count: events.count,
  kind: events.kind,
  sender: events.sender,
  clientId: events.clientId,
  time: events.time,
  body: events.body,
};
/** Above this the names are read again. */
const ROOM_IDS_IN_MEMORY = 100_000;

/** The log and its views in SQLite. Prepared statements throughout: building one costs five times running it. */
export function createStore({ client, db }: OpenDatabase): Store {
  const ids = new Map<string, number>();
  const statements = prepare(db);
  const immediate = client.transaction((work: () => unknown) => work()).immediate;

  function roomId(name: string): number | undefined {
    const known = ids.get(name);
    if (known !== undefined) return known;
    const id = statements.roomId.get({ name })?.id;
    if (id !== undefined) remember(name, id);
    return id;
  }
  function remember(name: string, id: number): void {
    if (ids.size >= ROOM_IDS_IN_MEMORY) ids.clear();
    ids.set(name, id);
  }
  function madeRoomId(name: string): number {
    const known = roomId(name);
    if (known !== undefined) return known;
    const made = statements.addRoom.get({ name }).id;
    remember(name, made);
    return made;
  }
  const inRoom = (room: string, rows: Omit<StoredEvent, "room">[]): StoredEvent[] =>
    rows.map((row) => ({ room, ...row }));

  return {
    transaction<T>(work: () => T): T {
      try {
        return immediate(work) as T;
      } catch (error) {
        // It may have made rooms whose ids were not committed.
        ids.clear();
        throw error;
      }
    },

    position: () => statements.position.get()?.position ?? 0,
    savePosition: (position) => void statements.savePosition.run({ position }),

    head(room) {
      const id = roomId(room);
      if (id === undefined) return { offset: 0, count: 0 };
      return statements.head.get({ id }) ?? statements.trimmedHead.get({ id }) ?? { offset: 0, count: 0 };
    },
    clientIds(room, before, limit) {
      const id = roomId(room);
      return id === undefined ? [] : statements.clientIds.all({ id, before, limit });
    },
    add({ room, ...event }: NewEvent) {
      statements.addEvent.run({ ...event, silent: event.silent ? 1 : 0, id: madeRoomId(room) });
    },
    write(room: string, row: Row) {
      const id = madeRoomId(room);
      if (row.table === "receipts") statements.addReceipt.run({ id, ...row });
      else if (row.table === "state") {
        if (row.value === null) statements.removeState.run({ id, key: row.key });
        else statements.setState.run({ id, key: row.key, value: row.value });
      } else if (row.table === "rooms" && "remove" in row) {
        statements.removeMembers.run({ room });
        statements.removeRoom.run({ id });
        ids.delete(room);
      } else if (row.table === "rooms") {
        if (row.title !== undefined) statements.setTitle.run({ id, title: row.title });
        if (row.open !== undefined) statements.setOpen.run({ id, open: row.open ? 1 : 0 });
      } else if ("remove" in row) statements.removeMember.run({ room, userId: row.userId });
      else statements.addMember.run({ room, ...row });
    },

    page(room, { kind, ...page }: Page) {
      const id = roomId(room);
      if (id === undefined) return [];
      const rows = {
        run: (from: number, before: number, limit: number) =>
          statements.run.all({ id, kind, from, before, limit }),
        countAt: (offset: number) => statements.countAt.get({ id, offset })?.count,
      };
      return inRoom(room, findPage(rows, this.head(room).offset, page)).reverse();
    },
    at(room, offset) {
      const id = roomId(room);
      const row = id === undefined ? undefined : statements.at.get({ id, offset });
      return row && { room, ...row };
    },
    last(room) {
      const id = roomId(room);
      const row = id === undefined ? undefined : statements.last.get({ id });
      return row && { room, ...row };
    },
    named(room, alias) {
      const id = roomId(room);
      const row = id === undefined ? undefined : statements.named.get({ id, alias });
      return row && { room, ...row };
    },
    read(room, offsets) {
      const id = roomId(room);
      if (id === undefined || offsets.length === 0) return new Set();
      const range = { id, first: Math.min(...offsets), last: Math.max(...offsets) };
      return new Set(statements.read.all(range).map((row) => row.offset));
    },
    state(room) {
      const id = roomId(room);
      const rows = id === undefined ? [] : statements.state.all({ id });
      return new Map(rows.map(({ key, value }) => [key, value]));
    },
    summary(room) {
      const id = roomId(room);
      const title = id === undefined ? undefined : statements.title.get({ id })?.title;
      return { title: title ?? undefined, count: this.head(room).count };
    },
  };
}

function prepare(db: OpenDatabase["db"]) {
  const inRoom = eq(events.roomId, placeholder("id"));
  return {
    roomId: db
      .select({ id: rooms.id })
      .from(rooms)
      .where(eq(rooms.name, placeholder("name")))
      .prepare(),
    addRoom: db
      .insert(rooms)
      .values({ name: placeholder("name") })
      .returning({ id: rooms.id })
      .prepare(),
    title: db
      .select({ title: rooms.title })
      .from(rooms)
      .where(eq(rooms.id, placeholder("id")))
      .prepare(),
    setTitle: db
      .update(rooms)
      .set({ title: sql`${placeholder("title")}` })
      .where(eq(rooms.id, placeholder("id")))
      .prepare(),
    setOpen: db
      .update(rooms)
      .set({ open: sql`${placeholder("open")}` })
      .where(eq(rooms.id, placeholder("id")))
      .prepare(),
    position: db.select({ position: logPosition.position }).from(logPosition).prepare(),
    savePosition: db
      .insert(logPosition)
      .values({ id: 1, position: placeholder("position") })
      .onConflictDoUpdate({ target: logPosition.id, set: { position: sql`excluded.position` } })
      .prepare(),
    head: db
      .select({ offset: events.offset, count: events.count })
      .from(events)
      .where(inRoom)
      .orderBy(desc(events.offset))
      .limit(1)
      .prepare(),
    trimmedHead: db
      .select({ offset: rooms.trimmedOffset, count: rooms.trimmedCount })
      .from(rooms)
      .where(eq(rooms.id, placeholder("id")))
      .prepare(),
    clientIds: db
      .select({ offset: events.offset, sender: events.sender, clientId: events.clientId, time: events.time })
      .from(events)
      .where(and(inRoom, lt(events.offset, placeholder("before"))))
      .orderBy(desc(events.offset))
      .limit(placeholder("limit"))
      .prepare(),
    addEvent: db
      .insert(events)
      .values({
        position: placeholder("position"),
        roomId: placeholder("id"),
        offset: placeholder("offset"),
        count: placeholder("count"),
        time: placeholder("time"),
        kind: placeholder("kind"),
        sender: placeholder("sender"),
        clientId: placeholder("clientId"),
        entry: placeholder("entry"),
        alias: placeholder("alias"),
        silent: sql`${placeholder("silent")}`,
        body: placeholder("body"),
      })
      .prepare(),
    run: db
      .select(EVENT)
      .from(events)
      .where(
        and(
          inRoom,
          gte(events.offset, placeholder("from")),
          lt(events.offset, placeholder("before")),
          eq(events.kind, placeholder("kind")),
        ),
      )
      .orderBy(desc(events.offset))
      .limit(placeholder("limit"))
      .prepare(),
    countAt: db
      .select({ count: events.count })
      .from(events)
      .where(and(inRoom, eq(events.offset, placeholder("offset"))))
      .prepare(),
    at: db
      .select(EVENT)
      .from(events)
      .where(and(inRoom, eq(events.offset, placeholder("offset"))))
      .prepare(),
    last: db.select(EVENT).from(events).where(inRoom).orderBy(desc(events.offset)).limit(1).prepare(),
    named: db
      .select(EVENT)
      .from(events)
      .where(and(inRoom, eq(events.alias, placeholder("alias"))))
      .prepare(),
    read: db
      .selectDistinct({ offset: receipts.offset })
      .from(receipts)
      .innerJoin(events, and(eq(events.roomId, receipts.roomId), eq(events.offset, receipts.offset)))
      .where(
        and(
          eq(receipts.roomId, placeholder("id")),
          gt(receipts.offset, sql`${placeholder("first")} - 1`),
          lt(receipts.offset, sql`${placeholder("last")} + 1`),
          sql`${receipts.userId} is not ${events.sender}`,
        ),
      )
      .prepare(),
    state: db
      .select({ key: state.key, value: state.value })
      .from(state)
      .where(eq(state.roomId, placeholder("id")))
      .prepare(),
    setState: db
      .insert(state)
      .values({ roomId: placeholder("id"), key: placeholder("key"), value: placeholder("value") })
      .onConflictDoUpdate({ target: [state.roomId, state.key], set: { value: sql`excluded.value` } })
      .prepare(),
    removeState: db
      .delete(state)
      .where(and(eq(state.roomId, placeholder("id")), eq(state.key, placeholder("key"))))
      .prepare(),
    addReceipt: db
      .insert(receipts)
      .values({
        roomId: placeholder("id"),
        offset: placeholder("offset"),
        userId: placeholder("userId"),
        time: placeholder("time"),
      })
      .onConflictDoNothing()
      .prepare(),
    addMember: db
      .insert(members)
      .values({
        room: placeholder("room"),
        userId: placeholder("userId"),
        role: placeholder("role"),
        time: placeholder("time"),
      })
      .onConflictDoUpdate({ target: [members.room, members.userId], set: { role: sql`excluded.role` } })
      .prepare(),
    // No room of any protocol has a name with a space. What is in it goes bit by bit, see retention.ts.
    removeRoom: db
      .update(rooms)
      .set({ name: sql`${REMOVED} || ${rooms.id}` })
      .where(eq(rooms.id, placeholder("id")))
      .prepare(),
    removeMembers: db
      .delete(members)
      .where(eq(members.room, placeholder("room")))
      .prepare(),
    removeMember: db
      .delete(members)
      .where(and(eq(members.room, placeholder("room")), eq(members.userId, placeholder("userId"))))
      .prepare(),
  };
}
