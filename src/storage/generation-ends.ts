import { and, eq } from "drizzle-orm";
import type { OpenDatabase } from "./database.ts";
import { NO_ROOM, state } from "./tables.ts";

const keyOf = (generation: number): string => `end of generation ${generation}`;

/**
 * Keeps the last position of a generation that a restored backup ends: later the events no longer tell it, because those
 * at the end may go with their rooms.
 */
export function keepEnd({ db }: OpenDatabase, generation: number, position: number): void {
  const value = String(position);
  db.insert(state)
    .values({ roomId: NO_ROOM, key: keyOf(generation), value })
    .onConflictDoNothing()
    .run();
}

/** The last position of an earlier generation; undefined if an earlier version of the server ended it. */
export function endOf({ db }: OpenDatabase, generation: number): number | undefined {
  const isEnd = and(eq(state.roomId, NO_ROOM), eq(state.key, keyOf(generation)));
  const found = db.select({ value: state.value }).from(state).where(isEnd).get();
  return found && Number(found.value);
}
