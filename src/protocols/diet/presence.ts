import type { Services } from "../../core/protocol/protocol.ts";
import { iso } from "../../core/protocol/time.ts";
import { type Ctx, confirm, type Message } from "./client.ts";
import type { Entries } from "./entries.ts";
import { inboxFrom } from "./inbox.ts";
import { friendsOf, inboxOf } from "./rooms.ts";
import type { Data, events } from "./schema.ts";
import { Sessions } from "./sessions.ts";
import { cleaned } from "./texts.ts";

/** Presence and activity, as friends and the user's own connections see them. None of it is stored. */
export function createPresence({ state, systemSender }: Services<typeof events, Entries, unknown>) {
  const sessions = new Sessions();

  function relay<Type extends "user.presence" | "user.activity">(ctx: Ctx, type: Type, data: Data<Type>) {
    const { userId } = ctx.identity;
    ctx.relay(friendsOf(userId), type, data);
    ctx.relay(inboxOf(userId), type, data);
  }

  return {
    handlers: {
      "user.presence"(ctx: Ctx, message: Message<"user.presence">): void {
        const presence = cleaned(message.data);
        sessions.show(ctx.identity.userId, presence);
        relay(ctx, "user.presence", presence);
        confirm(ctx, message);
      },

      "user.activity"(ctx: Ctx, message: Message<"user.activity">): void {
        relay(ctx, "user.activity", message.data);
        confirm(ctx, message);
      },
    },

    /** The connection gets the presence of the user's friends: now, and on each change. */
    onAuthenticated(ctx: Ctx): void {
      const { userId } = ctx.identity;
      const now = iso(ctx.now());
      for (const friend of inboxFrom(state(inboxOf(userId))).friends) {
        ctx.join(friendsOf(friend));
        const presence = sessions.presenceOf(friend, now);
        if (presence) ctx.reply("user.presence", presence);
      }
      ctx.state.isPresent = true;
      if (!sessions.enter(userId)) return;
      relay(ctx, "user.presence", { userId, status: "online", lastSeen: now });
    },

    onClosed(ctx: Ctx): void {
      // A connection that was turned away was never present.
      if (!ctx.state.isPresent) return;
      const { userId } = ctx.identity;
      if (!sessions.leave(userId)) return;
      relay(ctx, "user.presence", { userId, status: "offline", lastSeen: iso(ctx.now()) });
    },

    /** The two have just become friends: the first gets the presence of the second. */
    befriended(userId: string, friend: string): void {
      systemSender.enter(userId, friendsOf(friend));
      const presence = sessions.presenceOf(friend, iso(systemSender.now()));
      if (presence) systemSender.relay(inboxOf(userId), "user.presence", presence);
    },
  };
}
