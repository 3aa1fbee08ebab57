import { and, asc, desc, eq, gt, gte, isNotNull, lt, sql } from "drizzle-orm";
import type { OpenDatabase } from "./database.ts";
import { prepareKeep } from "./position.ts";
import { erasures, events, members, receipts, removedRooms, rooms, users } from "./tables.ts";

const { placeholder } = sql;
/** Receipts that one query finds at most. */
const MAX_RECEIPTS = 1_000;
/** Prefix of a removed room's name. */
export const REMOVED = "removed ";
const EVENT = {
  offset: events.offset,
  position: events.position,
  count: events.count,
  kind: events.kind,
  sender: events.sender,
  clientId: events.clientId,
  time: events.time,
  body: events.body,
};
type AddEvent = (
  id: number,
  position: number,
  roomId: number,
  offset: number,
  count: number,
  time: number,
  kind: string,
  sender: string | null,
  clientId: string | null,
  entry: string,
  externalId: string | null,
  silent: 0 | 1,
  body: string,
  ordinal: number,
) => void;

export type Statements = ReturnType<typeof prepare>;

/** The store's prepared statements. Events are selected by the ids that the offset index knows. */
export function prepare({ client, db }: OpenDatabase) {
  // By now the id may belong to an event of another room.
  const one = and(eq(events.id, placeholder("event")), eq(events.roomId, placeholder("id")));
  const among = and(
    sql`${events.id} in (select value from json_each(${placeholder("events")}))`,
    eq(events.roomId, placeholder("id")),
  );
  const member = and(eq(members.roomId, placeholder("id")), eq(members.userId, placeholder("userId")));
  return {
    roomId: db
      .select({ id: rooms.id })
      .from(rooms)
      .where(eq(rooms.name, placeholder("name")))
      .prepare(),
    addRoom: db
      .insert(rooms)
      .values({ name: placeholder("name"), trimmedOffset: sql`${placeholder("offset")}` })
      .returning({ id: rooms.id })
      .prepare(),
    removedOffset: db
      .select({ offset: removedRooms.offset })
      .from(removedRooms)
      .where(eq(removedRooms.name, placeholder("name")))
      .prepare(),
    keepRemovedOffset: db
      .insert(removedRooms)
      .values({ name: placeholder("name"), offset: placeholder("offset") })
      .onConflictDoUpdate({ target: removedRooms.name, set: { offset: sql`excluded.offset` } })
      .prepare(),
    /** Between two names, neither included. */
    roomsOfKind: db
      .select({ room: rooms.name })
      .from(rooms)
      .where(and(gt(rooms.name, placeholder("after")), lt(rooms.name, placeholder("before"))))
      .orderBy(asc(rooms.name))
      .limit(placeholder("limit"))
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
    keepPosition: prepareKeep(db),
    roomName: db
      .select({ name: rooms.name })
      .from(rooms)
      .where(eq(rooms.id, placeholder("id")))
      .prepare(),
    trimmedHead: db
      .select({ offset: rooms.trimmedOffset, count: rooms.trimmedCount })
      .from(rooms)
      .where(eq(rooms.id, placeholder("id")))
      .prepare(),
    clientIds: db
      .select({ offset: events.offset, sender: events.sender, clientId: events.clientId, time: events.time })
      .from(events)
      .where(among)
      .orderBy(desc(events.id))
      .prepare(),
    // Runs for every message, so values are bound by their position in the table: drizzle takes 0.8 µs to
    // place them.
    addEvent: client.prepare<undefined, Parameters<AddEvent>>(
      db
        .insert(events)
        .values({
          id: placeholder("event"),
          position: placeholder("position"),
          roomId: placeholder("id"),
          offset: placeholder("offset"),
          count: placeholder("count"),
          time: placeholder("time"),
          kind: placeholder("kind"),
          sender: placeholder("sender"),
          clientId: placeholder("clientId"),
          entry: placeholder("entry"),
          externalId: placeholder("externalId"),
          silent: sql`${placeholder("silent")}`,
          body: placeholder("body"),
          ordinal: placeholder("ordinal"),
        })
        .toSQL().sql,
    ),
    replaceBody: db
      .update(events)
      .set({ body: sql`${placeholder("body")}` })
      .where(one)
      .prepare(),
    eraseSender: db
      .update(events)
      .set({ sender: null, clientId: null })
      .where(and(one, eq(events.sender, placeholder("userId"))))
      .prepare(),
    countRedacted: db
      .update(erasures)
      .set({ redacted: sql`${erasures.redacted} + 1` })
      .where(eq(erasures.userId, placeholder("userId")))
      .prepare(),
    eraseExternalId: db.update(events).set({ externalId: null }).where(one).prepare(),
    /** An erasure that is on its way goes on; one that was finished begins anew. */
    beginErasure: db
      .insert(erasures)
      .values({ userId: placeholder("userId"), startedAt: sql`${placeholder("startedAt")}` })
      .onConflictDoUpdate({
        target: erasures.userId,
        set: { startedAt: sql`excluded.started_at`, finishedAt: null, scanned: 0, redacted: 0 },
        setWhere: isNotNull(erasures.finishedAt),
      })
      .prepare(),
    run: db
      .select(EVENT)
      .from(events)
      .where(and(among, eq(events.kind, placeholder("kind"))))
      .orderBy(desc(events.id))
      .limit(placeholder("limit"))
      .prepare(),
    shown: db
      .select(EVENT)
      .from(events)
      .where(and(among, eq(events.silent, false)))
      .orderBy(asc(events.id))
      .prepare(),
    lastShown: db
      .select({ offset: events.offset, position: events.position })
      .from(events)
      .where(and(among, eq(events.silent, false)))
      .orderBy(desc(events.id))
      .limit(1)
      .prepare(),
    head: db.select({ offset: events.offset, count: events.count }).from(events).where(one).prepare(),
    at: db.select(EVENT).from(events).where(one).prepare(),
    named: db
      .select(EVENT)
      .from(events)
      .where(and(eq(events.roomId, placeholder("id")), eq(events.externalId, placeholder("externalId"))))
      .prepare(),
    read: db
      .selectDistinct({ offset: events.offset })
      .from(events)
      .innerJoin(receipts, and(eq(receipts.roomId, events.roomId), eq(receipts.offset, events.offset)))
      .where(and(among, sql`${receipts.userId} is not ${events.sender}`))
      .prepare(),
    receipts: db
      .select({ offset: receipts.offset, userId: receipts.userId })
      .from(receipts)
      .where(
        and(
          eq(receipts.roomId, placeholder("id")),
          sql`${receipts.offset} in (select value from json_each(${placeholder("offsets")}))`,
          gte(receipts.time, placeholder("since")),
        ),
      )
      .orderBy(desc(receipts.time))
      .limit(MAX_RECEIPTS)
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
        roomId: placeholder("id"),
        userId: placeholder("userId"),
        role: placeholder("role"),
        time: placeholder("time"),
      })
      .onConflictDoUpdate({
        target: [members.roomId, members.userId],
        set: { role: sql`iif(${placeholder("keepsRole")}, ${members.role}, excluded.role)` },
      })
      .prepare(),
    // No protocol's room has a space in its name. What is in it goes in steps: see removed-rooms.ts.
    removeRoom: db
      .update(rooms)
      .set({ name: sql`${REMOVED} || ${rooms.id}` })
      .where(eq(rooms.id, placeholder("id")))
      .prepare(),
    revoke: db
      .insert(users)
      .values({ id: placeholder("userId"), revokedBefore: placeholder("revokedBefore") })
      .onConflictDoUpdate({
        target: users.id, // An earlier revocation holds, also when the clock has been set back since.
        set: { revokedBefore: sql`max(coalesce(${users.revokedBefore}, 0), excluded.revoked_before)` },
      })
      .prepare(),
    isMember: db.select({ userId: members.userId }).from(members).where(member).prepare(),
    removeMember: db.delete(members).where(member).prepare(),
  };
}
