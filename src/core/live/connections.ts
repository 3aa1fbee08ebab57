import type { Access } from "../inbound/access.ts";
import { ConnectionContext, type ContextParts } from "../inbound/context.ts";
import type { PipelineParts } from "../inbound/pipeline.ts";
import { isTooLong, receive } from "../inbound/pipeline.ts";
import type { Resumption } from "../inbound/resumption.ts";
import type { TurnQueue } from "../log/turn-queue.ts";
import type { Connection, Frame, Waiting } from "../outbound/connection.ts";
import type { Rooms } from "../outbound/rooms.ts";
import type { Identity, TokenVerifier } from "../ports/identity.ts";
import type { Socket } from "../ports/socket.ts";
import type { OnAuthenticated } from "../protocol/context.ts";
import type { AnyProtocol } from "../protocol/protocol.ts";
import { Refusal } from "../protocol/refusal.ts";
import { everyoneRoom, userRoom } from "../protocol/room-name.ts";
import { Answering } from "./answering.ts";
import { AskedRooms } from "./asked-rooms.ts";
import { MessageRates } from "./message-rates.ts";
import type { Presence } from "./presence.ts";
import type { Rosters } from "./roster.ts";
import { WaitingFrames } from "./waiting-frames.ts";

export interface ConnectionParts extends Omit<PipelineParts, "hold"> {
  readonly turns: TurnQueue;
  readonly rooms: Rooms;
  readonly presence: Presence;
  readonly rosters: Rosters;
  readonly access: Access;
  readonly verifier: TokenVerifier;
  readonly resumption: Resumption;
  /** 0 is no limit. */
  readonly maxPerUser: number;
  /** Tokens of the user issued before this are refused. */
  revokedBefore(userId: string): number;
  /** For the log: never a token or a text. */
  note(what: "connect" | "disconnect" | "refused", context: Record<string, unknown>): void;
}

/** For an authenticated user of a node that is behind and queues too much: the client connects again, to any node. */
const GO_ELSEWHERE = "server_restart";

/** The life of a connection: it is opened, authenticated, sends frames and is closed. */
export class Connections {
  #hears = true;
  readonly #contexts = new Map<Connection, ConnectionContext>();
  readonly #waiting = new WaitingFrames();
  readonly #answering: Answering;
  readonly #pipeline: PipelineParts;
  readonly #contextParts: ContextParts;
  readonly #rates: MessageRates;
  readonly #askedRooms: AskedRooms;

  constructor(private readonly parts: ConnectionParts) {
    this.#answering = new Answering(parts.clock);
    const { clock, turns, rooms, access, resumption } = parts;
    this.#rates = new MessageRates(parts.limiter);
    this.#askedRooms = new AskedRooms(access, resumption);
    this.#contextParts = { clock, turns, rooms, access, resumption, authenticator: this };
    this.#pipeline = { ...parts, hold: (...held) => void this.#hold(...held) };
  }

  get all(): Iterable<Connection> {
    return this.#contexts.keys();
  }

  get count(): number {
    return this.#contexts.size;
  }

  /** `token`: null when the upgrade should have brought one and did not, undefined when a message will. */
  opened(connection: Connection, socket: Socket, token: string | null | undefined): void {
    const { rooms } = this.parts;
    connection.opened(socket);
    const context = new ConnectionContext(connection, this.#contextParts);
    this.#contexts.set(connection, context);
    connection.traffic.opened++;
    if (connection.protocol.guests) {
      rooms.join(connection, everyoneRoom(connection.protocol.name));
      this.#askedRooms.refuseResumes(context);
    }
    this.#rates.opened(connection);
    if (token === null) this.#reject(connection, new Refusal("unauthenticated"), false);
    else if (token !== undefined) void this.authenticate(connection, token);
  }

  /** What clients send from now on is not handled: they are about to be sent away, and send it again elsewhere. */
  stopHearing(): void {
    this.#hears = false;
  }

  received(connection: Connection, frame: string | Uint8Array): void {
    if (!connection.open || !this.#hears) return;
    this.seen(connection);
    const { protocol, state } = connection;
    if (isTooLong(frame, this.parts.maxMessageBytes) && !protocol.longFrames?.(state)) {
      connection.close(1009, "Message too big");
    } else if (connection.waiting) {
      this.#wait(connection, connection.waiting, frame);
    } else receive(this.#pipeline, this.contextOf(connection), frame);
  }

  #wait(connection: Connection, waiting: Waiting, frame: Frame): void {
    if (!this.#waiting.add(waiting, frame, this.parts.maxMessageBytes)) {
      connection.refuse(new Refusal(connection.identity ? GO_ELSEWHERE : "unauthenticated"));
    }
    this.#bound();
  }

  /** Refuses the connections with the longest queues until the queues of all together are short enough. */
  #bound(): void {
    for (let most = this.#waiting.excess(); most; most = this.#waiting.excess()) {
      this.#waiting.end(most);
      if (most.identity) most.refuse(new Refusal(GO_ELSEWHERE));
      else this.#reject(most, new Refusal("unavailable", "Authentication unavailable"));
    }
  }

  async #hold(
    connection: Connection,
    until: Promise<boolean>,
    then: (isCaughtUp: boolean) => void,
  ): Promise<void> {
    this.#waiting.begin(connection, "");
    const own = connection.waiting;
    const isCaughtUp = await until;
    if (!connection.open || connection.waiting !== own) return;
    const frames = this.#waiting.end(connection);
    then(isCaughtUp);
    for (const frame of frames) this.received(connection, frame);
  }

