import type { History, StoredEvent } from "../../core/ports/history.ts";
import type { Row } from "../../core/ports/store.ts";
import type { Entry } from "../../core/protocol/entry.ts";
import type { Decision, Place } from "../../core/protocol/reducer.ts";
import { isStoredAs } from "../../core/protocol/same.ts";
import { checkAsked, checkSent, isAccepted, isFollowed } from "./copies.ts";
import { Group, groupFrom, type Seen } from "./group.ts";
import { Inbox, inboxFrom, type Waiting } from "./inbox.ts";
import type { Publication } from "./publication.ts";
import { friendsOf, isGroup, isInbox, userOf } from "./rooms.ts";
import type {
  FriendAccepted,
  FriendRequest,
  MemberJoined,
  MemberLeft,
  MessageRead,
  NotificationRead,
} from "./schema.ts";

/** The kinds of entries in the log. */
export type Entries = {
  say: Publication;
  read: {
    readonly type: "message.read" | "notification.read";
    /** Id of the message or notification. */
    readonly id: string;
    readonly data: MessageRead | NotificationRead;
  };
  /** Stored in the inboxes of both users. */
  request: FriendRequest;
  accept: FriendAccepted;
  join: MemberJoined;
  leave: MemberLeft;
  /** A token has made the user known in the group. */
  seen: Seen & { readonly userId: string };
  /** A backend has put the user out of the group: the core's own entry, of which a group keeps more than members. */
  "member.removed": { readonly userId: string };
};

export function restore(room: string, history: History): unknown {
  if (isInbox(room)) return Inbox.restore(room, history);
  return isGroup(room) ? Group.restore(room, history) : undefined;
}

/** The end of the membership also ends what a token has granted in the group. */
const removal = (userId: string, state: unknown): Row[] => [
  { table: "members", userId, remove: true },
  ...groupFrom(state).forget(userId),
];

export const applies = {
  say(entry: Entry<Publication>, { history, offset, state }: Place<unknown>): Decision {
    const { room, body } = entry;
    checkSent(entry, history);
    if (!isFollowed(entry, history)) return {};
    const { type: kind, data, waits, reads, unique: externalId, toFriends } = body;
    return {
      events: [{ kind, data, externalId, counted: kind === "group.message" }],
      ...(toFriends && { publish: { kind, data, room: friendsOf(userOf(room)) } }),
      ...(waits && { rows: inboxFrom(state).add(offset, waits) }),
      ...(reads && { rows: inboxFrom(state).done(reads.type, reads.id) }),
    };
  },

  /**
   * An event that is not pending has been read already, or belongs to another user: the answer does not say
   * which.
   */
  read({ body }: Entry<Entries["read"]>, { state }: Place<unknown>): Decision {
    const { type: kind, id, data } = body;
    const rows = inboxFrom(state).done(kind === "message.read" ? "direct.message" : "notification", id);
    return rows.length === 0 ? { confirm: { kind, data } } : { events: [{ kind, data }], rows };
  },

  /** A repeated request has no effect, nor has a request between friends. */
  request(entry: Entry<FriendRequest>, { history, offset, state }: Place<unknown>): Decision {
    const { room, body } = entry;
    const { fromUserId, toUserId } = body;
    const inbox = inboxFrom(state);
    const isAsker = userOf(room) === fromUserId;
    const other = isAsker ? toUserId : fromUserId;
    const made = { kind: "friend.request", data: body };
    const askedAt = isAsker ? undefined : inbox.askedAt(other);
    if (askedAt !== undefined) {
      const stored = history.at(room, askedAt);
      return { confirm: stored ? { ...made, data: JSON.parse(stored.body) } : made };
    }
    if ((isAsker && inbox.asked.has(other)) || inbox.friends.has(other)) return { confirm: made };
    checkAsked(entry, history);
    const waits: Waiting = { type: "friend.request", id: fromUserId, from: fromUserId };
    return { events: [made], rows: isAsker ? inbox.ask(other) : inbox.add(offset, waits) };
  },

  /** A repeated acceptance has no effect. */
  accept(entry: Entry<FriendAccepted>, { history, state }: Place<unknown>): Decision {
    const { room, body } = entry;
    if (!isAccepted(entry, history)) return {};
    const { userId, friendId } = body;
    const inbox = inboxFrom(state);
    const other = userOf(room) === userId ? friendId : userId;
    const made = { kind: "friend.accepted", data: body };
    return inbox.friends.has(other) ? { confirm: made } : { events: [made], rows: inbox.befriend(other) };
  },

  join({ body, time }: Entry<MemberJoined>): Decision {
    return {
      events: [{ kind: "group.member.joined", data: body }],
      rows: [{ table: "members", userId: body.userId, time }],
    };
  },

  /** Nobody is told of users who are not in the group. */
  leave({ room, body }: Entry<MemberLeft>, { history, state }: Place<unknown>): Decision {
    const left = { kind: "group.member.left", data: body };
    const isIn = history.isMember(room, body.userId) || groupFrom(state).seen(body.userId) !== undefined;
    return isIn ? { events: [left], rows: removal(body.userId, state) } : { confirm: left };
  },

  seen: (
    { body: { userId, ...seen }, time }: Entry<Entries["seen"]>,
    { state }: Place<unknown>,
  ): Decision => ({
    rows: groupFrom(state).see(userId, seen, time),
  }),

  "member.removed": ({ body }: Entry<{ userId: string }>, { state }: Place<unknown>): Decision => ({
    rows: removal(body.userId, state),
  }),
};

type Stored = StoredEvent;

export const repeats = {
  /** A mention is the server's own, with an id and a time of its own: the message that it is of decides. */
  say: ({ sender, body: { type, data } }: Entry<Publication>, stored: Stored): boolean =>
    stored.kind === type && ((type === "notification" && sender !== null) || isStoredAs(data, stored.body)),
  read: ({ body: { type, data } }: Entry<Entries["read"]>, stored: Stored): boolean =>
    stored.kind === type && isStoredAs(data, stored.body),
  request: ({ body }: Entry<FriendRequest>, stored: Stored): boolean =>
    stored.kind === "friend.request" && isStoredAs(body, stored.body),
  accept: ({ body }: Entry<FriendAccepted>, stored: Stored): boolean =>
    stored.kind === "friend.accepted" && isStoredAs(body, stored.body),
  join: ({ body }: Entry<MemberJoined>, stored: Stored): boolean =>
    stored.kind === "group.member.joined" && isStoredAs(body, stored.body),
  leave: ({ body }: Entry<MemberLeft>, stored: Stored): boolean =>
    stored.kind === "group.member.left" && isStoredAs(body, stored.body),
};
