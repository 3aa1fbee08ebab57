/** An event as it was stored. `body` is the JSON text of its data, ready for an envelope. */
export interface StoredEvent {
  readonly room: string;
  /** Counted per room, without gaps, from 1. */
  readonly offset: number;
  /** Of the batch of the log that made it. */
  readonly position: number;
  /** How many history messages the room had with it. */
  readonly count: number;
  readonly kind: string;
  readonly sender: string | null;
  readonly clientId: string | null;
  /** Milliseconds since the epoch. */
  readonly time: number;
  readonly body: string;
}

export interface Page {
  /** Only events of this kind: one of history messages. Of another kind only what lies near is found. */
  readonly kind: string;
  /** The largest number of events, 1 to 1,000. */
  readonly limit: number;
  /** Only offsets below this one. */
  readonly before?: number;
}

/** A user has read an event. */
export interface Receipt {
  readonly offset: number;
  readonly userId: string;
}

export interface Span {
  /** Offsets up to this one belong to removed rooms of the same name: numbers are never used again. */
  readonly removed: number;
  /** Events up to this offset are gone: retention has removed them, or they belong to removed rooms. */
  readonly gone: number;
  /** The offset of the last event, or what `gone` says. */
  readonly last: number;
}

/** The committed events. Reads use an index and are bounded. */
export interface History {
  /** The last events before a point, oldest first. */
  page(room: string, page: Page): StoredEvent[];
  at(room: string, offset: number): StoredEvent | undefined;
  /** The room's last event of any kind. */
  last(room: string): StoredEvent | undefined;
  /** An event by the id that a backend gave it. */
  byExternalId(room: string, externalId: string): StoredEvent | undefined;
  /** Those of these events that a user other than the sender has read. */
  read(room: string, offsets: readonly number[]): ReadonlySet<number>;
  /** The receipts of these events since a time; the last ones, if there are very many. */
  receipts(room: string, offsets: readonly number[], since: number): Receipt[];
  /** The title a backend has given the room, and how many history messages it has had. */
  summary(room: string): { readonly title: string | undefined; readonly count: number };
  /** Events after an offset that clients were shown, oldest first: those among the next `count` offsets. */
  since(room: string, after: number, count: number): StoredEvent[];
  /** Events of one kind, shown to clients or not, from one offset up to but not including another, oldest first. */
  ofKind(room: string, kind: string, from: number, before: number): StoredEvent[];
  /** The first rooms of a kind by name, and the offset of the last event of each. */
  lastOffsets(kind: string, limit: number): { readonly room: string; readonly last: number }[];
  /** Which offsets the room has. */
  span(room: string): Span;
  /** The number on the wire of the last event before this offset that clients were shown; 0 without one. */
  shownBefore(room: string, offset: number): number;
  /** Whether the user is a member of the room. */
  isMember(room: string, userId: string): boolean;
  /** The rows that the protocol's reducers have written for the room, by key. */
  state(room: string): ReadonlyMap<string, string>;
}
