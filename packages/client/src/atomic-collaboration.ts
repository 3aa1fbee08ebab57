import type { z } from "zod";
import type { events as ownEvents } from "../../../src/protocols/atomic/schema.ts";
import type { messages, events as sessionEvents } from "../../../src/protocols/atomic/session.ts";
import { AtomicClient, type AtomicError, type AtomicFrame } from "./atomic.ts";
import { newId } from "./id.ts";
import { type Edit, type Role, SharedText } from "./shared-text.ts";

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

/** Contract atomic-guide: Collaboration WebSocket API. */
export class CollaborationWebSocketClient extends AtomicClient<
  CollaborationEvents,
  CollaborationMessage,
  CollaborationAnswers
> {
  protected readonly contract = "atomic/collaboration";
  /** Sessions that it is in, with its role. */
  readonly #sessions = new Map<string, Role>();
  readonly #texts = new Map<string, SharedText>();
  /** Ids of the messages that join them again after a reconnect. */
  readonly #rejoining = new Map<string, string>();

  /** Joins a session, again after each reconnect, and resolves to its document. */
  async join(sessionId: string, role: Role = "participant"): Promise<SharedText> {
    const text = new SharedText({
      ...{ sessionId, role },
      send: (id, edit: Edit) => this.send({ type: "edit", id, data: edit }),
      rejoin: () => this.#rejoin(sessionId, role),
      leave: async () => {
        this.#texts.delete(sessionId);
        await this.send({ type: "leave_session", data: { sessionId } });
      },
    });
    this.#texts.set(sessionId, text);
    try {
      await this.send({ type: "join_session", data: { sessionId, role } });
    } catch (error) {
      this.#texts.delete(sessionId);
      throw error;
    }
    return text;
  }

  /** What is said in a session is worth nothing to who is not in it. */
  protected override isKept(): boolean {
    return false;
  }

  protected isAnswered(): boolean {
    return true;
  }

  protected override lost(): void {
    this.#rejoining.clear();
    for (const text of this.#texts.values()) text.lost();
  }

  protected resume(): void {
    this.line.admitted();
    for (const [sessionId, role] of this.#sessions) this.#rejoin(sessionId, role);
    if (this.#rejoining.size === 0) this.outbox.open();
  }

  protected override arrived(frame: Frame): void {
    if (frame.type === "pong") return;
    if (frame.type === "error") this.#failed(frame);
    else if (frame.type !== "connected") this.#inform(frame);
    this.listeners.tell(frame.type, frame);
    if (frame.id !== undefined && this.#rejoining.delete(frame.id) && this.#rejoining.size === 0) {
      this.outbox.open();
    }
  }

  #inform(frame: Events[keyof typeof sessionEvents]): void {
    const text = this.#texts.get(frame.data.sessionId);
    if (frame.type === "session_joined") {
      this.#remember(frame);
      text?.joined(frame.data);
    } else if (frame.type === "session_left") {
      // Also when it was removed, or the user put out.
      text?.lost();
      this.#sessions.delete(frame.data.sessionId);
      this.#texts.delete(frame.data.sessionId);
    } else if (frame.type === "edit") text?.received(frame.data);
    else if (frame.type === "edit_ack") text?.acknowledged(frame.id, frame.data.version);
    else if (frame.type === "participant_joined") text?.came(frame.data);
    else text?.went(frame.data.userId);
  }

  /** Joined by a message of the user's. */
  #remember({ id, data: { sessionId } }: Events["session_joined"]): void {
    const { awaited } = this.outbox;
    if (awaited?.id === id && awaited?.type === "join_session") {
      this.#sessions.set(sessionId, awaited.data["role"] === "observer" ? "observer" : "participant");
    }
  }

  /** A session that may not be joined again is left. */
  #failed({ id }: AtomicError): void {
    const sessionId = id === undefined ? undefined : this.#rejoining.get(id);
    if (sessionId === undefined) return;
    this.#sessions.delete(sessionId);
    this.#texts.delete(sessionId);
  }

  #rejoin(sessionId: string, role: Role): void {
    const id = newId();
    this.#rejoining.set(id, sessionId);
    this.say("join_session", { sessionId, role }, id);
  }
}
