import type { Context } from "../../core/protocol/context.ts";
import { NameSet } from "../../core/protocol/name-set.ts";
import { Refusal } from "../../core/protocol/refusal.ts";
import { type Entries, roomOf } from "./chat.ts";
import type { events } from "./schema.ts";

/** Chats that one connection may be in, may be shown in as typing, and hears of after it has left them. */
export const MAX_CHATS = 100;

/** What is kept of a connection. */
export interface State {
  /** `?batch=1`: room frames are sent in batches. */
  readonly batched: boolean;
  /** Chats that it has joined. */
  readonly joined: NameSet;
  /** Chats that it has left and still hears of, the longest ago first. */
  left: NameSet | undefined;
  /** Chats in which the user is shown as typing, the longest ago first. */
  typing: NameSet | undefined;
}

export const open = (url: URL): State => ({
  batched: url.searchParams.get("batch") === "1",
  joined: new NameSet(),
  left: undefined,
  typing: undefined,
});

type Ctx = Context<typeof events, Entries, State>;

/** Throws a `Refusal` for one chat too many. */
export function join(ctx: Ctx, chatId: string): void {
  const { joined, left } = ctx.state;
  if (joined.has(chatId)) return;
  if (joined.size >= MAX_CHATS) {
    const message = `must be one of at most ${MAX_CHATS}: leave another first`;
    throw new Refusal("invalid", "invalid", { issues: [{ path: "chatId", message }] });
  }
  joined.add(chatId);
  left?.delete(chatId);
  ctx.undo(() => joined.delete(chatId));
}

export function leave(ctx: Ctx, chatId: string): void {
  const { joined } = ctx.state;
  if (!joined.delete(chatId)) return;
  ctx.undo(() => joined.add(chatId));
  ctx.state.left ??= new NameSet();
  const { left } = ctx.state;
  left.add(chatId);
  const [longestAgo] = left;
  if (left.size <= MAX_CHATS || longestAgo === undefined) return;
  left.delete(longestAgo);
  ctx.unwatch(roomOf(longestAgo));
}
