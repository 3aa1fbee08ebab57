import type { StoredEvent } from "../ports/history.ts";
import type { Identity } from "../ports/identity.ts";
import type { Diversion, Seal } from "./diversion.ts";
import type { Refusal } from "./refusal.ts";
import type { Body, Schemas } from "./schemas.ts";

export type EventOf<Out extends Schemas> = keyof Out & string;

export type EntryOf<Entries> = keyof Entries & string;

export interface Recording {
  /** The sender's own id for it. */
  readonly clientId?: string | undefined;
  /** Called after the commit, on the node that received the message, if the entry was applied and is no repeat. */
  readonly applied?: OnApplied | undefined;
  /** The sender gets no answer to it: another entry of the same message confirms or refuses it. */
  readonly quiet?: boolean;
}

export interface Joining {
  /** The connection is in the room while it has access, and receives none of its events: no missed ones either. */
  readonly muted?: boolean;
  /** The history that a join usually brings. It comes after what `greet` returns, unless the client resumes the room. */
  readonly usual?: () => readonly string[];
  /** What `greet` returns contains all events so far: a client that resumes gets none of them again. */
  readonly contained?: boolean;
  /**
   * Events that the room still owes to its user. They come before the live ones, page by page; a client that resumes
   * the room has had them.
   */
  readonly owed?: { all(): readonly number[]; has(offset: number): boolean };
  /**
   * Frames about changes to events up to this offset, which the client has. Only for a client that resumes, after the
   * events that it missed.
   */
  readonly changed?: (since: number) => readonly string[];
  /**
   * The turn's commit has failed. If a message asked for the join, the sender has not joined; otherwise they are
   * greeted again.
   */
  failed?(): void;
}

/** Gets the rooms that the user has access to by name. */
export type OnAuthenticated = (rooms: ReadonlySet<string>) => void;

/** The effects that a handler may ask for. It never touches a socket, a topic or the database. */
export interface Context<Out extends Schemas, Entries, State> {
  readonly state: State;
  /** Throws a `Refusal` for a guest. */
  readonly identity: Identity;
  readonly isGuest: boolean;
  /** The sender's id for the message that is being handled. */
  readonly ref: string | undefined;
  /** Whether the sender has access to the room; a guest has access to no room. */
  may(room: string): boolean;
  now(): number;
  /** Appends an entry; the sender is confirmed or refused when it was applied. */
  record<K extends EntryOf<Entries>>(room: string, kind: K, body: Entries[K], recording?: Recording): void;
  /** Publishes to the room's other connections, on all nodes, without storing; may be lost in a crash. */
  relay<K extends EventOf<Out>>(room: string, kind: K, data: Body<Out, K>): void;
  /** The same on this node alone: for what every node derives by itself and tells its own connections. */
  relayLocal<K extends EventOf<Out>>(room: string, kind: K, data: Body<Out, K>): void;
  /** Sends an event to the sender alone. */
  reply<K extends EventOf<Out>>(kind: K, data: Body<Out, K>): void;
  /** Sends an encoded frame to the sender alone. */
  replyFrame(frame: string): void;
  refuse(refusal: Refusal): void;
  /**
   * Joins in its place among the room's events. The frames that `greet` returns are the first to arrive. It sees
   * history and state at this place: earlier entries are applied, later ones are not and will arrive.
   * It is called again when the commit fails, because that undoes what it saw.
   */
  join(room: string, greet?: () => readonly string[], joining?: Joining): void;
  /** The offset after which the client has asked to resume the room, while it has not joined it. */
  resumes(room: string): number | undefined;
  /**
   * The frame of a stored event as this connection wants it: with its room and offset, if it has asked for them.
   * `before`: the frame before it, if known, was of this event.
   */
  withOffset(frame: string, event: StoredEvent, before?: StoredEvent): string;
  leave(room: string): void;
  /**
   * Takes back a change that the handler made to its own state. Called when the turn's commit fails, which drops every
   * effect of the message; the last change is taken back first.
   */
  undo(change: () => void): void;
  /** Gets the room's announcements from now on, while it has not joined the room. */
  watch(room: string): void;
  /** Ends `watch`, unless the room is the user's own. */
  unwatch(room: string): void;
  /** Verifies a token from a message. Frames that arrive meanwhile are queued; `admitted` runs before them. */
  authenticate(token: string, admitted: OnAuthenticated): void;
  /** From this place on the connection's room frames go through this diversion. */
  divert(make: (send: (frame: string) => void) => Diversion): void;
  /**
   * From this place on the seal that `begin` returns encodes every frame of this connection, except those `begin` sends.
   * `failed`: the turn's commit has failed, and no frame is sealed.
   */
  seal(begin: (send: (frame: string) => void) => Seal, failed?: () => void): void;
  /** Commits this number of entries, which are recorded now, in one transaction. */
  reserve(entries: number): void;
}

/** The outcome of a recorded entry, once it is committed and not a repeat. */
export type OnApplied = (events: readonly StoredEvent[]) => void;
