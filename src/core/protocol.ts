import type { z } from "zod";
import type { Members, Membership, Revocations } from "./access.ts";
import type { Agent } from "./agent.ts";
import type { Decision, Place } from "./apply.ts";
import type { Clock } from "./clock.ts";
import type { Context } from "./context.ts";
import type { Posting } from "./door.ts";
import type { History, StoredEvent } from "./history.ts";
import type { Entry } from "./log.ts";
import type { Reason, Refusal } from "./refusal.ts";
import type { Voice } from "./voice.ts";

export type Schemas = Record<string, z.ZodType>;
export type Body<S extends Schemas, Kind extends keyof S> = z.output<S[Kind]>;

/** Guards as data: what must hold before a handler sees a message. */
export interface Rule<Message, State = unknown> {
  /** Counts towards what its room may have a minute. */
  readonly broadcasts?: boolean;
  readonly allow: "guest" | "user";
  /** What it takes from the rate limit. A function is asked once a message, before that is validated. */
  readonly cost: number | ((state: State) => number);
  /** The room it is about, if it is about one: the sender must have access to it. */
  room?(message: Message, state: State): string | undefined;
  /** The id that it names as its sender: anybody else's is refused. */
  sender?(message: Message): string | undefined;
  /** The connections that may say it at all: to any other it is an unknown kind. */
  at?(state: State): boolean;
}

/** A message, decoded and not yet checked. */
export interface Incoming {
  readonly kind: string;
  readonly body: unknown;
  /** The client's id for it, for the answer. */
  readonly ref?: string;
}

/** When and as what an event was made. */
export interface Stamp {
  /** Milliseconds since the epoch. */
  readonly time: number;
  /** The client's id for what it was made of, or for what it answers. */
  readonly clientId?: string | null | undefined;
  /** User id of who made it; null for agents and backends. */
  readonly sender?: string | null | undefined;
  /** Where it is stored, if it is. */
  readonly room?: string;
  readonly offset?: number;
}

/** The last event that an entry made, or what its decision says where it made none. `body` is JSON text. */
export type Confirmed = Stamp & Pick<StoredEvent, "kind" | "body">;

/** A frame to send, a code to close with, or both. */
export interface No {
  readonly frame?: string;
  readonly close?: { readonly code: number; readonly reason: string };
}

export interface Past {
  /** The kind of event that it is made of. */
  readonly kind: string;
  /** An event as a backend sees it. */
  show(event: StoredEvent): unknown;
  /** The offset of the event that clients know by this id. */
  find(history: History, room: string, id: string): number | undefined;
}

/** A handler uses these and does not decide them, so that it may be written for one part of a protocol. */
type Uses<Out extends Schemas, Entries, State> = Context<NoInfer<Out>, NoInfer<Entries>, NoInfer<State>>;

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

/**
 * What a protocol must provide. Everything it says to its clients is typed by `events`, everything that
 * they say to it by `messages`; what it records goes through `applies`.
 */
export interface Protocol<In extends Schemas, Out extends Schemas, Entries, State, RoomState = unknown> {
  readonly name: string;
  /** Paths of its endpoints. */
  readonly paths: readonly string[];
  /** Offered by its clients, and echoed; protocols may share a path when this differs. */
  readonly subprotocol?: string;
  /** Kinds of rooms that belong to it. */
  readonly roomKinds: readonly string[];
  /** Why no room of its kinds may have this name; undefined for one that may. */
  reserved?(room: string): string | undefined;
  /** Connections without a token may stay. */
  readonly guests: boolean;
  readonly timeouts: { readonly authMs: number; readonly heartbeatMs: number };
  /** Whose rate is limited: each connection's, or each user's per kind of message. */
  readonly limitBy: "connection" | "user-and-kind";
  readonly messages: In;
  readonly events: Out;
  readonly frames: Frames<NoInfer<State>>;
  readonly rules: { readonly [Kind in keyof In]: Rule<Body<In, Kind>, State> };

  /** The protocol's own state of a connection. */
  open(url: URL): State;
  /** The token that came with the upgrade; undefined when it may come in a message. */
  token?(url: URL): string | null | undefined;
  /** Rooms that the contract's own claims of a token open. */
  grants?(claims: Readonly<Record<string, unknown>>): readonly string[];
  /** Throws a `Refusal` for what is not this protocol's envelope. */
  decode(frame: string, state: State): Incoming;
  /** The frame around the JSON text of an event's data. */
  envelope(kind: string, body: string, stamp: Stamp): string;
  readonly refuse: { readonly [Why in Reason]: (refusal: Refusal, ref?: string) => No };
  readonly handlers: {
    readonly [Kind in keyof In]: (ctx: Uses<Out, Entries, State>, message: Body<In, Kind>) => void;
  };
  /** Deterministic: decides from the entry and its place alone. */
  readonly applies: {
    readonly [Kind in keyof Entries]: (entry: Entry<Entries[Kind]>, place: Place<RoomState>) => Decision;
  };
  /** What it keeps of a room for its `applies`, as the room's log has made it. */
  restore?(room: string, history: History): RoomState;
  /** Events that backends may post. */
  readonly posts: { readonly [Kind in keyof Out]?: Posting<Body<Out, Kind>> };

