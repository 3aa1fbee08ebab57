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
  /** Publishes without storing; may be lost in a crash. */
  relay<K extends EventOf<Out>>(room: string, kind: K, data: Body<Out, K>): void;
  /** Publishes to the connections that watch the room and have not joined it. */
  announce<K extends EventOf<Out>>(room: string, kind: K, data: Body<Out, K>): void;
  hasWatchers(room: string): boolean;
  /** Joins all connections of a user at once. Call it from `onStored` of the event that admits the user. */
  enter(userId: string, room: string): void;
  /** Removes all connections of a user from the room. */
  exit(userId: string, room: string): void;
}
