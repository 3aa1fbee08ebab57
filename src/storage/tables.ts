import { sql } from "drizzle-orm";
import { index, integer, primaryKey, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";

/** Rooms that were ever written to or described. Events refer to them by this short id. */
export const rooms = sqliteTable("rooms", {
  id: integer("id").primaryKey(),
  name: text("name").notNull().unique(),
  title: text("title"),
  open: integer("open", { mode: "boolean" }).notNull().default(false),
  /** Where numbering goes on when retention has removed the room's last event. */
  trimmedOffset: integer("trimmed_offset").notNull().default(0),
  trimmedCount: integer("trimmed_count").notNull().default(0),
});

/** The id of no room: state under it belongs to the server. */
export const NO_ROOM = 0;

/** Offsets of a removed room are never used again: a room of the same name goes on after this one. */
export const removedRooms = sqliteTable("removed_rooms", {
  name: text("name").primaryKey(),
  offset: integer("offset").notNull(),
});

/**
 * The applied log: append-only, the busiest table. It has no index on all rows: that would touch one page per
 * room in a turn, which cost more than everything else about a message. `runs` (in TypeScript: `segments`) locates a room's events.
 */
export const events = sqliteTable(
  "events",
  {
    id: integer("id").primaryKey(),
    /** Position in the log of the entry that made it. */
    position: integer("position").notNull(),
    roomId: integer("room_id").notNull(),
    offset: integer("offset").notNull(),
    count: integer("count").notNull(),
    time: integer("time").notNull(),
    kind: text("kind").notNull(),
    sender: text("sender"),
    clientId: text("client_id"),
    entry: text("entry").notNull(),
    externalId: text("alias"),
    /** Stored but never published. */
    silent: integer("silent", { mode: "boolean" }).notNull(),
    body: text("body").notNull(),
    /** Which of the events with this position it is, from 0: the two together name it on every node. */
    ordinal: integer("ordinal").notNull().default(0),
  },
  (table) => [
    uniqueIndex("events_by_alias").on(table.roomId, table.externalId).where(sql`alias is not null`),
  ],
);

/**
 * Segments of the offset index: each row locates a number of consecutive events of a room by their ids, as a
 * JSON array. A segment is written when it is full. Until then its ids are in memory, and a restart finds
 * them among the last rows of `events` (see offset-index.ts).
 */
export const segments = sqliteTable(
  "runs",
  {
    roomId: integer("room_id").notNull(),
    /** The offset of the segment's last event. */
    last: integer("last").notNull(),
    ids: text("ids").notNull(),
  },
  (table) => [primaryKey({ columns: [table.roomId, table.last] })],
);

/** At which position the log was when, now and then: see time-index.ts. */
export const timeIndex = sqliteTable("time_index", {
  /** Milliseconds since the epoch. */
  time: integer("time").primaryKey(),
  position: integer("position").notNull(),
});

export const receipts = sqliteTable(
  "receipts",
  {
    roomId: integer("room_id").notNull(),
    offset: integer("offset").notNull(),
    userId: text("user_id").notNull(),
    time: integer("time").notNull(),
  },
  (table) => [primaryKey({ columns: [table.roomId, table.offset, table.userId] })],
);

/** The state that a protocol stores for a room besides its events, by the protocol's own keys. */
export const state = sqliteTable(
  "state",
  {
    roomId: integer("room_id").notNull(),
    key: text("key").notNull(),
    value: text("value").notNull(),
  },
  (table) => [primaryKey({ columns: [table.roomId, table.key] })],
);

/** By the number of their room: once a room is removed no room has its members, and retention deletes them in steps. */
export const members = sqliteTable(
  "members",
  {
    roomId: integer("room_id").notNull(),
    userId: text("user_id").notNull(),
    role: text("role"),
    time: integer("time").notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.roomId, table.userId] }),
    index("members_by_user").on(table.userId, table.roomId),
  ],
);

export const users = sqliteTable("users", {
  id: text("id").primaryKey(),
  /** Milliseconds since the epoch. */
  lastActive: integer("last_active"),
  /** Tokens issued before this are refused. */
  revokedBefore: integer("revoked_before"),
});

/** One row: which log was applied, how far, and what came of it. */
export const logPosition = sqliteTable("log_position", {
  id: integer("id").primaryKey(),
  /** Batches up to here were applied. Events may go further: see position.ts. */
  position: integer("position").notNull(),
  /** The hash chain of all events up to the position. */
  hash: text("hash").notNull().default(""),
  /** Which log the positions count; null until a server has used the database. */
  logId: text("log_id"),
  /** What the hashes of client ids begin with: JSON, two numbers. A secret, so that nobody makes ids that collide. */
  dedupSeed: text("dedup_seed"),
  /** The last event that retention removed, so that a reader of the feed learns what it missed. */
  trimmedPosition: integer("trimmed_position").notNull().default(0),
  trimmedOrdinal: integer("trimmed_ordinal").notNull().default(0),
});

/** Who is sent the feed. What a delivery changes is saved once it is certain. */
export const webhooks = sqliteTable("webhooks", {
  name: text("name").primaryKey(),
  url: text("url").notNull(),
  /** JSON: the secrets that sign, the newest first, each with the time at which it ends. */
  secrets: text("secrets").notNull(),
  /** JSON: protocols, rooms, kinds. */
  filter: text("filter").notNull(),
  batch: integer("batch").notNull(),
  paused: integer("paused", { mode: "boolean" }).notNull(),
  createdAt: integer("created_at").notNull(),
  /** Everything up to here was delivered, or is none of its filter. */
  position: integer("position").notNull(),
  ordinal: integer("ordinal").notNull(),
  /** The last event of the delivery that is on its way: it is the same when it is tried again. */
  untilPosition: integer("until_position"),
  untilOrdinal: integer("until_ordinal"),
  attempts: integer("attempts").notNull().default(0),
  /** Milliseconds since the epoch, as the other times. */
  nextAttempt: integer("next_attempt"),
  failingSince: integer("failing_since"),
  lastError: text("last_error"),
  lastErrorAt: integer("last_error_at"),
  deliveredAt: integer("delivered_at"),
});

/** Users that are being erased, or were. */
export const erasures = sqliteTable("erasures", {
  userId: text("user_id").primaryKey(),
  startedAt: integer("started_at").notNull(),
  finishedAt: integer("finished_at"),
  /** Up to this id of `events` everything was looked at. */
  scanned: integer("scanned").notNull().default(0),
  redacted: integer("redacted").notNull().default(0),
});