  /** How many connections a minute one address may open; 0 is no limit. */
  readonly connectionsPerMinute?: number;
  /**
   * The frame that confirms to its sender what he recorded, and when it comes again, in the place of what is published:
   * that goes to the others. Where it is undefined, the event itself confirms.
   */
  confirm?(last: Confirmed, ref?: string): string | undefined;
  /** What of its rooms is their history, for backends. */
  readonly past?: Past;
  /** Whether a frame that is somewhat too long is refused, and its connection lives; otherwise it ends with 1009. */
  longFrames?(state: State): boolean;
  /** What it knows of a connection, for operators. */
  describe?(state: State): Record<string, unknown>;
  /** Whoever is in a room in this way may stay, whatever becomes of his access to it. */
  isPublic?(state: State): boolean;

  /** The connection has authenticated. */
  admitted?(ctx: Uses<Out, Entries, State>): void;
  /** A room is the user's own: granted by name or by membership; `guild:*` stands for all of a kind. After `admitted`, and when it becomes so. */
  granted?(ctx: Uses<Out, Entries, State>, room: string): void;
  /** Joins the room of its user in its own way; otherwise that is a plain join. After `admitted`. */
  home?(ctx: Uses<Out, Entries, State>, room: string): void;
  /** The user may no longer be in the room, and is about to leave it. */
  expelled?(ctx: Uses<Out, Entries, State>, room: string): void;
  /** A backend has removed the room. Who may be in it all the same is about to be in another, empty one of that name. */
  removed?(ctx: Uses<Out, Entries, State>, room: string): void;
  /** The socket has closed; it is still in its rooms. */
  closed?(ctx: Uses<Out, Entries, State>): void;
  /** An event was stored and published, whoever made it. */
  stored?(event: StoredEvent): void;
  /** The turn is over, and nobody is in the room: its last member has left, or who wanted to join it has not got in. */
  emptied?(room: string): void;
  /** A backend has removed the room, with all that was in it. */
  roomRemoved?(room: string): void;
  /** A backend has changed the room's title. */
  retitled?(room: string): void;
  /** A backend has changed who its members are. */
  membersChanged?(room: string): void;
  /** The server stops: end what runs outside of turns. */
  stop?(): void;
}

/** What a protocol is built with. */
export interface Services<Out extends Schemas, Entries, RoomState = unknown> {
  readonly clock: Clock;
  readonly history: History;
  /** What its reducers keep of a room, as of the last commit: to be read only. */
  state(room: string): RoomState;
  readonly agent: Agent;
  /** Whether these work, as far as was last seen. */
  readonly health: { store(): boolean; agent(): boolean };
  readonly members: Members & Pick<Membership, "roomsOf"> & Revocations;
  /** Speaks to rooms without being a connection: for agents and timers. */
  readonly voice: Voice<Out, Entries>;
  readonly settings: Settings;
  /** Tells the operator of a fault. Never a message's text. */
  report(error: unknown, context: Record<string, unknown>): void;
}

/** What an operator can set and more than one protocol may ask for. */
export interface Settings {
  readonly path: string;
  readonly authMs: number | undefined;
  readonly heartbeatMs: number | undefined;
  /** Characters of one chat text. */
  readonly maxContentLength: number;
  /** The largest frame that may be sent, in bytes. */
  readonly maxFrameBytes: number;
  readonly batchMs: number;
  /** Gifts that a stream is shown in any second; 0 is no limit. */
  readonly maxGiftsPerSecond: number;
  /** Connections a minute of one address, where a contract limits them. */
  readonly connectionsPerMinute: number;
  /** Messages a minute; 0 is no limit. */
  readonly messagesPerMinute: number;
  readonly encryption: {
    /** Milliseconds that a key is used for. */
    readonly rotationMs: number;
    readonly compression: boolean;
    /** The largest frame that a client may send, in bytes. */
    readonly maxPlainBytes: number;
  };
}

// biome-ignore lint/suspicious/noExplicitAny: protocols of all shapes lie in one list; each is checked where it is defined.
export type AnyProtocol = Protocol<any, any, any, any, any>;
// biome-ignore lint/suspicious/noExplicitAny: as above.
export type ProtocolFactory = (services: Services<any, any, any>) => AnyProtocol;

/** Infers the shape of a protocol from its schemas, top to bottom. */
export const defineProtocol = <In extends Schemas, Out extends Schemas, Entries, State, RoomState>(
  protocol: Protocol<In, Out, Entries, State, RoomState>,
): Protocol<In, Out, Entries, State, RoomState> => protocol;
