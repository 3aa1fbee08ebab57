import type { Cancel, Clock } from "../../core/ports/clock.ts";
import { Refusal } from "../../core/protocol/refusal.ts";
import type { OpenRoster, Roster } from "../../core/protocol/roster.ts";
import { type Ctx, confirm, type Message } from "./client.ts";
import { groupRoom, inboxOf, isDirect, otherOf } from "./rooms.ts";
import type { events, TypingIndicator } from "./schema.ts";

/** A user who sends no further typing message is shown as typing for this long. */
const SILENCE_MS = 5_000;

interface Shown {
  readonly by: Ctx;
  readonly stop: () => void;
  readonly cancel: Cancel;
}

/** Who is shown as typing in which conversation. It expires, and ends with the connection that started it. */
export class Typing {
  /** By conversation and user. */
  readonly #shown = new Map<string, Shown>();
  /** By audience, then conversation and user, on all nodes: a node that is gone ends nothing any more. */
  readonly #onNodes: Roster<Omit<TypingIndicator, "isTyping">>;

  constructor(
    private readonly clock: Clock,
    roster: OpenRoster<typeof events>,
  ) {
    this.#onNodes = roster("diet typing", ({ group: room, before, after, isLost }, tell) => {
      const [was] = before;
      if (isLost && was && after.length === 0) tell(room, "typing.indicator", { ...was, isTyping: false });
    });
  }

  readonly handlers = {
    "typing.indicator": (ctx: Ctx, message: Message<"typing.indicator">): void => {
      const { conversationId, isTyping } = message.data;
      this.#show(ctx, conversationId, this.#audience(ctx, conversationId), isTyping);
      confirm(ctx, message);
    },
  };

  closed({ state }: Ctx): void {
    for (const { by, stop } of [...this.#shown.values()]) if (by.state === state) stop();
  }

  /** `isSilent`: the user has said nothing, so they may still type on another node. */
  #show(ctx: Ctx, conversationId: string, room: string, isTyping: boolean, isSilent = false): void {
    const { userId } = ctx.identity;
    const key = `${conversationId} ${userId}`;
    const shown = this.#shown.get(key);
    const isOwn = shown?.by.state === ctx.state;
    shown?.cancel();
    this.#shown.delete(key);
    if (shown && !(isTyping && isOwn)) this.#onNodes.delete(shown.by, room, key);
    if (isTyping) {
      const stop = () => this.#show(ctx, conversationId, room, false, true);
      this.#shown.set(key, { by: ctx, stop, cancel: this.clock.after(SILENCE_MS, stop) });
      if (!isOwn) this.#onNodes.set(ctx, room, key, { userId, conversationId });
    }
    if (isSilent && this.#onNodes.values(room, key).length > 0) return;
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
