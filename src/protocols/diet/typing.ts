import type { Cancel, Clock } from "../../core/ports/clock.ts";
import { Refusal } from "../../core/protocol/refusal.ts";
import { type Ctx, confirm, type Message, type State } from "./client.ts";
import { groupRoom, inboxOf, isDirect, otherOf } from "./rooms.ts";

/** A user who sends no further typing message is shown as typing for this long. */
const SILENCE_MS = 5_000;

interface Shown {
  readonly on: State;
  readonly stop: () => void;
  readonly cancel: Cancel;
}

/** Who is shown as typing in which conversation. It expires, and ends with the connection that started it. */
export class Typing {
  /** By conversation and user. */
  readonly #shown = new Map<string, Shown>();

  constructor(private readonly clock: Clock) {}

  readonly handlers = {
    "typing.indicator": (ctx: Ctx, message: Message<"typing.indicator">): void => {
      const { conversationId, isTyping } = message.data;
      this.#show(ctx, conversationId, this.#audience(ctx, conversationId), isTyping);
      confirm(ctx, message);
    },
  };

  closed({ state }: Ctx): void {
    for (const { on, stop } of [...this.#shown.values()]) if (on === state) stop();
  }

  #show(ctx: Ctx, conversationId: string, room: string, isTyping: boolean): void {
    const { userId } = ctx.identity;
    const key = `${conversationId} ${userId}`;
    this.#shown.get(key)?.cancel();
    this.#shown.delete(key);
    if (isTyping) {
      const stop = () => this.#show(ctx, conversationId, room, false);
      this.#shown.set(key, { on: ctx.state, stop, cancel: this.clock.after(SILENCE_MS, stop) });
    }
    ctx.relay(room, "typing.indicator", { userId, isTyping, conversationId });
  }

  /** The others in the conversation. */
  #audience(ctx: Ctx, conversationId: string): string {
    const other = otherOf(conversationId, ctx.identity.userId);
    if (other !== undefined) return inboxOf(other);
    const room = groupRoom(conversationId);
    if (isDirect(conversationId) || !ctx.may(room)) throw new Refusal("forbidden");
    return room;
  }
}
