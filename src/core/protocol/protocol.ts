import type { Agent } from "../ports/agent.ts";
import type { Clock } from "../ports/clock.ts";
import type { History, StoredEvent } from "../ports/history.ts";
import type { Identity } from "../ports/identity.ts";
import type { Members, Membership, Revocations } from "../ports/membership.ts";
import type { TrimmedEvent } from "../ports/store.ts";
import type { Context } from "./context.ts";
import type { Entry } from "./entry.ts";
import type { Confirmed, Frames, HistoryView, Rejection, Stamp } from "./frames.ts";
import type { PersonalData } from "./personal-data.ts";
import type { Posting } from "./posting.ts";
import type { Decision, Place } from "./reducer.ts";
import type { Reason, Refusal } from "./refusal.ts";
import type { OpenRoster } from "./roster.ts";
import type { Incoming, Rule } from "./rule.ts";
import type { Body, Schemas } from "./schemas.ts";
import type { Settings } from "./settings.ts";
import type { SystemSender } from "./system-sender.ts";

/** A handler uses these and does not decide them, so that it may be written for one part of a protocol. */
type Uses<Out extends Schemas, Entries, State> = Context<NoInfer<Out>, NoInfer<Entries>, NoInfer<State>>;

/**
 * What a protocol must provide. `events` types everything that it sends, `messages` everything that
 * its clients send; `applies` has the reducers of the entries that it records.
 */
export interface Protocol<In extends Schemas, Out extends Schemas, Entries, State, RoomState = unknown> {
  readonly name: string;
  /** Paths of its endpoints. */
  readonly paths: readonly string[];
  /** The subprotocol that its clients offer and the server echoes. Protocols with different ones may share a path. */
  readonly subprotocol?: string;
  /** Kinds of rooms that belong to it. */
  readonly roomKinds: readonly string[];
  /** Those whose rooms are there as soon as somebody is in them, before anything of them is stored. */
  readonly liveKinds?: readonly string[];
  /** Why no room of its kinds may have this name; undefined for one that may. */
  reserved?(room: string): string | undefined;
  /** Connections without a token may stay. */
  readonly guests: boolean;
  readonly timeouts: { readonly authMs: number; readonly heartbeatMs: number };
  /** What the message rate is counted for: each connection, or each user and kind of message. */
  readonly limitBy: "connection" | "user-and-kind";
  readonly messages: In;
  readonly events: Out;
  readonly frames: Frames<NoInfer<State>>;
  readonly rules: { readonly [Kind in keyof In]: Rule<Body<In, Kind>, State> };

  /** The protocol's own state of a connection. */
  open(url: URL): State;
  /** The token that came with the upgrade; undefined when it may come in a message. */
  token?(url: URL): string | null | undefined;
  /** The room that a connection is let into, or refused, as it authenticates. */
  entrance?(state: State, identity: Identity): string | undefined;
  /** Rooms that the contract's own claims of a token open. */
  grants?(claims: Readonly<Record<string, unknown>>): readonly string[];
  /** Throws a `Refusal` for a frame that does not have this protocol's envelope. */
  decode(frame: string, state: State): Incoming;
  /** The frame around the JSON text of an event's data. */
  envelope(kind: string, body: string, stamp: Stamp): string;
  readonly refuse: { readonly [Why in Reason]: (refusal: Refusal, ref?: string) => Rejection };
  readonly handlers: {
    readonly [Kind in keyof In]: (ctx: Uses<Out, Entries, State>, message: Body<In, Kind>) => void;
  };
  /** Deterministic: decides from the entry and its place alone. */
  readonly applies: {
    readonly [Kind in keyof Entries]: (entry: Entry<Entries[Kind]>, place: Place<RoomState>) => Decision;
  };
  /**
   * Whether an entry whose id is known says the same as what is stored under it; otherwise it is refused as a
   * `conflict`. Compares with what the reducer would have stored. An entry of a kind without one is always a repeat.
   */
  readonly repeats?: NoInfer<{
    readonly [Kind in keyof Entries]?: (entry: Entry<Entries[Kind]>, stored: StoredEvent) => boolean;
  }>;
  /** Builds its memory of a room, which `applies` gets, from the rows that its reducers have written. */
  restore?(room: string, history: History): RoomState;
  /** Keys of the room's state that are removed with an event when retention removes it. */
  stateOf?(event: TrimmedEvent): readonly string[];
  /** Events that backends may post. */
  readonly posts: { readonly [Kind in keyof Out]?: Posting<Body<Out, Kind>> };

