import type { History, StoredEvent } from "./history.ts";

/** What applying an entry writes besides its event. */
export type Row =
  | { readonly table: "receipts"; readonly offset: number; readonly userId: string; readonly time: number }
  | { readonly table: "rooms"; readonly title?: string | null; readonly open?: boolean }
  /** The room with all that is in it; its name is free again. */
  | { readonly table: "rooms"; readonly remove: true }
  | {
      readonly table: "members";
      readonly userId: string;
      /** Without it a member keeps the role that they have. */
      readonly role?: string | null;
      readonly time: number;
    }
  /** Tokens of the user issued before this time are refused. An earlier revocation holds. Milliseconds since the epoch. */
  | { readonly table: "users"; readonly userId: string; readonly revokedBefore: number }
  /** The erasure of a user has begun. Milliseconds since the epoch. */
  | { readonly table: "erasures"; readonly userId: string; readonly startedAt: number }
  /** The data of a stored event of any room is replaced. JSON text. */
  | {
      readonly table: "events";
      readonly room: string;
      readonly offset: number;
      readonly body: string;
      /** This user is no longer its sender; nor is it found by its external id, where that names them. */
      readonly erased?: { readonly userId: string; readonly externalId: boolean };
    }
  /** Everything up to this position of the log is removed. */
  | { readonly table: "log"; readonly trim: number }
  /** A protocol's memory of a room, by its own keys; null removes a row. */
  | { readonly table: "state"; readonly key: string; readonly value: string | null }
  | { readonly table: "members"; readonly userId: string; readonly remove: true };

export type RoomRow = Exclude<Row, { readonly table: "log" }>;

export interface NewEvent extends StoredEvent {
  readonly entry: string;
  readonly externalId: string | null;
  readonly silent: boolean;
}

/** The last event of a room, as `apply` goes on from it. */
export interface Head {
  readonly offset: number;
  /** How many history messages the room has had. */
  readonly count: number;
}

/** The store takes no writes at present. The write did not happen, and reads go on. */
export class StoreUnavailable extends Error {
  /** It is a matter of time: the caller may try again. */
  readonly passes: boolean;

  constructor(message: string, { passes, cause }: { readonly passes: boolean; readonly cause?: unknown }) {
    super(message, { cause });
    this.passes = passes;
  }
}

/** What applying needs of the database. All of it runs inside `transaction`. */
export interface Store extends History {
  /** The position of the last batch applied. */
  position(): number;
  /** The hash chain of all events up to the position. Nodes of one log that differ at a position have diverged. */
  hash(): string;
  /** Commits what `work` wrote, or nothing of it when it throws. Throws a `StoreUnavailable` without calling `work`. */
  transaction<T>(work: () => T): T;
  head(room: string): Head;
  /** Newest first: client ids of the room's last events, for the window of repeats. */
  clientIds(room: string, before: number, limit: number): ClientIdRow[];
  add(event: NewEvent): void;
  write(room: string, row: RoomRow): void;
  /**
   * Removes one step of everything up to a position, with the keys of state that go with each event; returns the rooms
   * that it was removed from.
   */
  trim(upTo: number, stateOf?: (event: TrimmedEvent) => readonly string[]): readonly string[];
  savePosition(position: number): void;
  /** Writes this many bytes and rolls them back, without waiting for a lock. Throws when it cannot. */
  probe(bytes: number): void;
}

/** An event that is about to be removed. */
export interface TrimmedEvent {
  readonly room: string;
  readonly offset: number;
  readonly kind: string;
  /** JSON text. It is read only when somebody asks for it. */
  body(): string;
}

export interface ClientIdRow {
  readonly offset: number;
  readonly sender: string | null;
  readonly clientId: string | null;
  readonly time: number;
}
