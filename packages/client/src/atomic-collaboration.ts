import type { z } from "zod";
import type { events as ownEvents } from "../../../src/protocols/atomic/schema.ts";
import type { messages, events as sessionEvents } from "../../../src/protocols/atomic/session.ts";
import { AtomicClient, type AtomicError, type AtomicFrame, type AtomicOptions, PASSING } from "./atomic.ts";
import { Drafts } from "./drafts.ts";
import { newId } from "./id.ts";
import type { Edit, Role } from "./shared-edit.ts";
import { SharedText } from "./shared-text.ts";
import type { Address } from "./socket.ts";

type ServerEvents = typeof sessionEvents & Pick<typeof ownEvents, "connected">;
type Kind = keyof ServerEvents;
type Events = { [Type in Kind]: AtomicFrame<Type, z.output<ServerEvents[Type]>> };
type Frame = AtomicError | Events[Kind] | AtomicFrame<"pong", unknown>;

export type CollaborationEvents = Events & { error: AtomicError };
export type CollaborationMessage = {
  [Type in keyof typeof messages]: {
    readonly type: Type;
    readonly id?: string;
    readonly data: z.input<(typeof messages)[Type]>;
  };
}[keyof typeof messages];
export type CollaborationAnswers = {
  join_session: Events["session_joined"];
  leave_session: Events["session_left"];
  edit: Events["edit_ack"];
};

/** A server that had no room for a session is asked again after this time. */
const BUSY_MS = 5_000;

interface Shared {
  readonly text: SharedText;
  /** How often it was joined, and not left. */
  users: number;
  /** The one that was asked for last; undefined when it was refused. */
  role: Role | undefined;
  entering: Promise<unknown> | undefined;
}

/** Contract atomic-guide: Collaboration WebSocket API. */
export class CollaborationWebSocketClient extends AtomicClient<
  CollaborationEvents,
  CollaborationMessage,
  CollaborationAnswers
