import type { StoredEvent } from "./history.ts";

/** The place of one event in the log: which entry made it, and which of that entry's events it is, from 0. The same on every node. */
export interface Cursor {
  readonly position: number;
  readonly ordinal: number;
}

/** An event passes if it is in every list that is given. */
export interface EventFilter {
  readonly kinds?: readonly string[] | undefined;
  /** A room passes that is named here, or whose kind is: `chat` of `chat:1`. */
  readonly rooms?: { readonly names: readonly string[]; readonly kinds: readonly string[] } | undefined;
  /** Of these, a kind of room must be one as well. */
  readonly roomKinds?: readonly string[] | undefined;
}

export interface FeedEvent extends Cursor, Omit<StoredEvent, "count"> {
  /** The id of its row: it grows in the order of the log, and is valid while this process runs. */
  readonly id: number;
}

export interface EventScan {
  readonly events: readonly FeedEvent[];
  /** The id to go on after. */
  readonly after: number;
  /** The cursor of the last row that was read; undefined if there was none. */
  readonly cursor: Cursor | undefined;
  /** Nothing comes after it so far. */
  readonly isEnd: boolean;
}

export interface TimeScan {
  /** Before the row that was found, or the id to go on after. */
  readonly after: number;
  readonly isFound: boolean;
  /** Nothing comes after it so far. */
  readonly isEnd: boolean;
}

/** What the feed reads from the database. Each call takes less than a millisecond or two. */
export interface FeedStore {
  /** The id of the last row that is not after this cursor; where all are after it, one less than the first. */
  seek(cursor: Cursor): number;
  /** The id of a row up to which all are known to be older than this time, in milliseconds since the epoch. */
  seekTime(time: number): number;
  /** Searches `span` rows after an id for the first that is not older than this time. */
  scanTime(after: number, time: number, span: number): TimeScan;
  /** Of the last row up to this id; where there is none, of the last that retention removed. */
  cursorAt(id: number): Cursor;
  /** Of the last row. */
  end(): Cursor;
  /** Reads `span` rows after an id, or fewer when `limit` of them pass. */
  scan(after: number, filter: EventFilter, limit: number, span: number): EventScan;
  /** The last position before a restored backup, in this earlier generation; undefined if it is not known. */
  endOf(generation: number): number | undefined;
  /** The last event that retention removed. */
  trimmed(): Cursor;
}
