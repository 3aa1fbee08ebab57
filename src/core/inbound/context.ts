import type { TurnQueue } from "../log/turn-queue.ts";
import type { Connection } from "../outbound/connection.ts";
import type { Rooms } from "../outbound/rooms.ts";
import type { Clock } from "../ports/clock.ts";
import type { StoredEvent } from "../ports/history.ts";
import type { Identity } from "../ports/identity.ts";
import type { Context, Joining, OnAuthenticated, Recording } from "../protocol/context.ts";
import type { Diversion, Seal } from "../protocol/diversion.ts";
import { Refusal } from "../protocol/refusal.ts";
import type { Schemas } from "../protocol/schemas.ts";
import type { Access } from "./access.ts";
import type { Resumption } from "./resumption.ts";

const NONE: readonly string[] = [];
const NOTHING: Recording = {};

/** What the contexts of all connections act on. */
export interface ContextParts {
  readonly clock: Clock;
  readonly turns: TurnQueue;
  readonly rooms: Rooms;
  readonly access: Access;
  readonly resumption: Resumption;
  readonly authenticator: {
    authenticate(by: Connection, token: string, admitted: OnAuthenticated): Promise<void>;
  };
}

/** One per connection; `ref` is that of the message being handled. */
export class ConnectionContext implements Context<Schemas, Record<string, unknown>, unknown> {
  ref: string | undefined;
  /** Number of the message being handled; undefined while none is. */
  #message: number | undefined;
  #messages = 0;

  constructor(
    readonly connection: Connection,
    /** One object for all connections, each of which would keep its own six references. */
    private readonly parts: ContextParts,
  ) {}

  authenticate(token: string, admitted: OnAuthenticated): void {
    void this.parts.authenticator.authenticate(this.connection, token, admitted);
  }

  /** From here to `end` a message is handled: effects that are asked for are part of its answer. */
  begin(): void {
    this.#message = ++this.#messages;
  }

  end(): void {
    this.#message = undefined;
    this.ref = undefined;
  }

  get state(): unknown {
    return this.connection.state;
  }

  get identity(): Identity {
    if (!this.connection.identity) throw new Refusal("unauthenticated");
    return this.connection.identity;
  }

  get isGuest(): boolean {
    return this.connection.identity === undefined;
  }

  may(room: string): boolean {
    const { identity } = this.connection;
    return identity !== undefined && this.parts.access.may(identity, room);
  }

  now(): number {
    return this.parts.clock.now();
  }

  record(room: string, kind: string, body: unknown, recording: Recording = NOTHING): void {
    const { clientId, applied, quiet } = recording;
    this.parts.turns.record(
      {
        protocol: this.connection.protocol.name,
        room,
        kind,
        body,
        sender: this.connection.identity?.userId ?? null,
        clientId: clientId ?? null,
      },
      { connection: this.connection, ref: this.ref, message: this.#message, applied, quiet },
    );
  }

  relay(room: string, kind: string, data: unknown): void {
    const frame = this.#frame(kind, data);
    this.#after(() => this.parts.rooms.relay(room, frame, this.connection));
  }

  relayLocal(room: string, kind: string, data: unknown): void {
    const frame = this.#frame(kind, data);
    this.#after(() => this.parts.rooms.publish(room, frame, this.connection));
  }

