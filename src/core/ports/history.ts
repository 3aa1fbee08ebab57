/** An event as it was stored. `body` is the JSON text of its data, ready for an envelope. */
export interface StoredEvent {
  readonly room: string;
  /** Counted per room, without gaps, from 1. */
  readonly offset: number;
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
  /** At most so many, 1 to 1,000. */
  readonly limit: number;
  /** Only offsets below this one. */
  readonly before?: number;
}

/** What has been committed. Reads go by an index and are bounded. */
export interface History {
  /** The last events before a point, oldest first. */
  page(room: string, page: Page): StoredEvent[];
  at(room: string, offset: number): StoredEvent | undefined;
  /** The room's last event of any kind. */
  last(room: string): StoredEvent | undefined;
  /** An event by the id that a backend gave it. */
  byExternalId(room: string, externalId: string): StoredEvent | undefined;
  /** Those of these events that somebody other than their sender has read. */
  read(room: string, offsets: readonly number[]): ReadonlySet<number>;
  /** The title a backend has given the room, and how many history messages it has had. */
  summary(room: string): { readonly title: string | undefined; readonly count: number };
  /** What the protocol's reducers have written of the room, by key. */
  state(room: string): ReadonlyMap<string, string>;
}
