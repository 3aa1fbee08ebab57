import type { z } from "zod";
import type { createMessages, events as serverEvents } from "../../../src/protocols/gurukul/schema.ts";
import { Client, type Posted } from "./client.ts";
import { Refused } from "./outbox.ts";
import { RecentIds } from "./recent.ts";
import type { Address } from "./socket.ts";
import type { QueuedMessage } from "./store.ts";
import { claimsOf } from "./token.ts";

type Schemas = ReturnType<typeof createMessages>;
type Data<Type extends keyof Schemas> = z.input<Schemas[Type]>;
type Own<Data> = Omit<Data, "userId"> & { readonly userId?: string };
type ServerEvents = typeof serverEvents;
type Event<Type extends keyof ServerEvents> = {
  readonly type: Type;
  readonly data: z.output<ServerEvents[Type]>;
  /** Milliseconds since the epoch. */
  readonly timestamp: number;
};
type Frame =
  | { [Type in keyof ServerEvents]: Event<Type> }[keyof ServerEvents]
  | { readonly type: "batch"; readonly data: { readonly messages: readonly Event<"message">[] } };

/** What arrives, by type. Each message of a chat that was joined arrives once, in order. */
export type GurukulEvents = { [Type in keyof ServerEvents]: Event<Type> } & {
  /** A backend has redacted a message: its text must not be shown any more. */
  redacted: { readonly chatId: string; readonly id: string };
};

/** A `userId` that is left out is the token's user. */
export type GurukulMessage =
  | { readonly type: "message"; readonly data: Data<"message"> }
  | { readonly type: "typing"; readonly data: Own<Data<"typing">> }
  | { readonly type: "read_receipt"; readonly data: Own<Data<"read_receipt">> }
  | { readonly type: "chat_update"; readonly data: Data<"chat_update"> };

export type GurukulAnswers = Pick<GurukulEvents, "message" | "read_receipt"> & {
  /** Of a join; nothing answers leaving. */
  chat_update: Event<"chat_update"> | undefined;
};

/** After so long a chat is joined again for which the server had no room after a reconnect. */
const REJOIN_MS = 5_000;

/** Contract gurukul: chats with people and agents. */
export class GurukulClient extends Client<GurukulEvents, GurukulMessage, GurukulAnswers> {
  protected readonly contract = "gurukul";
  #userId: unknown;
  /** For each joined chat, the messages that handlers have got. */
  readonly #chats = new Map<string, RecentIds>();
  /** Chats that the server has yet to say are joined again. */
  readonly #unanswered = new Set<string>();
  /** The server had no room for something. */
  #isBusy = false;
  #cancelRejoin: (() => void) | undefined;
  #lastPing = 0;
  /** What is to be done once the server has answered everything before a ping. */
  readonly #fences = new Map<number, (() => void) | undefined>();

  /** Joins a chat: its last messages come first, then every new one, also after a reconnect. */
  join(chatId: string): Promise<GurukulAnswers["chat_update"]> {
    return this.send({ type: "chat_update", data: { action: "join", chatId } });
  }

  leave(chatId: string): Promise<GurukulAnswers["chat_update"]> {
    return this.send({ type: "chat_update", data: { action: "leave", chatId } });
  }

  protected override address(token: string | undefined): Address {
    this.#userId = claimsOf(token)["sub"];
    // Where there is a page, a URL may be relative to it.
    const url = new URL(this.url, Object(globalThis).location?.href);
    if (token !== undefined) url.searchParams.set("token", token);
    return { url: url.href, protocols: [] };
  }

  /** The server says nothing to whom it lets in: its answer to a ping does, and that the chats are joined again. */
  protected opened(): void {
    const { flying } = this.outbox;
    for (const chatId of this.#chats.keys()) {
      // Its own message joins it once more.
      if (flying?.type !== "chat_update" || flying.data["chatId"] !== chatId) this.#unanswered.add(chatId);
    }
    this.#rejoin();
  }

  /** A chat that may not be joined again is forgotten; one that was over a limit is asked for again. */
  #rejoin(): void {
    this.#isBusy = false;
    for (const chatId of this.#unanswered) this.#say("chat_update", { action: "join", chatId });
    this.#fence(() => {
      if (this.#isBusy) this.#cancelRejoin = this.clock.after(REJOIN_MS, () => this.#rejoin());
      else for (const chatId of this.#unanswered) this.#forget(chatId);
      this.ready();
    });
  }

