import type { Decision, Place } from "../../core/apply.ts";
import type { History } from "../../core/history.ts";
import type { Entry } from "../../core/log.ts";
import { Group, groupFrom } from "./group.ts";
import { Inbox, inboxFrom, type Waiting } from "./inbox.ts";
import { friendsOf, isGroup, isInbox, userOf } from "./rooms.ts";
import type {
  EventType,
  FriendAccepted,
  FriendRequest,
  MemberJoined,
  MemberLeft,
  MessageRead,
  NotificationRead,
} from "./schema.ts";

interface Saying {
  readonly type: EventType;
  readonly data: unknown;
  /** Until it has been read or answered, in an inbox. */
  readonly waits?: Waiting | undefined;
  /** With it this has been read: a backend says so. */
  readonly reads?: Pick<Waiting, "type" | "id"> | undefined;
  /** Said once only under this name, in its room. */
  readonly unique?: string | undefined;
  /** The user's friends hear it too. */
  readonly toFriends?: boolean | undefined;
}

/** What goes through the log. */
export type Entries = {
  say: Saying;
  read: {
    readonly type: "message.read" | "notification.read";
    /** Of the message or notification. */
    readonly id: string;
    readonly data: MessageRead | NotificationRead;
  };
  /** In the inboxes of both. */
  request: FriendRequest;
  accept: FriendAccepted;
  join: MemberJoined;
  leave: MemberLeft;
  /** A token has brought the user into the group. */
  seen: { readonly userId: string };
};

export function restore(room: string, history: History): unknown {
  if (isInbox(room)) return Inbox.restore(room, history);
  return isGroup(room) ? Group.restore(room, history) : undefined;
}

export const applies = {
  say({ room, body }: Entry<Saying>, { offset, state }: Place<unknown>): Decision {
    const { type: kind, data, waits, reads, unique: alias, toFriends } = body;
    return {
      events: [{ kind, data, alias, counted: kind === "group.message" }],
      ...(toFriends && { publish: { kind, data, room: friendsOf(userOf(room)) } }),
      ...(waits && { rows: inboxFrom(state).add(offset, waits) }),
      ...(reads && { rows: inboxFrom(state).done(reads.type, reads.id) }),
    };
  },

  /** What does not wait (any more) is read already, or another's: nobody is told which. */
  read({ body }: Entry<Entries["read"]>, { state }: Place<unknown>): Decision {
    const { type: kind, id, data } = body;
    const rows = inboxFrom(state).done(kind === "message.read" ? "direct.message" : "notification", id);
    return rows.length === 0 ? { confirm: { kind, data } } : { events: [{ kind, data }], rows };
  },

  /** Asked twice is asked once; friends need not ask. */
  request({ room, body }: Entry<FriendRequest>, { offset, state }: Place<unknown>): Decision {
    const { fromUserId, toUserId } = body;
    const inbox = inboxFrom(state);
    const isAsker = userOf(room) === fromUserId;
    const other = isAsker ? toUserId : fromUserId;
    const made = { kind: "friend.request", data: body };
    const isKnown = isAsker ? inbox.asked.has(other) : inbox.isAskedBy(other);
    if (isKnown || inbox.friends.has(other)) return { confirm: made };
    const waits: Waiting = { type: "friend.request", id: fromUserId, from: fromUserId };
    return { events: [made], rows: isAsker ? inbox.ask(other) : inbox.add(offset, waits) };
  },

  /** Friends once are friends. */
  accept({ room, body }: Entry<FriendAccepted>, { state }: Place<unknown>): Decision {
    const { userId, friendId } = body;
    const inbox = inboxFrom(state);
    const other = userOf(room) === userId ? friendId : userId;
    const made = { kind: "friend.accepted", data: body };
    return inbox.friends.has(other) ? { confirm: made } : { events: [made], rows: inbox.befriend(other) };
  },

  join({ body, time }: Entry<MemberJoined>): Decision {
    return {
      events: [{ kind: "group.member.joined", data: body }],
      rows: [{ table: "members", userId: body.userId, role: null, time }],
    };
  },

  leave({ body }: Entry<MemberLeft>, { state }: Place<unknown>): Decision {
    return {
      events: [{ kind: "group.member.left", data: body }],
      rows: [
        { table: "members", userId: body.userId, remove: true },
        ...groupFrom(state).forget(body.userId),
      ],
    };
  },

  seen: ({ body }: Entry<Entries["seen"]>, { state }: Place<unknown>): Decision => ({
    rows: groupFrom(state).see(body.userId),
  }),
};
