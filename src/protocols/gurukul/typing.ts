import type { Context } from "../../core/protocol/context.ts";
import { NameSet } from "../../core/protocol/name-set.ts";
import type { OpenRoster, Roster } from "../../core/protocol/roster.ts";
import { ASSISTANT, chatOf, roomOf } from "./chat.ts";
import { MAX_CHATS, type State } from "./presence.ts";
import type { events } from "./schema.ts";

export type TypingContext = Pick<
  Context<typeof events, Record<never, never>, State>,
  "identity" | "relay" | "state" | "undo"
>;

interface Shown {
  readonly agentId?: string;
}

/**
 * Who is shown as typing where. A user who leaves a chat with their last connection that types, on any node, stops
 * typing.
 */
export class Typing {
  /** By room and user, the connections that type, or for which an agent does. */
  readonly #shown: Roster<Shown>;

  constructor(roster: OpenRoster<typeof events>) {
    this.#shown = roster("gurukul typing", ({ group: room, key: userId, before, after, isLost }, tell) => {
      const [was] = before;
      // Otherwise a frame says so, in its place among the messages.
      if (!isLost || !was || after.length > 0) return;
      tell(room, "typing", { chatId: chatOf(room), userId, ...was, isTyping: false });
    });
  }

  start(ctx: TypingContext, chatId: string): void {
    ctx.state.typing ??= new NameSet();
    const { typing } = ctx.state;
    if (!typing.delete(chatId)) this.#shown.set(ctx, roomOf(chatId), ctx.identity.userId, {});
    typing.add(chatId);
    const [longestAgo] = typing;
    if (typing.size > MAX_CHATS && longestAgo !== undefined) this.left(ctx, longestAgo);
  }

  /** The client has said so. Returns whether it was shown as typing. */
  stop(ctx: TypingContext, chatId: string): boolean {
    if (!ctx.state.typing?.delete(chatId)) return false;
    this.#shown.delete(ctx, roomOf(chatId), ctx.identity.userId);
    return true;
  }

  /** The connection has left the chat without a word. */
  left(ctx: TypingContext, chatId: string): void {
    const { userId } = ctx.identity;
    const room = roomOf(chatId);
    if (!this.stop(ctx, chatId) || this.#shown.values(room, userId).length > 0) return;
    ctx.relay(room, "typing", { chatId, userId, isTyping: false });
  }

  closed(ctx: TypingContext): void {
    for (const chatId of ctx.state.typing ?? []) this.left(ctx, chatId);
  }

  /** The agent answers a question of this connection. */
  agentStarts(ctx: TypingContext, room: string, agentId: string): void {
    this.#shown.set(ctx, room, ASSISTANT, { agentId });
  }

  agentStops(ctx: TypingContext, room: string): void {
    this.#shown.delete(ctx, room, ASSISTANT);
  }
}
