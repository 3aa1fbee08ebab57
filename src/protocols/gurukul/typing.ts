import type { Context } from "../../core/protocol/context.ts";
import { NameSet } from "../../core/protocol/name-set.ts";
import { roomOf } from "./chat.ts";
import type { State } from "./presence.ts";
import { MAX_CHATS } from "./presence.ts";
import type { events } from "./schema.ts";

type Ctx = Pick<Context<typeof events, Record<never, never>, State>, "identity" | "relay" | "state">;

const keyOf = (chatId: string, userId: string): string => `${userId} ${chatId}`;

/** Who is shown as typing where. A user who leaves a chat with their last connection that types stops typing. */
export class Typing {
  /** By user and chat, how many of the user's connections type. */
  readonly #connections = new Map<string, number>();

  start(ctx: Ctx, chatId: string): void {
    ctx.state.typing ??= new NameSet();
    const { typing } = ctx.state;
    if (!typing.delete(chatId)) this.#count(ctx, chatId, 1);
    typing.add(chatId);
    const [longestAgo] = typing;
    if (typing.size > MAX_CHATS && longestAgo !== undefined) this.left(ctx, longestAgo);
  }

  /** The client has said so. Returns whether it was shown as typing. */
  stop(ctx: Ctx, chatId: string): boolean {
    if (!ctx.state.typing?.delete(chatId)) return false;
    this.#count(ctx, chatId, -1);
    return true;
  }

  /** The connection has left the chat without a word. */
  left(ctx: Ctx, chatId: string): void {
    const { userId } = ctx.identity;
    if (!this.stop(ctx, chatId) || this.#connections.has(keyOf(chatId, userId))) return;
    ctx.relay(roomOf(chatId), "typing", { chatId, userId, isTyping: false });
  }

  closed(ctx: Ctx): void {
    for (const chatId of ctx.state.typing ?? []) this.left(ctx, chatId);
  }

  #count({ identity }: Ctx, chatId: string, by: 1 | -1): void {
    const key = keyOf(chatId, identity.userId);
    const count = (this.#connections.get(key) ?? 0) + by;
    if (count === 0) this.#connections.delete(key);
    else this.#connections.set(key, count);
  }
}
