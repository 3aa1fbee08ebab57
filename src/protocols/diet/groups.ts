import type { Services } from "../../core/protocol.ts";
import { cleanText } from "../../core/text.ts";
import { hasSpace } from "./bounds.ts";
import { ALSO, type Ctx, type Message, record } from "./client.ts";
import type { Entries } from "./entries.ts";
import { iso } from "./frames.ts";
import { groupFrom } from "./group.ts";
import { inboxFrom } from "./inbox.ts";
import { uniqueOf, waitingNotification } from "./messages.ts";
import { groupRoom, inboxOf } from "./rooms.ts";
import type { events, GroupMessage, Notification } from "./schema.ts";
import { cleaned } from "./texts.ts";

/** Groups: their messages, joins, leaves and mentions. */
export function createGroups({
  members,
  state,
  voice,
}: Pick<Services<typeof events, Entries, unknown>, "members" | "state" | "voice">) {
  /** Only users who are in the group: to anybody else a mention would reveal that the group exists. */
  function mentioned({ groupId, fromUserId, mentions = [] }: GroupMessage): string[] {
    const room = groupRoom(groupId);
    const group = groupFrom(state(room));
    const isMember = (userId: string) => group.has(userId) || members.isMember(room, userId);
    return mentions.filter((userId) => userId !== fromUserId && isMember(userId));
  }

  return {
    handlers: {
      "group.message"(ctx: Ctx, message: Message<"group.message">): void {
        const data = cleaned(message.data);
        const users = mentioned(data);
        ctx.together(users.length + 1);
        const saying = { type: "group.message", data, unique: uniqueOf("group.message", data) } as const;
        record(ctx, message, groupRoom(data.groupId), "say", saying);
        for (const userId of users) {
          // A full inbox only loses the mention: the group still has the message.
          if (!hasSpace(inboxFrom(state(inboxOf(userId))))) continue;
          const note = mention(userId, data, ctx.identity.name ?? data.fromUserId, iso(ctx.now()));
          const noting = {
            ...({ type: "notification", data: note, waits: waitingNotification(note) } as const),
            unique: `${data.groupId} ${uniqueOf("notification", data)}`,
          };
          record(ctx, message, inboxOf(userId), "say", noting, ALSO);
        }
      },

      "group.member.joined"(ctx: Ctx, message: Message<"group.member.joined">): void {
        record(ctx, message, groupRoom(message.data.groupId), "join", cleaned(message.data));
      },

      "group.member.left"(ctx: Ctx, message: Message<"group.member.left">): void {
        record(ctx, message, groupRoom(message.data.groupId), "leave", cleaned(message.data));
      },
    },

    /** The user's token names the group, or the user is a member. */
    granted(ctx: Ctx, room: string): void {
      const { userId } = ctx.identity;
      ctx.join(room);
      // A member needs no `seen` entry: the membership lasts until a backend ends it.
      if (members.isMember(room, userId) || groupFrom(state(room)).has(userId)) return;
      voice.record(room, "seen", { userId });
    },
  };
}

const mention = (
  userId: string,
  { groupId, content }: GroupMessage,
  by: string,
  createdAt: string,
): Notification => ({
  notificationId: crypto.randomUUID(),
  userId,
  title: cleanText(`${cut(by, 64)} mentioned you in ${cut(groupId, 100)}`),
  message: cut(content, 1_000),
  type: "info",
  category: "social",
  createdAt,
});

const cut = (text: string, length: number): string => text.slice(0, length).toWellFormed();
