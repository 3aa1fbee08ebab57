import type { History, StoredEvent } from "../../core/ports/history.ts";
import { cutText } from "../../core/protocol/cut.ts";
import type { Services } from "../../core/protocol/protocol.ts";
import { nameOf, shownText } from "../../core/protocol/shown.ts";
import { iso } from "../../core/protocol/time.ts";
import { checkGroups, hasSpace } from "./bounds.ts";
import { ALSO, type Ctx, confirm, type Message, record } from "./client.ts";
import { quoteOf } from "./copies.ts";
import type { Entries } from "./entries.ts";
import { groupFrom, type Seen } from "./group.ts";
import { inboxFrom } from "./inbox.ts";
import { uniqueOf, waitingNotification } from "./messages.ts";
import { groupRoom, inboxOf } from "./rooms.ts";
import type { events, GroupMessage, Notification } from "./schema.ts";
import { cleaned } from "./texts.ts";

/** Groups: their messages, joins, leaves and mentions. */
export function createGroups({
  history,
  members,
  state,
  systemSender,
}: Pick<Services<typeof events, Entries, unknown>, "history" | "members" | "state" | "systemSender">) {
  /** Only users who are in the group: a mention would reveal to others that the group exists. */
  function mentioned({ groupId, fromUserId, mentions = [] }: GroupMessage): string[] {
    const room = groupRoom(groupId);
    return mentions.filter(
      (userId) => userId !== fromUserId && (members.isMember(room, userId) || isSeen(room, userId)),
    );
  }

  /** A token that is still good has brought the user into the group. */
  function isSeen(room: string, userId: string): boolean {
    const { issuedAt, expiresAt } = groupFrom(state(room)).seen(userId) ?? NEVER;
    return systemSender.now() < expiresAt && issuedAt >= members.revokedBefore(userId);
  }

  /** The group remembers that a token has brought the user into it. */
  function see({ identity: { userId, issuedAt, expiresAt } }: Ctx, room: string): void {
    // A member needs no token, and is out when a backend says so.
    if (members.isMember(room, userId)) return;
    const known = groupFrom(state(room)).seen(userId) ?? NEVER;
    if (isSeen(room, userId) && known.expiresAt >= expiresAt) return;
    systemSender.record(room, "seen", { userId, issuedAt, expiresAt });
  }

  return {
    handlers: {
      "group.message"(ctx: Ctx, message: Message<"group.message">): void {
        const data = cleaned(message.data);
        const users = mentioned(data);
        ctx.reserve(users.length + 1);
        const quotes = { room: groupRoom(data.groupId), unique: uniqueOf("group.message", data) };
        const publication = { type: "group.message", data, unique: quotes.unique } as const;
        record(ctx, message, quotes.room, "say", publication);
        const unique = users.length === 0 ? "" : mentionId(history, data);
        for (const userId of users) {
          // A full inbox only loses the mention: the group still has the message.
          if (!hasSpace(inboxFrom(state(inboxOf(userId))), data.fromUserId)) continue;
          const note = mention(userId, data, nameOf(ctx.identity), iso(ctx.now()));
          const noting = {
            ...({
              type: "notification",
              data: note,
              waits: { ...waitingNotification(note), from: data.fromUserId },
            } as const),
            ...{ unique, quotes },
          };
          // Without the message's id, which a message to another group may have too: `unique` names the mention.
          ctx.record(inboxOf(userId), "say", noting, ALSO);
        }
      },

      "group.member.joined"(ctx: Ctx, message: Message<"group.member.joined">): void {
        const room = groupRoom(message.data.groupId);
        if (!members.isMember(room, message.data.userId)) checkGroups(members.roomsOf(message.data.userId));
        record(ctx, message, room, "join", cleaned(message.data));
      },

      "group.member.left"(ctx: Ctx, message: Message<"group.member.left">): void {
        const room = groupRoom(message.data.groupId);
        // Also if the group does not know that they were in it, as after its removal.
        const applied = () => systemSender.exit(message.data.userId, room);
        if (ctx.may(room)) record(ctx, message, room, "leave", cleaned(message.data), { applied });
        // A user who is not in the group has left it. Nobody learns whether the group exists.
        else confirm(ctx, message);
      },
    },

    /** The user's token names the group, or the user is a member. */
    onRoomGranted(ctx: Ctx, room: string): void {
      ctx.join(room);
      see(ctx, room);
    },

    /** The new group knows none of those who are in it: users whose token names it. */
    onRoomRemoved: see,
  };
}

/** Inboxes keep the mentions of removed groups, and a new group of that name takes their ids of messages again. */
function mentionId(history: History, message: GroupMessage): string {
  const { removed } = history.span(groupRoom(message.groupId));
  const id = `${message.groupId} ${uniqueOf("notification", message)}`;
  return removed === 0 ? id : `${id} ${removed}`;
}

/** The notifications of the users whom a group's message mentions: they quote it. */
export function mentionsOf(history: History, { kind, body }: StoredEvent): StoredEvent[] {
  if (kind !== "group.message") return [];
  const message: GroupMessage = JSON.parse(body);
  const id = mentionId(history, message);
  return (message.mentions ?? []).flatMap((userId) => history.byExternalId(inboxOf(userId), id) ?? []);
}

const NEVER: Seen = { issuedAt: 0, expiresAt: 0 };

const mention = (
  userId: string,
  { groupId, content }: GroupMessage,
  by: string,
  createdAt: string,
): Notification => ({
  notificationId: crypto.randomUUID(),
  userId,
  title: `${cutText(by, 64)} mentioned you in ${cutText(shownText(groupId, "a group"), 100)}`,
  message: quoteOf(content),
  type: "info",
  category: "social",
  createdAt,
});