  /** Any sign of life. */
  seen(connection: Connection): void {
    connection.lastSeen = this.parts.clock.now();
    if (this.#answering.isAsking) this.#answering.heard(connection);
  }

  closed(connection: Connection, code: number, reason: string): void {
    const context = this.#contexts.get(connection);
    if (!context) return;
    this.#contexts.delete(connection);
    const { note, presence, rooms, rosters } = this.parts;
    connection.traffic.ended(connection.ending?.code ?? code, connection.ending === undefined);
    // A peer's reason is text from outside and stays out of the log. A peer cannot send 1006, so its reason is Bun's.
    connection.ending ??= { code, reason: code === 1006 ? reason : "" };
    const { identity, protocol } = connection;
    this.#waiting.end(connection);
    this.#rates.closed(connection);
    protocol.onClosed?.(context);
    rosters.closed(context);
    rooms.leaveAll(connection);
    if (identity) presence.remove(identity.userId, connection);
    note("disconnect", {
      connection: connection.id,
      protocol: protocol.name,
      userId: identity?.userId,
      ...connection.ending,
    });
  }

  async authenticate(connection: Connection, token: string, admitted?: OnAuthenticated): Promise<void> {
    this.#waiting.begin(connection, token);
    this.#bound();
    try {
      const identity = withGrants(connection.protocol, await this.parts.verifier.verify(token));
      // A revocation, or the user's rooms, may be in what this node has not applied yet.
      const caughtUp = this.parts.catchUp(this.#askedRooms.areInDoubt(connection, identity));
      if (caughtUp && !(await caughtUp)) throw new Refusal("unavailable", "Authentication unavailable");
      if (this.#isFull(identity.userId)) await this.#makeSpace(identity.userId);
      if (connection.open) this.#admit(connection, identity, admitted);
    } catch (error) {
      if (!(error instanceof Refusal)) this.parts.report(error, { where: "authenticate" });
      const refusal = error instanceof Refusal ? error : new Refusal("internal");
      this.#reject(connection, refusal, admitted !== undefined);
    }
  }

  #isFull(userId: string): boolean {
    const { maxPerUser, presence } = this.parts;
    return maxPerUser > 0 && presence.count(userId) >= maxPerUser;
  }

  /** A new connection wins over a half-open one whose peer has vanished. */
  async #makeSpace(userId: string): Promise<void> {
    const silent = await this.#answering.silentOf(this.parts.presence.of(userId));
    silent.sort((one, other) => one.lastSeen - other.lastSeen);
    for (const connection of silent) {
      if (!this.#isFull(userId)) return;
      connection.refuse(new Refusal("heartbeat_timeout"));
    }
  }

  #admit(connection: Connection, identity: Identity, admitted?: OnAuthenticated): void {
    const { access, note, presence, revokedBefore } = this.parts;
    const { userId } = identity;
    if (identity.issuedAt < revokedBefore(userId)) throw new Refusal("unauthenticated", "revoked");
    if (this.#isFull(userId)) throw new Refusal("too_many_connections");
    const { address, id, protocol } = connection;
    connection.identity = identity;
    this.#rates.authenticated(connection, userId);
    note("connect", { connection: id, protocol: protocol.name, userId, address });
    const context = this.contextOf(connection);
    presence.add(connection.identity, context);
    const own = access.roomsOf(connection.identity, protocol.roomKinds);
    admitted?.(own);
    protocol.onAuthenticated?.(context);
    const inbox = userRoom(protocol.name, userId);
    if (protocol.onUserRoom) protocol.onUserRoom(context, inbox);
    else context.join(inbox);
    context.join(everyoneRoom(protocol.name));
    for (const room of own) protocol.onRoomGranted?.(context, room);
    this.#askedRooms.refuseResumes(context);
    for (const frame of this.#waiting.end(connection)) this.received(connection, frame);
  }

  /** `isAnswer`: the token came in a message, not with the upgrade. */
  #reject(connection: Connection, refusal: Refusal, isAnswer = true): void {
    const { address, id, protocol } = connection;
    const why = refusal.cause ?? refusal.message;
    this.parts.note("refused", {
      connection: id,
      protocol: protocol.name,
      address,
      reason: refusal.reason,
      why,
    });
    this.#waiting.end(connection);
    connection.refuse(refusal, undefined, isAnswer);
    // A connection that was not admitted is closed, even if the protocol's refusal does not close it.
    // The token may be good: the reason tells the client that it may try again with the same one.
    const passes = refusal.reason === "unavailable" || refusal.reason === "internal";
    connection.close(1008, passes ? "Authentication unavailable" : "Authentication failed");
  }

  contextOf(connection: Connection): ConnectionContext {
    const context = this.#contexts.get(connection);
    if (!context) throw new Error("the connection is not open");
    return context;
  }
}

/** With the grants that the contract sees in the claims of its tokens. */
function withGrants({ grants }: AnyProtocol, identity: Identity): Identity {
  const more = grants?.(identity.claims) ?? [];
  return more.length === 0 ? identity : { ...identity, grants: [...more, ...identity.grants] };
}
