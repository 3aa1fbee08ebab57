import type { FeedEvent } from "./feed-store.ts";

/** Some rows, and the row to go on after; undefined where none follow. */
export interface Step<Row> {
  readonly rows: readonly Row[];
  readonly next: number | undefined;
}

/**
 * What may be of a user, in short steps. Events and state are those that hold the user's id anywhere; the contract knows
 * whether it is the user's.
 */
export interface UserRows {
  /** Of rooms that no backend has removed. `rooms`: all that is in these counts as the user's. */
  events(
    userId: string,
    after: number,
    rooms: readonly string[],
  ): Step<FeedEvent & { readonly count: number }>;
  state(
    userId: string,
    after: number,
    rooms: readonly string[],
  ): Step<{ readonly room: string; readonly key: string; readonly value: string }>;
  receipts(
    userId: string,
    after: number,
  ): Step<{ readonly room: string; readonly offset: number; readonly time: number; readonly row: number }>;
  memberships(
    userId: string,
    after: number,
  ): Step<{ readonly room: string; readonly role: string | null; readonly time: number }>;
  /** The row of the last event. */
  lastEvent(): number;
}
