import { Refusal } from "../../core/protocol/refusal.ts";
import type { Inbox } from "./inbox.ts";
import { isGroup } from "./rooms.ts";

// Limits on what clients may pile up for a user. They are checked against the last commit, so one turn may
// exceed them a little.
const MAX_WAITING = 10_000;
const MAX_WAITING_FROM_ONE = 2_000;
const MAX_ASKED = 1_000;
const MAX_FRIENDS = 5_000;
/** Fewer than the core looks up when the user connects: nobody is in a group that they do not hear. */
const MAX_GROUPS = 500;

const full = (why: string): Refusal => new Refusal("unavailable", why);

/** Whether the inbox has space for one more notification that this user causes. */
export const hasSpace = (inbox: Inbox, from: string): boolean =>
  inbox.size < MAX_WAITING && inbox.waitingFrom(from) < MAX_WAITING_FROM_ONE;

/**
 * Throws a `Refusal` when the inbox has no space for a message of this sender. One sender cannot fill an
 * inbox.
 */
export function checkSpace(inbox: Inbox, from: string): void {
  if (inbox.size >= MAX_WAITING) throw full("The recipient has too many unread messages");
  if (inbox.waitingFrom(from) >= MAX_WAITING_FROM_ONE) {
    throw full("The recipient has too many unread messages of yours");
  }
}

/** Throws a `Refusal` for one request too many. */
export function checkAsking({ asked }: Inbox): void {
  if (asked.size >= MAX_ASKED) throw full("Too many friend requests without an answer");
}

/** Throws a `Refusal` when one of the two users has the maximum of friends. */
export function checkFriends(...inboxes: readonly Inbox[]): void {
  if (inboxes.some(({ friends }) => friends.size >= MAX_FRIENDS)) throw full("Too many friends");
}

/** Throws a `Refusal` when a user of these rooms is in the maximum of groups. */
export function checkGroups(rooms: readonly string[]): void {
  if (rooms.filter(isGroup).length >= MAX_GROUPS) throw full("Too many groups: leave another first");
}
