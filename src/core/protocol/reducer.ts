import type { History, StoredEvent } from "../ports/history.ts";
import type { NewEvent, Row } from "../ports/store.ts";
import type { Entry } from "./entry.ts";
import type { Refusal } from "./refusal.ts";

/** Where an entry falls in its room, for the reducer that applies it. */
export interface Place<State = unknown> {
  /** The offset that its first event will have. */
  readonly offset: number;
  /** Committed before this entry, or earlier in the same turn. */
  readonly history: History;
  /**
   * The protocol's memory of the room, made by its `restore`. A reducer may change it, but only once it
   * can no longer refuse; it is restored anew when the commit fails.
   */
  readonly state: State;
}

/** An event that an entry makes: stored under the room's next offset, then published. */
export interface EventDraft {
  readonly kind: string;
  readonly data: unknown;
  /** Counts as one of the room's history messages. */
  readonly counted?: boolean | undefined;
  /** An id from outside, by which the event can be found. */
  readonly externalId?: string | undefined;
  /** Stored and not published. A sender's entry makes such events first: its last one confirms it. */
  readonly silent?: boolean;
  /** Milliseconds since the epoch, where it is not the entry's: the protocol makes its times differ. */
  readonly time?: number;
}

/** The result of an entry. A reducer decides it from the entry and its place alone, and may throw a `Refusal`. */
export interface Decision {
  readonly events?: readonly EventDraft[];
  /** Published only, after the events: to the room, or to one within it that is in no log. */
  readonly publish?: { readonly kind: string; readonly data: unknown; readonly room?: string };
  /** Without an event: the argument of its protocol's `confirm`. */
  readonly confirm?: { readonly kind: string; readonly data: unknown };
  readonly rows?: readonly Row[];
  /** The rows change what the protocol keeps of the room: it is restored from them. */
  readonly restore?: boolean;
}

export type Reducer = (entry: Entry<never>, place: Place<never>) => Decision;

/** How the entries of one protocol are applied. */
export interface Reducers {
  reducerOf(kind: string): Reducer | undefined;
  /** The protocol's memory of a room, as the log has made it. */
  restore?: ((room: string, history: History) => unknown) | undefined;
  /** Whether an entry with the id of a stored event says what made that event. Asked only of entries whose id is found. */
  isRepeat?: (entry: Entry, stored: StoredEvent) => boolean;
  /** A backend has taken back what the event said. */
  isRedacted?: (stored: StoredEvent) => boolean;
}

/** What became of an entry. */
export type Outcome =
  | {
      readonly is: "applied";
      readonly events: readonly NewEvent[];
      readonly publish: Decision["publish"];
      readonly confirm: Decision["confirm"];
    }
  | { readonly is: "repeated"; readonly event: StoredEvent }
  | { readonly is: "refused"; readonly refusal: Refusal };
