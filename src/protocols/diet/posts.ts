import type { Posting, Target } from "../../core/protocol/posting.ts";
import { type Audience, catalogue } from "./catalogue.ts";
import type { Entries } from "./entries.ts";
import { uniqueOf, waitingMessage, waitingNotification } from "./messages.ts";
import { groupRoom, isInbox, userOf } from "./rooms.ts";
import { createPosted, type Data, type EventType } from "./schema.ts";
import { cleaned } from "./texts.ts";

/** Events about one user are posted to this user; events of a group to the group. */
const TARGETS: Readonly<Record<Audience, readonly Target[]>> = {
  own: ["user"],
  friends: ["user"],
  both: ["user"],
  conversation: ["user", "room"],
  group: ["room"],
  everyone: ["everyone", "user", "room"],
  connection: [],
};

type Fields = Readonly<Record<string, unknown>>;

/**
 * The users whom the data is about, one of whom gets the event; undefined when it is about nobody in
 * particular.
 */
function usersOf(type: EventType, data: Fields): string[] | undefined {
  const { user, to } = catalogue[type];
  const fields: Readonly<Partial<Record<EventType, readonly string[]>>> = {
    "friend.request": ["fromUserId", "toUserId"],
    "friend.accepted": ["userId", "friendId"],
    "direct.message": ["fromUserId", "toUserId"],
  };
  const names = fields[type] ?? (user !== null && (to === "own" || to === "friends") ? [user] : undefined);
  return names?.map((name) => String(data[name]));
}

function groupOf(data: Fields): string | undefined {
  const group = data["groupId"] ?? data["conversationId"];
  return typeof group === "string" ? groupRoom(group) : undefined;
}

/**
 * The kind of entry as which a post is recorded, as if a client had sent it. Backends make friends without a
 * request.
 */
const ENTRIES: Readonly<Partial<Record<EventType, keyof Entries>>> = {
  "friend.request": "request",
  "friend.accepted": "accept",
  "group.member.joined": "join",
  "group.member.left": "leave",
};

function publication(type: EventType, data: unknown, room: string): Entries["say"] {
  const said = { type, data, toFriends: catalogue[type].to === "friends" };
  if (isData("group.message", type, data)) return { ...said, unique: uniqueOf(type, data) };
  if (!isInbox(room)) return said;
  const user = userOf(room);
  if (isData("direct.message", type, data)) {
    const message = { ...data, isRead: false };
    const waits = data.toUserId === user ? waitingMessage(message) : undefined;
    return { ...said, data: message, unique: uniqueOf(type, message), waits };
  }
  if (isData("message.read", type, data) && data.userId === user) {
    return { ...said, reads: { type: "direct.message", id: data.messageId } };
  }
  if (isData("notification.read", type, data)) {
    return { ...said, reads: { type: "notification", id: data.notificationId } };
  }
  if (isData("notification", type, data)) return { ...said, waits: waitingNotification(data) };
  return said;
}

/** Of a message that its sender's id stores once, that id. */
function ownId(type: EventType, data: Fields): string | undefined {
  const isMessage = isData("group.message", type, data) || isData("direct.message", type, data);
  return isMessage ? data.messageId : undefined;
}

/** The type's schema has checked the data already. */
const isData = <Type extends EventType>(wanted: Type, type: EventType, _: unknown): _ is Data<Type> =>
  type === wanted;

/** The events that backends may post: all except those that only the server sends. */
export function createPosts(maxContentLength: number): {
  readonly [Type in EventType]?: Posting<Data<Type>>;
} {
  const schemas = createPosted(maxContentLength);
  const posting = (type: EventType): Posting<Fields> => ({
    ...{ schema: schemas[type], to: TARGETS[catalogue[type].to], entry: ENTRIES[type] ?? "say" },
    id: (data) => ownId(type, data),
    users: (data) => usersOf(type, data),
    room: groupOf,
    prepare: (data, room) => (ENTRIES[type] ? cleaned(data) : publication(type, cleaned(data), room)),
  });
  const types = Object.keys(catalogue).filter((type): type is EventType => Object.hasOwn(catalogue, type));
  const posted = types.filter((type) => catalogue[type].from !== "server");
  return Object.fromEntries(posted.map((type) => [type, posting(type)]));
}
