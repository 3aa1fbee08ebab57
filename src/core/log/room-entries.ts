import type { Entry } from "../protocol/entry.ts";
import type { Decision } from "../protocol/reducer.ts";

/** What backends say of rooms: entries of the core itself, in the room's log like any other. */
export interface RoomEntries {
  room: { title?: string | null; open?: boolean };
  "room.removed": Record<string, never>;
  member: { userId: string; role: string | null };
  "member.removed": { userId: string };
}

/** The room of the entries that say what becomes of the log itself. Nothing is stored under it. */
export const LOG_ROOM = "core:log";

/** The room of the entries about a user that belong to no protocol. Nothing is stored under it. */
export const coreRoomOf = (userId: string): string => `core-user:${userId}`;

/** What backends say of users. */
export interface UserEntries {
  /** Tokens issued before this time are refused. Milliseconds since the epoch. */
  revoked: { userId: string; before: number };
  /** The same, and everything by and about the user is to be erased. */
  erase: { userId: string; before: number };
}

/** Entries of a node about the log. A removal decides what a repeat is, so every node removes at the same place. */
export interface LogEntries {
  /** One step of removing everything up to this position. */
  trim: { upTo: number };
}

type OwnEntries = RoomEntries & UserEntries & LogEntries;

export const applies: { [Kind in keyof OwnEntries]: (entry: Entry<OwnEntries[Kind]>) => Decision } = {
  room: ({ body }) => ({ rows: [{ table: "rooms", ...body }] }),
  "room.removed": () => ({ rows: [{ table: "rooms", remove: true }] }),
  member: ({ body, time }) => ({ rows: [{ table: "members", ...body, time }] }),
  revoked: ({ body: { userId, before } }) => ({
    rows: [{ table: "users", userId, revokedBefore: before }],
  }),
  erase: ({ body: { userId, before }, time }) => ({
    rows: [
      { table: "users", userId, revokedBefore: before },
      { table: "erasures", userId, startedAt: time },
    ],
  }),
  trim: ({ body }) => ({ rows: [{ table: "log", trim: body.upTo }] }),
  "member.removed": ({ body }) => ({ rows: [{ table: "members", remove: true, ...body }] }),
};
