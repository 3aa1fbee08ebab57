import { Refusal } from "../../core/refusal.ts";
import type { Inbox } from "./inbox.ts";

// Limits on what clients may pile up for a user. They are checked against the last commit, so one turn may
// exceed them a little.
const MAX_WAITING = 10_000;
const MAX_WAITING_FROM_ONE = 2_000;
const MAX_ASKED = 1_000;
const MAX_FRIENDS = 5_000;

const full = (why: string): Refusal => new Refusal("unavailable", why);

export const hasSpace = (inbox: Inbox): boolean => inbox.size < MAX_WAITING;

/**
 * Throws a `Refusal` when the inbox has no space for a message of this sender. One sender cannot fill an
 * inbox.
 */
export function checkSpace(inbox: Inbox, from: string): void {
  if (!hasSpace(inbox)) throw full("The recipient has too many unread messages");
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
