import type { z } from "zod";
import type { History, StoredEvent } from "../ports/history.ts";
import type { StateChange } from "./personal-data.ts";
import type { Schemas } from "./schemas.ts";

/** When, where and by whom an event was made. */
export interface Stamp {
  /** Milliseconds since the epoch. */
  readonly time: number;
  /** The client's id of the message that made this event, or that it answers. */
  readonly clientId?: string | null | undefined;
  /** User id of who made it; null for agents and backends. */
  readonly sender?: string | null | undefined;
  /** The place of a stored event. */
  readonly room?: string;
  readonly offset?: number;
  /** The id of the entry that published an event that is not stored. The same on every node. */
  readonly id?: string;
}

/** The last event that an entry made; without one, the confirmation of its decision. `body` is JSON text. */
export type Confirmed = Stamp & Pick<StoredEvent, "kind" | "body">;

/** A frame to send, a code to close with, or both. */
export interface Rejection {
  readonly frame?: string;
  readonly close?: { readonly code: number; readonly reason: string };
}

export interface HistoryView {
  /** The kind of event that it is made of. */
  readonly kind: string;
  /** An event as a backend sees it. */
  show(event: StoredEvent): unknown;
  /**
   * The event's data without the words of its sender, as JSON text: what is left of a message that a backend redacts.
   * Redacting twice gives the same text. Undefined for an event without such words.
   */
  redact(event: StoredEvent): string | undefined;
  /** The event's id in frames, if it has one. */
  id(event: StoredEvent): string | undefined;
  /** Other stored events that hold the same text, in this room or in others. */
  copies?(history: History, event: StoredEvent): readonly StoredEvent[];
  /** The offset of the event that clients know by this id. */
  find(history: History, room: string, id: string): number | undefined;
  /** The same for events that can be redacted. Without it, `find` is used. */
  findToRedact?(history: History, room: string, id: string): number | undefined;
  /** One row of the room's state without the words of the event; undefined if the row has none of them. */
  redactState?(key: string, value: string, event: StoredEvent): StateChange | undefined;
  /**
   * The offset before which a page by time ends, if events are in the order of the times that they show. Other
   * histories are paged by id alone. `time` is in milliseconds since the epoch.
   */
  findTime?(history: History, room: string, time: number): number | undefined;
}

/** How whole frames look around what `messages` and `events` describe: for the server's description of itself. */
export interface Frames<State> {
  /** The frame of a client's message of this kind. */
  message(kind: string, body: z.ZodType): z.ZodType;
  /** One such frame, around this body. `time` is in milliseconds since the epoch. */
  example(kind: string, body: unknown, time: number): unknown;
  /** The frame that `envelope` makes. */
  event(kind: string, data: z.ZodType): z.ZodType;
  /** Whole frames that the server sends besides events, by a name for each. */
  readonly others: Schemas;
  /** What the address of an upgrade may say besides the token. */
  readonly query?: z.ZodObject;
  /** Whether a connection may get this, where its endpoints differ in that. */
  isHeard?(name: string, state: State): boolean;
}
