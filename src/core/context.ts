import type { Access } from "./access.ts";
import type { Clock } from "./clock.ts";
import type { Connection, Diversion, Seal } from "./connection.ts";
import type { Identity } from "./identity.ts";
import type { Body, Schemas } from "./protocol.ts";
import { Refusal } from "./refusal.ts";
import type { Rooms } from "./rooms.ts";
import type { Applied } from "./speak.ts";
import type { TurnQueue } from "./turn.ts";

export type EventOf<Out extends Schemas> = keyof Out & string;
export type EntryOf<Entries> = keyof Entries & string;

export interface Recording {
  /** The sender's own id for it. */
  readonly clientId?: string | undefined;
  /** Runs after the commit, on the node that it came in on, when it was applied and is no repeat. */
  readonly applied?: Applied;
  /** The sender hears nothing of it: another entry of the same message confirms or refuses it. */
  readonly quiet?: boolean;
}

export interface Joining {
  /** Is in the room, as long as he may be, and hears nothing of it. */
  readonly deaf?: boolean;
  /** Asked once it was greeted: does not join yet. */
  readonly unless?: () => boolean;
  /** The turn's commit has failed, and the sender has not joined, if a message asked for it; otherwise he is greeted anew. */
  failed?(): void;
}

const NONE: readonly string[] = [];
const NOTHING: Recording = {};

/** Hears which rooms are the user's own. */
export type Admitted = (rooms: ReadonlySet<string>) => void;

/** What a handler may do. It never touches a socket, a topic or the database. */
export interface Context<Out extends Schemas, Entries, State> {
  readonly state: State;
  /** Throws a `Refusal` for a guest. */
  readonly identity: Identity;
  readonly isGuest: boolean;
  /** The sender's id for the message that is being handled. */
  readonly ref: string | undefined;
  /** Whether the sender may be in the room; a guest may be in none. */
  may(room: string): boolean;
  now(): number;
  /** Appends an entry; the sender is confirmed or refused when it was applied. */
  record<K extends EntryOf<Entries>>(room: string, kind: K, body: Entries[K], recording?: Recording): void;
  /** Publishes to the room's other connections without storing; may be lost in a crash. */
  relay<K extends EventOf<Out>>(room: string, kind: K, data: Body<Out, K>): void;
  /** To the sender alone. */
  reply<K extends EventOf<Out>>(kind: K, data: Body<Out, K>): void;
  /** To the sender alone, a frame that is encoded already. */
  replyFrame(frame: string): void;
  refuse(refusal: Refusal): void;
  /**
   * Joins in its place among the room's events. The frames that `greet` returns are the first to arrive. It sees
   * history and state at this place: what was recorded before is applied, what comes after is not and will arrive.
   * It may be asked twice: what it saw is undone when the commit fails.
   */
  join(room: string, greet?: () => readonly string[], joining?: Joining): void;
  leave(room: string): void;
  /**
   * How to take back what the handler has changed of its own state. Called when the turn's commit fails, and nothing
   * happens of what the message asked for; the last change is taken back first.
   */
  undo(change: () => void): void;
  /** Hears the room's announcements from now on, while it has not joined. */
  watch(room: string): void;
  /** And no longer, unless the room is the user's own. */
  unwatch(room: string): void;
  /** Checks a token that came in a message. What comes in meanwhile waits; `admitted` runs before all of it. */
  authenticate(token: string, admitted: Admitted): void;
  /** From this place on the room frames of this connection go this way. */
  divert(make: (send: (frame: string) => void) => Diversion): void;
  /**
   * From this place on every frame for this connection goes through what `begin` returns; not yet what it sends.
   * `failed`: the turn's commit has failed, and they do not.
   */
  seal(begin: (send: (frame: string) => void) => Seal, failed?: () => void): void;
  /** Bytes that are still on their way to the sender. */
  unsent(): number;
  /** So many entries that are recorded now are committed together. */
  together(entries: number): void;
}

