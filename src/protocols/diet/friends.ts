import type { Services } from "../../core/protocol/protocol.ts";
import { Refusal } from "../../core/protocol/refusal.ts";
import { checkAsking, checkFriends, checkSpace } from "./bounds.ts";
import { ALSO, type Ctx, type Message, record } from "./client.ts";
import type { Entries } from "./entries.ts";
import { inboxFrom } from "./inbox.ts";
import { inboxOf } from "./rooms.ts";
import type { events } from "./schema.ts";
import { cleaned } from "./texts.ts";

/** A request and its answer are in the inboxes of both users, or in neither. */
const BOTH = 2;

export function createFriends({ state }: Pick<Services<typeof events, Entries, unknown>, "state">) {
  const inbox = (userId: string) => inboxFrom(state(inboxOf(userId)));

  return {
    "friend.request"(ctx: Ctx, message: Message<"friend.request">): void {
      const request = cleaned(message.data);
      const { fromUserId, toUserId } = request;
      if (fromUserId === toUserId) throw notOneself("data.toUserId");
      checkAsking(inbox(fromUserId));
      checkSpace(inbox(toUserId), fromUserId);
      ctx.reserve(BOTH);
      record(ctx, message, inboxOf(fromUserId), "request", request, ALSO);
      record(ctx, message, inboxOf(toUserId), "request", request);
    },

    /**
     * Only the user who was asked can accept. This is decided here for both inboxes, because neither sees the
     * other: the user remains asked until the two are friends.
     */
    "friend.accepted"(ctx: Ctx, message: Message<"friend.accepted">): void {
      const accepted = cleaned(message.data);
      const { userId, friendId } = accepted;
      if (userId === friendId) throw notOneself("data.friendId");
      const [accepting, asking] = [inbox(userId), inbox(friendId)];
      const areFriends = accepting.friends.has(friendId);
      if (!accepting.isAskedBy(friendId) && !areFriends) throw new Refusal("forbidden");
      if (!areFriends) checkFriends(accepting, asking);
      ctx.reserve(BOTH);
      record(ctx, message, inboxOf(userId), "accept", accepted);
      record(ctx, message, inboxOf(friendId), "accept", accepted, ALSO);
    },
  };
}

const notOneself = (path: string): Refusal =>
  new Refusal("invalid", "invalid", { issues: [{ path, message: "must be another user" }] });