  /** How many connections a minute one address may open; 0 is no limit. */
  readonly connectionsPerMinute?: number;
  /**
   * The frame that confirms an entry, or a repeat of it, to the sender; the others get the published frame. If it is
   * undefined, the sender gets the published frame too.
   */
  confirm?(last: Confirmed, ref?: string): string | undefined;
  /** Stored events as they are sent again, with what has changed since: a message may have been read. */
  again?(room: string, events: readonly StoredEvent[]): readonly StoredEvent[];
  /** The events of its rooms that backends may read as their history. */
  readonly historyView?: HistoryView;
  /** Where its events and rows name users, for exports and erasures. */
  readonly personalData?: PersonalData;
  /**
   * Whether a frame that is somewhat too long is refused and its connection stays open; otherwise the connection is
   * closed with 1009.
   */
  longFrames?(state: State): boolean;
  /** Its information about a connection, for operators. */
  describe?(state: State): Record<string, unknown>;
  /** Whether a connection in this state stays in its rooms even when its user loses access. */
  isPublic?(state: State): boolean;
  /**
   * Removing a member also takes the member's open connections out of the room if their token opens it. Removing the
   * room does so unless their token names it.
   */
  readonly removalEndsGrants?: boolean;
  /** Whether a connection in this state is shown to others in a room that it need not have joined, as typing there. */
  isShownIn?(state: State, room: string): boolean;

  /** The connection has authenticated. */
  onAuthenticated?(ctx: Uses<Out, Entries, State>): void;
  /**
   * The user has access to the room by name, by a grant or as a member. Called after `onAuthenticated`, and when a
   * backend grants it later. `guild:*` stands for all rooms of a kind.
   */
  onRoomGranted?(ctx: Uses<Out, Entries, State>, room: string): void;
  /** Joins the user's own room in the protocol's way, after `onAuthenticated`. Without it the core joins the room. */
  onUserRoom?(ctx: Uses<Out, Entries, State>, room: string): void;
  /** The user may no longer be in the room, and is about to leave it if they are in it. */
  onRoomRevoked?(ctx: Uses<Out, Entries, State>, room: string): void;
  /**
   * A backend has removed the room. Connections that still have access are about to be in a new, empty room of that
   * name.
   */
  onRoomRemoved?(ctx: Uses<Out, Entries, State>, room: string): void;
  /** The socket has closed; it is still in its rooms. */
  onClosed?(ctx: Uses<Out, Entries, State>): void;
  /** An event was stored and published, whether a client, a backend or the server recorded it. */
  onStored?(event: StoredEvent): void;
  /** The turn is over and the room is empty: its last member has left, or a join has failed. */
  onRoomEmptied?(room: string): void;
  /** A backend has removed the room, with all that was in it. */
  onRoomDeleted?(room: string): void;
  /** A backend has changed the room's title. */
  onTitleChanged?(room: string): void;
  /** A backend has changed who its members are. */
  onMembersChanged?(room: string): void;
  /** A user is erased, and the state of this room says nothing of them any more. */
  onUserErased?(room: string, userId: string): void;
  /** The server stops: end what runs outside of turns. */
  onStop?(): void;
}

/** The parts of the core that a protocol may use. */
export interface Services<Out extends Schemas, Entries, RoomState = unknown> {
  readonly clock: Clock;
  readonly history: History;
  /** The protocol's memory of a room, as of the last commit. Only reducers change it. */
  state(room: string): RoomState;
  readonly agent: Agent;
  /** Whether the store and the agent worked when they were last used. */
  readonly health: { store(): boolean; agent(): boolean };
  readonly members: Members & Pick<Membership, "roomsOf"> & Revocations;
  /** Speaks to rooms without being a connection: for agents and timers. */
  readonly systemSender: SystemSender<Out, Entries>;
  /** Live state of connections on all nodes. Each node derives what follows from a change. */
  readonly roster: OpenRoster<Out>;
  /** How many live nodes come before this one for timed work of a room that one node does for all. 0 on one server. */
  rank(room: string): number;
  readonly settings: Settings;
  /** Reports an error to the operator. It must not hold the text of a message. */
  report(error: unknown, context: Record<string, unknown>): void;
}

// biome-ignore lint/suspicious/noExplicitAny: protocols of all shapes lie in one list; each is checked where it is defined.
export type AnyProtocol = Protocol<any, any, any, any, any>;
// biome-ignore lint/suspicious/noExplicitAny: as above.
export type ProtocolFactory = (services: Services<any, any, any>) => AnyProtocol;

/** Infers the shape of a protocol from its schemas, top to bottom. */
export const defineProtocol = <In extends Schemas, Out extends Schemas, Entries, State, RoomState>(
  protocol: Protocol<In, Out, Entries, State, RoomState>,
): Protocol<In, Out, Entries, State, RoomState> => protocol;
