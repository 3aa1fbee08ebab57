import { userRoom } from "../../core/protocol/room-name.ts";

/** The room that a user's connections join. It is also the user's inbox. */
export const inboxOf = (userId: string): string => userRoom("diet", userId);
const INBOX = inboxOf("");
export const isInbox = (room: string): boolean => room.startsWith(INBOX);
export const userOf = (inbox: string): string => inbox.slice(INBOX.length);

/** The room in which a user's friends get the user's presence. Nothing is stored in it. */
export const friendsOf = (userId: string): string => `diet-friends:${userId}`;

const GROUP = "group:";
export const groupRoom = (groupId: string): string => GROUP + groupId;
export const isGroup = (room: string): boolean => room.startsWith(GROUP);

/** Of two users, never of a group: no group has an id that begins so. */
export const isDirect = (conversationId: string): boolean => conversationId.startsWith(DIRECT);
const DIRECT = "dm:";

/** Why no group has this name; undefined for one that a group may have. */
export const reserved = (room: string): string | undefined =>
  room.startsWith(GROUP + DIRECT)
    ? `must not begin with ${GROUP}${DIRECT}: that is a conversation of two users`
    : undefined;

/**
 * The other user of `dm:<user>:<user>` (ids sorted); undefined when the user is not part of it. Ids may hold
 * colons, so the user's own id is what separates the two.
 */
export function otherOf(conversationId: string, userId: string): string | undefined {
  const others = [
    conversationId.slice(`dm:${userId}:`.length),
    conversationId.slice("dm:".length, -`:${userId}`.length),
  ];
  return others.find((other) => other !== "" && conversationOf(userId, other) === conversationId);
}

export const conversationOf = (one: string, other: string): string => `dm:${[one, other].sort().join(":")}`;
