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
  named(room: string, alias: string): StoredEvent | undefined;
  /** Those of these events that somebody other than their sender has read. */
  read(room: string, offsets: readonly number[]): ReadonlySet<number>;
  /** The title a backend has given the room, and how many history messages it has had. */
  summary(room: string): { readonly title: string | undefined; readonly count: number };
  /** What the protocol's reducers have written of the room, by key. */
  state(room: string): ReadonlyMap<string, string>;
}

/** The first offset of a room that is not older than this time; times never run backwards for long. */
export function offsetAt(history: History, room: string, time: number): number {
  const last = history.last(room);
  if (!last || last.time < time) return (last?.offset ?? 0) + 1;
  let [older, younger] = [0, last.offset];
  while (younger - older > 1) {
    const middle = Math.floor((older + younger) / 2);
    // What retention has removed is older than what is left.
    if ((history.at(room, middle)?.time ?? 0) < time) older = middle;
    else younger = middle;
  }
  return younger;
}

/** What applying an entry writes besides its event. */
export type Row =
  | { readonly table: "receipts"; readonly offset: number; readonly userId: string; readonly time: number }
  | { readonly table: "rooms"; readonly title?: string | null; readonly open?: boolean }
  /** The room with all that is in it; its name is free again. */
  | { readonly table: "rooms"; readonly remove: true }
  | {
      readonly table: "members";
      readonly userId: string;
      readonly role: string | null;
      readonly time: number;
    }
  /** Whatever a protocol keeps of a room, by its own keys; null removes it. */
  | { readonly table: "state"; readonly key: string; readonly value: string | null }
  | { readonly table: "members"; readonly userId: string; readonly remove: true };

export interface NewEvent extends StoredEvent {
  readonly position: number;
  readonly entry: string;
  readonly alias: string | null;
  readonly silent: boolean;
}

/** The last event of a room, as `apply` goes on from it. */
export interface Head {
  readonly offset: number;
  /** How many history messages the room has had. */
  readonly count: number;
}

/** The store takes no writes at present. What was to be written is not, and reads go on. */
export class StoreUnavailable extends Error {
  /** It is a matter of time: whoever waited for the write may try again. */
  readonly passes: boolean;

  constructor(message: string, { passes, cause }: { readonly passes: boolean; readonly cause?: unknown }) {
    super(message, { cause });
    this.passes = passes;
  }
}

/** What applying needs of the database. All of it runs inside `transaction`. */
export interface Store extends History {
  /** The position of the last entry applied. */
  position(): number;
  /** Commits what `work` wrote, or nothing of it when it throws. Throws a `StoreUnavailable` without asking `work`. */
  transaction<T>(work: () => T): T;
  head(room: string): Head;
  /** Newest first: client ids of the room's last events, for the window of repeats. */
  clientIds(room: string, before: number, limit: number): ClientIdRow[];
  add(event: NewEvent): void;
  write(room: string, row: Row): void;
  savePosition(position: number): void;
  /** Writes this many bytes more than nothing, and keeps none of them. Throws when it cannot. */
  probe(bytes: number): void;
}

export interface ClientIdRow {
  readonly offset: number;
  readonly sender: string | null;
  readonly clientId: string | null;
  readonly time: number;
}
