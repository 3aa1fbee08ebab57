import type { Entry } from "../protocol/entry.ts";
import type { Decision } from "../protocol/reducer.ts";

/** What backends say of rooms: entries of the core itself, in the room's log like any other. */
export interface RoomEntries {
  room: { title?: string | null; open?: boolean };
  "room.removed": Record<string, never>;
  member: { userId: string; role: string | null };
  "member.removed": { userId: string };
}

export const applies: { [Kind in keyof RoomEntries]: (entry: Entry<RoomEntries[Kind]>) => Decision } = {
  room: ({ body }) => ({ rows: [{ table: "rooms", ...body }] }),
  "room.removed": () => ({ rows: [{ table: "rooms", remove: true }] }),
  member: ({ body, time }) => ({ rows: [{ table: "members", ...body, time }] }),
  "member.removed": ({ body }) => ({ rows: [{ table: "members", remove: true, ...body }] }),
};