  protected override lost(): void {
    super.lost();
    this.#cancelRejoin?.();
    this.#fences.clear();
    this.#unanswered.clear();
  }

  protected ping(): void {
    this.#fence();
  }

  protected override isFleeting(type: string): boolean {
    return type === "typing";
  }

  /** A later page joins chats of its own. */
  protected override isKept(type: string): boolean {
    return type !== "chat_update";
  }

  protected override limitOf(type: string): string {
    return type;
  }

  protected override prepare({ type, data }: GurukulMessage): Posted {
    return { type, data, id: type === "message" ? data.messageId : undefined };
  }

  protected write(message: QueuedMessage): void {
    const { type, data, id } = message;
    const own = type === "message" ? { messageId: id } : { userId: this.#userId };
    this.#say(type, type === "chat_update" ? data : { ...own, ...data });
    if (data["action"] !== "leave") return;
    // What the server said before has come by then.
    this.#fence(() => {
      if (this.outbox.awaited !== message) return;
      this.#forget(String(data["chatId"]));
      this.outbox.settle();
    });
  }

  /** Joined again, it begins with its last messages. */
  #forget(chatId: string): void {
    this.#chats.delete(chatId);
    this.#unanswered.delete(chatId);
    this.offsets.delete(`chat:${chatId}`);
  }

  protected override heard(frame: Frame): void {
    if (frame.type === "batch") {
      for (const one of frame.data.messages) this.arrived(one);
    } else if (frame.type === "pong") {
      this.#fences.get(frame.data.timestamp)?.();
      this.#fences.delete(frame.data.timestamp);
    } else {
      if (frame.type === "chat_update") this.#updated(frame.data);
      if (frame.type !== "message" || this.#isNew(frame.data.message)) this.listeners.tell(frame.type, frame);
      const { awaited } = this.outbox;
      if (frame.type === "error") this.#failed(frame.data);
      else if (this.#isAnswer(frame)) {
        if (frame.type !== "chat_update") this.outbox.settle(frame);
        // Messages of the chat from here on are resumed after a lost connection.
        else this.#fence(() => this.outbox.awaited === awaited && this.outbox.settle(frame));
      }
    }
  }

  #isNew({ chatId, id }: Event<"message">["data"]["message"]): boolean {
    return this.#chats.get(chatId)?.add(id) ?? true;
  }

  #updated({ chatId, updates: { redacted } }: Event<"chat_update">["data"]): void {
    if (redacted) this.listeners.tell("redacted", { chatId, id: redacted });
    this.#unanswered.delete(chatId);
    const { awaited } = this.outbox;
    if (!this.#chats.has(chatId) && awaited?.type === "chat_update") this.#chats.set(chatId, new RecentIds());
  }

  #isAnswer(frame: Exclude<Frame, { type: "batch" | "pong" | "error" }>): boolean {
    const { awaited } = this.outbox;
    if (awaited?.type !== frame.type || awaited.data["chatId"] !== frame.data.chatId) return false;
    if (frame.type === "read_receipt") return frame.data.userId === this.#userId;
    if (frame.type !== "message") return true;
    return frame.data.messageId === awaited.id && frame.data.message.role === "user";
  }

  /** Errors do not say what they are about: what is still unanswered at the next ping's answer was refused. */
  #failed({ code, message }: Event<"error">["data"]): void {
    this.explain(message);
    // These pass; a 503 of the agent comes after the confirmation.
    const passes = code === 429 || code >= 500;
    this.#isBusy ||= passes;
    const { awaited } = this.outbox;
    if (!awaited) return;
    this.#fence(() => {
      if (this.outbox.awaited === awaited)
        this.outbox[passes ? "retry" : "refuse"](new Refused(message, code));
    });
  }

  #fence(passed?: () => void): void {
    this.#lastPing = Math.max(this.clock.now(), this.#lastPing + 1);
    this.#fences.set(this.#lastPing, passed);
    this.#say("ping", { timestamp: this.#lastPing });
  }

  #say(type: string, data: object): void {
    this.transmit(JSON.stringify({ type, data, timestamp: this.clock.now() }));
  }
}
