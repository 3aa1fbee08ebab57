import type { StoredEvent } from "../ports/history.ts";
import type { EntryOf, EventOf, OnApplied } from "./context.ts";
import type { Refusal } from "./refusal.ts";
import type { Body, Schemas } from "./schemas.ts";

/** What became of an entry, for code that is no connection. */
export interface Settled {
  readonly applied?: OnApplied | undefined;
  /** The entry was refused, or its commit failed. */
  readonly refused?: (refusal: Refusal) => void;
}

/** How a protocol sends to rooms without being a connection. Each call takes effect at its place in the turn, after the commit. */
export interface SystemSender<Out extends Schemas, Entries> {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Appends an entry without a sender (an agent's answer, a timer). */
  record<K extends EntryOf<Entries>>(room: string, kind: K, body: Entries[K], outcome?: Settled): void;
  /** Publishes to the room on all nodes without storing; may be lost in a crash. */
  relay<K extends EventOf<Out>>(room: string, kind: K, data: Body<Out, K>): void;
  /**
   * Publishes to the room on this node alone: what follows from the log or from a roster, which every node has, so that
   * each tells its own connections.
   */
  relayLocal<K extends EventOf<Out>>(room: string, kind: K, data: Body<Out, K>): void;
  /** Publishes to the connections of this node that watch the room and have not joined it. Derived, as above. */
  announce<K extends EventOf<Out>>(room: string, kind: K, data: Body<Out, K>): void;
  hasWatchers(room: string): boolean;
  /** Somebody is in the room. */
  isHeard(room: string): boolean;
  /**
   * Joins all connections of a user at once. Call it from `onStored` of the event that admits the user. `admission`:
   * this event, if it is stored in the room: clients that want offsets resume the room from there.
   */
  enter(userId: string, room: string, admission?: StoredEvent): void;
  /** Removes all connections of a user from the room. */
  exit(userId: string, room: string): void;
}
