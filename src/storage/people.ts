import { and, asc, count, eq, gt, lt, notLike, sql } from "drizzle-orm";
import type { Activity } from "../core/ports/activity.ts";
import type { Members, Membership } from "../core/ports/membership.ts";
import type { OpenDatabase } from "./database.ts";
import { REMOVED } from "./statements.ts";
import { erasures, members, rooms, users } from "./tables.ts";

export interface Revocations {
  /**
   * Tokens of the user issued before this time are refused; 0 when none are. Milliseconds since the epoch.
   */
  revokedBefore(userId: string): number;
}

export interface Member {
  readonly userId: string;
  readonly role: string | null;
}

export interface People extends Membership, Members, Activity, Revocations {
  /**
   * The title and access that a backend has set; undefined for a room that nobody has named or written to.
   */
  room(room: string): { readonly title: string | null; readonly open: boolean } | undefined;
  /** Rooms of these kinds by name, after this name; at most `limit` of them. */
  roomsAfter(
    kinds: readonly string[],
    after: string,
    limit: number,
  ): { readonly room: string; readonly title: string | null; readonly open: boolean }[];
  /** Members by user id, after this id; at most `limit` of them. */
  membersOf(room: string, after: string, limit: number): Member[];

  /** Milliseconds since the epoch; undefined for a user who was never here. */
  lastActive(userId: string): number | undefined;
}

/** For this long after an erasure began, other nodes may still report that the user was here. */
const ERASURE_MS = 10_000;
/** How many rooms of one user are looked up when the user connects. */
const ROOMS_OF_USER = 1_000;

/** Members of rooms, and stored facts about users. */
export function createPeople({ db, write }: OpenDatabase): People {
  const { placeholder } = sql;
  const user = eq(users.id, placeholder("userId"));
  const ofRoom = eq(
    members.roomId,
    db
      .select({ id: rooms.id })
      .from(rooms)
      .where(eq(rooms.name, placeholder("room"))),
  );
  const isMember = db
    .select({ userId: members.userId })
    .from(members)
    .where(and(ofRoom, eq(members.userId, placeholder("userId"))))
    .prepare();
  const room = db
    .select({ title: rooms.title, open: rooms.open })
    .from(rooms)
    .where(eq(rooms.name, placeholder("room")))
    .prepare();
  const roomsOfKind = db
    .select({ room: rooms.name, title: rooms.title, open: rooms.open })
    .from(rooms)
    .where(and(gt(rooms.name, placeholder("after")), lt(rooms.name, placeholder("before"))))
    .orderBy(asc(rooms.name))
    .limit(placeholder("limit"))
    .prepare();
  const membersOf = db
    .select({ userId: members.userId, role: members.role })
    .from(members)
    .where(and(ofRoom, gt(members.userId, placeholder("after"))))
    .orderBy(asc(members.userId))
    .limit(placeholder("limit"))
    .prepare();
  const memberCount = db.select({ count: count() }).from(members).where(ofRoom).prepare();
  const roomsOf = db
    .select({ room: rooms.name })
    .from(members)
    .innerJoin(rooms, eq(rooms.id, members.roomId))
    // Rows that are left of a removed room belong to nobody.
    .where(and(eq(members.userId, placeholder("userId")), notLike(rooms.name, `${REMOVED}%`)))
    .limit(ROOMS_OF_USER)
    .prepare();
  const one = db.select().from(users).where(user).prepare();
  const touch = db
    .insert(users)
    .values({ id: placeholder("userId"), lastActive: placeholder("time") })
    .onConflictDoUpdate({
      target: users.id,
      set: { lastActive: sql`excluded.last_active` },
      // That an erased user was here before is saved no more, though their connections end after it began.
      setWhere: sql`not exists (select 1 from ${erasures} where ${erasures.userId} = ${users.id} and ${erasures.startedAt} + ${ERASURE_MS} >= excluded.last_active)`,
    })
    .prepare();

  return {
    isMember: (room, userId) => isMember.get({ room, userId }) !== undefined,
    memberCount: (room) => memberCount.get({ room })?.count ?? 0,
    isOpen: (name) => room.get({ room: name })?.open === true,
    roomsOf: (userId) => roomsOf.all({ userId }).map((row) => row.room),
    room: (name) => room.get({ room: name }),
    roomsAfter(kinds, after, limit) {
      const found: ReturnType<typeof roomsOfKind.all> = [];
      for (const prefix of kinds.map((kind) => `${kind}:`).sort()) {
        const [, from = prefix] = [prefix, after].sort();
        // The character after ":" is ";".
        const before = `${prefix.slice(0, -1)};`;
        found.push(...roomsOfKind.all({ after: from, before, limit: limit - found.length }));
        if (found.length === limit) break;
      }
      return found;
    },
    membersOf: (room, after, limit) => membersOf.all({ room, after, limit }),
    lastActive: (userId) => one.get({ userId })?.lastActive ?? undefined,
    revokedBefore: (userId) => one.get({ userId })?.revokedBefore ?? 0,
    save: (lastActive) =>
      write(() => {
        for (const [userId, time] of lastActive) touch.run({ userId, time });
      }),
  };
}