> {
  protected readonly contract = "atomic/collaboration";
  /** Sessions that it is in, with its role. */
  readonly #sessions = new Map<string, Role>();
  readonly #texts = new Map<string, Shared>();
  readonly #drafts: Drafts;
  /** Ids of the messages that join them again after a reconnect. */
  readonly #rejoining = new Map<string, string>();

  constructor(options: AtomicOptions) {
    super(options);
    this.#drafts = new Drafts(options.store, this.clock, (event) => this.storeListeners.tell("store", event));
    this.onConnectionEvent(() => {
      if (!this.#isKeptUp()) for (const { text } of this.#texts.values()) text.stopped();
    });
  }

  /**
   * Joins a session, again after each reconnect, and resolves to its document. A session that is joined more than once
   * has one document, which is left when it has been left as often; the role is the one that was asked for last.
   */
  async join(sessionId: string, role: Role = "participant"): Promise<SharedText> {
    const shared = this.#texts.get(sessionId) ?? this.#share(sessionId);
    shared.users++;
    shared.text.end(undefined);
    try {
      if (shared.role !== role) {
        shared.role = role;
        shared.entering = this.send({ type: "join_session", data: { sessionId, role } });
      }
      await shared.entering;
    } catch (error) {
      shared.role = undefined;
      if (--shared.users === 0) this.#drop(sessionId, shared);
      throw error;
    }
    return shared.text;
  }

  #share(sessionId: string): Shared {
    const text = new SharedText({
      sessionId,
      isKeptUp: () => this.#isKeptUp(),
      send: (id, edit: Edit) => this.send({ type: "edit", id, data: edit }),
      rejoin: () => this.#rejoin(sessionId, this.#sessions.get(sessionId) ?? shared.role ?? "participant"),
      leave: () => this.#leave(sessionId, shared),
      keep: (draft) => this.#drafts.keep(sessionId, draft),
    });
    const shared: Shared = { text, users: 0, role: undefined, entering: undefined };
    this.#texts.set(sessionId, shared);
    return shared;
  }

  async #leave(sessionId: string, shared: Shared): Promise<void> {
    if (shared.users === 0 || --shared.users > 0) return;
    const { text } = shared;
    try {
      await text.settled();
    } finally {
      // Unless it has been joined again meanwhile.
      if (shared.users === 0) this.#drop(sessionId, shared);
    }
    if (shared.users === 0 && this.isConnected())
      await this.send({ type: "leave_session", data: { sessionId } });
  }

  #drop(sessionId: string, { text }: Shared): void {
    text.end("It is left");
    text.lost();
    this.#drafts.keep(sessionId, undefined);
    this.#sessions.delete(sessionId);
    if (this.#texts.get(sessionId)?.text === text) this.#texts.delete(sessionId);
  }

  protected override async address(token: string | undefined): Promise<Address> {
    await this.#drafts.load(this.outbox.owner);
    return super.address(token);
  }

  #isKeptUp(): boolean {
    const state = this.getConnectionState();
    return state === "connected" || state === "connecting";
  }

  /** Events of a session mean nothing to a client that is not in it. */
  protected override isKept(): boolean {
    return false;
  }

  protected isAnswered(): boolean {
    return true;
  }

  protected override lost(): void {
    super.lost();
    this.#rejoining.clear();
    for (const { text } of this.#texts.values()) text.lost();
  }

  protected resume(): void {
    this.admitted();
    // A handler may have disconnected.
    if (!this.isConnected()) return;
    for (const [sessionId, role] of this.#sessions) this.#rejoin(sessionId, role);
    if (this.#rejoining.size === 0) this.outbox.open();
  }

  protected override told(frame: Frame): void {
    if (frame.type === "pong") return;
    if (frame.type === "error") this.#failed(frame);
    else if (frame.type !== "connected") this.#inform(frame);
    this.listeners.tell(frame.type, frame);
    if (frame.id !== undefined && this.#rejoining.delete(frame.id) && this.#rejoining.size === 0) {
      this.outbox.open();
    }
  }

  #inform(frame: Events[keyof typeof sessionEvents]): void {
    const text = this.#texts.get(frame.data.sessionId)?.text;
    if (frame.type === "session_joined") {
      this.#remember(frame);
      const draft = this.#drafts.get(frame.data.sessionId);
      if (text && draft && !text.isEntered && !text.isReadOnly) text.restore(draft);
      text?.joined(frame.data);
    } else if (frame.type === "session_left") {
      this.#left(frame.data.sessionId, "The session is over");
    } else if (frame.type === "edit") text?.received(frame.data);
    else if (frame.type === "edit_ack") text?.acknowledged(frame.id, frame.data.version);
    else if (frame.type === "participant_joined") text?.came(frame.data);
    else text?.went(frame.data.userId);
  }

  /** Joined by a message of the user's. */
  #remember({ id, data: { sessionId } }: Events["session_joined"]): void {
    const { awaited } = this.outbox;
    if (awaited?.id === id && awaited?.type === "join_session") {
      const role = awaited.data["role"] === "observer" ? "observer" : "participant";
      this.#sessions.set(sessionId, role);
      this.#texts.get(sessionId)?.text.become(role);
    }
  }

  /** A session that may not be joined again is left; for one that was over a limit another connection is made. */
  #failed({ id, error }: AtomicError): void {
    const sessionId = id === undefined ? undefined : this.#rejoining.get(id);
    if (sessionId === undefined) return;
    if (!PASSING.includes(error)) this.#left(sessionId, error);
    else {
      this.attempts.wish = { ms: BUSY_MS, exact: false };
      this.drop(error);
    }
  }

  /** By the user, or because it was removed, or the user put out. */
  #left(sessionId: string, why: string): void {
    this.#sessions.delete(sessionId);
    const { text } = this.#texts.get(sessionId) ?? {};
    // One that has yet to be joined is another.
    if (!text?.isEntered) return;
    text.lost();
    text.end(why);
    this.#drafts.keep(sessionId, undefined);
    this.#texts.delete(sessionId);
  }

  #rejoin(sessionId: string, role: Role): void {
    const id = newId();
    this.#rejoining.set(id, sessionId);
    this.say("join_session", { sessionId, role }, id);
  }
}
