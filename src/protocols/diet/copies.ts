import type { History } from "../../core/ports/history.ts";
import { cutText } from "../../core/protocol/cut.ts";
import type { Entry } from "../../core/protocol/entry.ts";
import { isObject } from "../../core/protocol/json.ts";
import { Refusal } from "../../core/protocol/refusal.ts";
import { isStoredAs } from "../../core/protocol/same.ts";
import { askedKey, friendKey } from "./inbox.ts";
import type { Publication } from "./publication.ts";
import { inboxOf, userOf } from "./rooms.ts";
import type { FriendAccepted, FriendRequest, GroupMessage } from "./schema.ts";

// A client's message that is stored in several rooms is in all of them or in none. Each room decides alone whether the
// message's id is free there, so the later of two entries asks what became of the earlier one, in the same turn. A
// backend posts to each room by itself.

/** Throws a `Refusal` if the direct message's id is another message's in the inbox of the other user. */
export function checkSent({ body, room, sender }: Entry<Publication>, history: History): void {
  const { data, type, unique } = body;
  if (type !== "direct.message" || unique === undefined || sender === null) return;
  const isReceived = isElsewhere(sender, room);
  // Of a message that this inbox has already, the id and the content decide here.
  if (isReceived && history.byExternalId(room, unique)) return;
  const other = isReceived || !isObject(data) ? sender : String(data["toUserId"]);
  if (inboxOf(other) === room) return;
  // The sender's copy is applied first, but a backend may have posted a message to one of the two alone.
  const copy = history.byExternalId(inboxOf(other), unique);
  if (copy ? !isStoredAs(data, copy.body) : isReceived) throw new Refusal("conflict");
}

/** Throws a `Refusal` if the inbox of the user who asks has not taken the request. */
export function checkAsked({ body, room, sender }: Entry<FriendRequest>, history: History): void {
  if (!isElsewhere(sender, room)) return;
  const own = history.state(inboxOf(sender));
  // A friend is not asked again, but a backend may have made the two friends on one side alone.
  if (!own.has(askedKey(body.toUserId)) && !own.has(friendKey(body.toUserId))) throw new Refusal("conflict");
}

/** Whether the inbox of the user who accepts has taken the acceptance, or this is that inbox. */
export const isAccepted = ({ body, room, sender }: Entry<FriendAccepted>, history: History): boolean =>
  !isElsewhere(sender, room) || history.state(inboxOf(sender)).has(friendKey(body.friendId));

/** What a mention shows of the message. */
export const quoteOf = (content: string): string => cutText(content, 1_000);

/** Whether the message that this entry follows was stored: what a receipt says is read, and what a mention quotes. */
export function isFollowed(entry: Entry<Publication>, history: History): boolean {
  const { body, clientId, room, sender } = entry;
  const { data, quotes, type } = body;
  if (quotes) {
    const message = history.byExternalId(quotes.room, quotes.unique);
    const { content = "", mentions = [] }: Partial<GroupMessage> = message ? JSON.parse(message.body) : {};
    // The message with this id may be another one, and the one that is quoted was refused.
    return mentions.includes(userOf(room)) && isObject(data) && data["message"] === quoteOf(content);
  }
  if (type !== "message.read" || !isElsewhere(sender, room)) return true;
  const read = history.last(inboxOf(sender));
  return read?.kind === type && read.clientId === clientId && isStoredAs(data, read.body);
}

/** Whether the entry is a user's, for a room that is not their inbox: the message is in their inbox too. */
const isElsewhere = (sender: string | null, room: string): sender is string =>
  sender !== null && inboxOf(sender) !== room;
