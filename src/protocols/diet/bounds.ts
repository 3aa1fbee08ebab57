import { Refusal } from "../../core/refusal.ts";
import type { Inbox } from "./inbox.ts";

// What clients may pile up for a user. Checked against the last commit, so that one turn may pass them by a little.
const MAX_WAITING = 10_000;
const MAX_WAITING_FROM_ONE = 2_000;
const MAX_ASKED = 1_000;
const MAX_FRIENDS = 5_000;

const full = (why: string): Refusal => new Refusal("unavailable", why);

export const hasSpace = (inbox: Inbox): boolean => inbox.size < MAX_WAITING;

/** Throws a `Refusal` when a message of this sender's has no place in the inbox: one sender cannot fill it. */
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

/** Throws a `Refusal` when one of the two has as many friends as anybody may have. */
export function checkFriends(...inboxes: readonly Inbox[]): void {
  if (inboxes.some(({ friends }) => friends.size >= MAX_FRIENDS)) throw full("Too many friends");
}