  reply(kind: string, data: unknown): void {
    this.replyFrame(this.#frame(kind, data, this.ref));
  }

  replyFrame(frame: string): void {
    this.#after(() => this.connection.send(frame));
  }

  refuse(refusal: Refusal): void {
    const { ref } = this;
    this.#after(() => this.connection.refuse(refusal, ref));
  }

  join(room: string, greet: () => readonly string[] = () => NONE, joining: Joining = {}): void {
    const { connection } = this;
    const completion = this.#completion();
    if (this.parts.resumption.join({ connection, room, greet, joining, completion })) return;
    const { muted, failed, usual } = joining;
    let greeting: readonly string[] = NONE;
    let placed: readonly string[] = NONE;
    const snapshot = () => {
      greeting = placed = NONE;
      if (!connection.open) return;
      // Even if it does not get in: what the greeting has registered must not stay.
      this.parts.turns.settle(room);
      // While it catches up, the room's past comes in its place.
      const isCatchingUp = this.parts.resumption.isCatchingUp(connection, room);
      greeting = usual && !isCatchingUp ? [...greet(), ...usual()] : greet();
      placed = isCatchingUp ? NONE : this.parts.resumption.frames.placed({ connection, room, joining });
    };
    const hasLostAccess = this.#losesAccess(room);
    const join = () => {
      if (!connection.open) return;
      if (hasLostAccess()) {
        failed?.();
        connection.refuse(new Refusal("forbidden"), completion.ref);
        return;
      }
      // What is held of the room is older than the greeting, which may show it as well.
      if (connection.rooms.has(room)) connection.diversion?.flush();
      this.parts.rooms.join(connection, room, muted);
      for (const frame of [...greeting, ...placed]) connection.send(frame);
    };
    this.parts.turns.after(join, { ...completion, refused: () => failed?.() }, snapshot);
  }

  resumes(room: string): number | undefined {
    return this.parts.resumption.asked(this.connection, room);
  }

  withOffset(frame: string, event: StoredEvent, before?: StoredEvent): string {
    return this.connection.offsets ? this.parts.resumption.frames.numbered(frame, event, before) : frame;
  }

  leave(room: string): void {
    this.#after(() => {
      this.connection.catchingUp?.delete(room);
      this.parts.rooms.leave(this.connection, room);
    });
  }

  undo(change: () => void): void {
    // What no message asked for happens all the same.
    if (this.#message === undefined) return;
    const refused = () => {
      if (this.connection.open) change();
    };
    this.parts.turns.after(() => {}, { ...this.#completion(), refused });
  }

  watch(room: string): void {
    const hasLostAccess = this.#losesAccess(room);
    this.#after(() => {
      if (!hasLostAccess()) this.parts.rooms.watch(this.connection, room);
    });
  }

  unwatch(room: string): void {
    this.#after(() => {
      const { identity, protocol } = this.connection;
      const isOwn = identity && this.parts.access.roomsOf(identity, protocol.roomKinds).has(room);
      if (!isOwn) this.parts.rooms.unwatch(this.connection, room);
    });
  }

  divert(make: (send: (frame: string) => void) => Diversion): void {
    const diversion = make((frame) => this.connection.send(frame));
    this.#after(() => this.parts.rooms.divert(this.connection, diversion));
  }

  seal(begin: (send: (frame: string) => void) => Seal, failed?: () => void): void {
    const seal = () => {
      const send = (frame: string) => this.connection.send(frame);
      this.connection.seal = begin(send);
      if (this.connection.diversion) return;
      this.parts.rooms.divert(this.connection, { deliver: send, flush() {}, held: () => 0 });
    };
    this.parts.turns.after(seal, { ...this.#completion(), refused: () => failed?.() });
  }

  reserve(entries: number): void {
    this.parts.turns.reserve(entries);
  }

  /** Whether the user, who may be in the room now, may no longer be in it when the turn's entries are applied. */
  #losesAccess(room: string): () => boolean {
    const { protocol, state } = this.connection;
    if (!this.may(room) || protocol.isPublic?.(state)) return () => false;
    return () => !this.may(room);
  }

  #after(effect: () => void): void {
    this.parts.turns.after(effect, this.#completion());
  }

  #completion() {
    return { connection: this.connection, ref: this.ref, message: this.#message };
  }

  #frame(kind: string, data: unknown, clientId?: string): string {
    const stamp = { time: this.parts.clock.now(), clientId };
    return this.connection.protocol.envelope(kind, JSON.stringify(data), stamp);
  }
}
