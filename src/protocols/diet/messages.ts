import type { Services } from "../../core/protocol/protocol.ts";
import { checkSpace } from "./bounds.ts";
import { ALSO, type Ctx, type Message, record } from "./client.ts";
import type { Entries } from "./entries.ts";
import { inboxFrom, type Waiting } from "./inbox.ts";
import { inboxOf } from "./rooms.ts";
import type { DirectMessage, EventType, events, Notification } from "./schema.ts";
import { cleaned } from "./texts.ts";

/** The key under which one sender's message is stored once. Other senders may use the same id. */
export const uniqueOf = (
  type: EventType,
  { fromUserId, messageId }: Pick<DirectMessage, "fromUserId" | "messageId">,
): string => `${type} ${fromUserId} ${messageId}`;

export const waitingMessage = ({ messageId, fromUserId }: DirectMessage): Waiting => ({
  type: "direct.message",
  id: messageId,
  from: fromUserId,
});

export const waitingNotification = ({ notificationId }: Notification): Waiting => ({
  type: "notification",
  id: notificationId,
  from: "",
});

/** Direct messages and their read receipts. */
export function createMessaging({ state }: Pick<Services<typeof events, Entries, unknown>, "state">) {
  return {
    "direct.message"(ctx: Ctx, message: Message<"direct.message">): void {
      const data = { ...cleaned(message.data), isRead: false };
      const { fromUserId, toUserId } = data;
      const publication = { type: "direct.message", data, unique: uniqueOf("direct.message", data) } as const;
      checkSpace(inboxFrom(state(inboxOf(toUserId))), fromUserId);
      ctx.reserve(2);
      if (fromUserId !== toUserId) record(ctx, message, inboxOf(fromUserId), "say", publication, ALSO);
      record(ctx, message, inboxOf(toUserId), "say", { ...publication, waits: waitingMessage(data) });
    },

    /** Tells the message's author. The reader does not learn whether the message exists. */
    "message.read"(ctx: Ctx, message: Message<"message.read">): void {
      const { data } = message;
      const type = "message.read";
      const inbox = inboxOf(data.userId);
      const senders = new Set(inboxFrom(state(inbox)).sendersOf("direct.message", data.messageId));
      senders.delete(data.userId);
      ctx.reserve(senders.size + 1);
      record(ctx, message, inbox, "read", { type, id: data.messageId, data });
      for (const sender of senders) record(ctx, message, inboxOf(sender), "say", { type, data }, ALSO);
    },

    "notification.read"(ctx: Ctx, message: Message<"notification.read">): void {
      const { data } = message;
      const type = "notification.read";
      record(ctx, message, inboxOf(data.userId), "read", { type, id: data.notificationId, data });
    },
  };
}
