import type { z } from "zod";
import type { StoredEvent } from "../ports/history.ts";
import type { Entry } from "./entry.ts";
import type { Decision, Place } from "./reducer.ts";
import { Refusal } from "./refusal.ts";
import { isStoredAs } from "./same.ts";

/** An event that a backend posts: for a room, a user or everyone of a protocol. */
export interface Post {
  readonly to: { readonly room: string } | { readonly user: string } | { readonly everyone: true };
  readonly type: string;
  readonly data: unknown;
  /** Idempotency key: a repeat answers the same and delivers nothing. */
  readonly id?: string | undefined;
  /**
   * With several nodes, the term of the node that posts; a successor has a higher one. A room refuses a lower term
   * than it has seen, so a node that was held up and does not know of its successor does no harm.
   */
  readonly term?: number | undefined;
}

export type Target = "room" | "user" | "everyone";

/** How a protocol takes one kind of event from backends. */
export interface Posting<Data> {
  /** The schema of a post, if backends may leave out fields that the server fills in; otherwise the event's own schema. */
  readonly schema?: z.ZodType;
  /** The room that the data names, if it names one: the only one it may be posted to. */
  room?(data: Data): string | undefined;
  /** The targets that it may be posted to; all of them, if this is missing. */
  readonly to?: readonly Target[];
  /** The users that the data names, if it names any: a post for a user must be for one of them. */
  users?(data: Data): readonly string[] | undefined;
  /** The kinds of rooms that it may be posted to; all of the protocol's, if this is missing. */
  readonly roomKinds?: readonly string[];
  /**
   * Prepares the data for the store, by cleaning texts for example; returns the body of the `entry`, if there is one.
   * May throw a `Refusal`: then nothing of the request is stored. The paths of its issues are within the data.
   */
  prepare?(data: Data, room: string): unknown;
  /** The event's own id, which answers a post without an id; if this is missing, `externalId` does. */
  id?(data: Data): string | undefined;
  /** The id that clients will use for it. */
  externalId?(data: Data): string | undefined;
  /** Counts as one of the room's history messages. */
  readonly counted?: boolean;
  /** The entry to record in its place. */
  readonly entry?: string;
}

/** The entry of a posted event that needs no reducer of its protocol's own. */
export interface PostedEvent {
  readonly type: string;
  readonly data: unknown;
  readonly counted: boolean;
  readonly externalId: string | undefined;
  readonly term?: number;
}

export const POSTED = "posted";

/** The key of a room's state that holds the highest term it has seen. */
const TERM = "posting term";

export function applyPosted({ room, body }: Entry<PostedEvent>, { history }: Place): Decision {
  const { type, data, counted, externalId, term } = body;
  const events = [{ kind: type, data, counted, externalId }];
  if (term === undefined) return { events };
  const known = Number(history.state(room).get(TERM) ?? 0);
  if (term < known) throw new Refusal("forbidden");
  return { events, rows: term > known ? [{ table: "state", key: TERM, value: String(term) }] : [] };
}

/** Whether a post with a known id equals the stored event. */
export const isRepeatedPost = ({ body: { type, data } }: Entry<PostedEvent>, stored: StoredEvent): boolean =>
  stored.kind === type && isStoredAs(data, stored.body);
