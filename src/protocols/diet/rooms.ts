import { roomOfUser } from "../../core/door.ts";

/** Where a user's connections are, and what is the user's alone: the inbox. */
export const inboxOf = (userId: string): string => roomOfUser("diet", userId);
const INBOX = inboxOf("");
export const isInbox = (room: string): boolean => room.startsWith(INBOX);
export const userOf = (inbox: string): string => inbox.slice(INBOX.length);

/** Where a user's friends hear of the user. Nothing is stored in it. */
export const friendsOf = (userId: string): string => `diet-friends:${userId}`;

const GROUP = "group:";
export const groupRoom = (groupId: string): string => GROUP + groupId;
export const isGroup = (room: string): boolean => room.startsWith(GROUP);

/**
 * Whom a user speaks to in `dm:<user>:<user>`, ids sorted; undefined when it is none of the user's. Ids may hold
 * colons, so the user's own is what parts them.
 */
export function otherOf(conversationId: string, userId: string): string | undefined {
  const others = [
    conversationId.slice(`dm:${userId}:`.length),
    conversationId.slice("dm:".length, -`:${userId}`.length),
  ];
  return others.find((other) => other !== "" && conversationOf(userId, other) === conversationId);
}

const conversationOf = (one: string, other: string): string => `dm:${[one, other].sort().join(":")}`;