/** One per connection; `ref` is that of the message being handled. */
export class ConnectionContext implements Context<Schemas, Record<string, unknown>, unknown> {
  ref: string | undefined;
  /** Number of the message being handled; undefined while none is. */
  #message: number | undefined;
  #messages = 0;

  constructor(
    readonly connection: Connection,
    private readonly clock: Clock,
    private readonly turns: TurnQueue,
    private readonly rooms: Rooms,
    private readonly access: Access,
    private readonly door: { authenticate(by: Connection, token: string, admitted: Admitted): Promise<void> },
  ) {}

  authenticate(token: string, admitted: Admitted): void {
    void this.door.authenticate(this.connection, token, admitted);
  }

  /** A message is handled: what is asked for is its doing, and its answer. */
  handling(work: () => void): void {
    this.#message = ++this.#messages;
    try {
      work();
    } finally {
      this.#message = undefined;
      this.ref = undefined;
    }
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
    return identity !== undefined && this.access.may(identity, room);
  }

  now(): number {
    return this.clock.now();
  }

  record(room: string, kind: string, body: unknown, recording: Recording = NOTHING): void {
    const { clientId, applied, quiet } = recording;
    this.turns.record(
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
    this.#after(() => this.rooms.publish(room, frame, this.connection));
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

  join(
    room: string,
    greet: () => readonly string[] = () => NONE,
    { deaf, failed, unless }: Joining = {},
  ): void {
    let greeting = NONE;
    const look = () => {
      greeting = NONE;
      if (!this.connection.open) return;
      // Even if it does not get in: what the greeting has registered must not stay.
      this.turns.settle(room);
      greeting = greet();
    };
    const join = () => {
      if (!this.connection.open) return;
      // What is held of the room is older than the greeting, which may show it as well.
      if (this.connection.rooms.has(room)) this.connection.diversion?.flush();
      if (!unless?.()) this.rooms.join(this.connection, room, deaf);
      for (const frame of greeting) this.connection.send(frame);
    };
    this.turns.after(join, { ...this.#waiting(), refused: () => failed?.() }, look);
  }

  leave(room: string): void {
    this.#after(() => this.rooms.leave(this.connection, room));
  }

  undo(change: () => void): void {
    // What no message asked for happens all the same.
    if (this.#message === undefined) return;
    const refused = () => {
      if (this.connection.open) change();
    };
    this.turns.after(() => {}, { ...this.#waiting(), refused });
  }

  watch(room: string): void {
    this.#after(() => this.rooms.watch(this.connection, room));
  }

  unwatch(room: string): void {
    this.#after(() => {
      const { identity, protocol } = this.connection;
      const isOwn = identity && this.access.roomsOf(identity, protocol.roomKinds).has(room);
      if (!isOwn) this.rooms.unwatch(this.connection, room);
    });
  }

  divert(make: (send: (frame: string) => void) => Diversion): void {
    const diversion = make((frame) => this.connection.send(frame));
    this.#after(() => this.rooms.divert(this.connection, diversion));
  }

  seal(begin: (send: (frame: string) => void) => Seal, failed?: () => void): void {
    const seal = () => {
      const send = (frame: string) => this.connection.send(frame);
      this.connection.seal = begin(send);
      if (this.connection.diversion) return;
      this.rooms.divert(this.connection, { deliver: send, flush() {}, held: () => 0 });
    };
    this.turns.after(seal, { ...this.#waiting(), refused: () => failed?.() });
  }

  unsent(): number {
    return this.connection.open ? this.connection.unsent() : 0;
  }

  together(entries: number): void {
    this.turns.together(entries);
  }

  #after(effect: () => void): void {
    this.turns.after(effect, this.#waiting());
  }

  #waiting() {
    return { connection: this.connection, ref: this.ref, message: this.#message };
  }

  #frame(kind: string, data: unknown, clientId?: string): string {
    const stamp = { time: this.clock.now(), clientId };
    return this.connection.protocol.envelope(kind, JSON.stringify(data), stamp);
  }
}
