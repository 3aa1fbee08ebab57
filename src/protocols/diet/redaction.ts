import type { History, StoredEvent } from "../../core/ports/history.ts";
import type { HistoryView } from "../../core/protocol/frames.ts";
import { isObject } from "../../core/protocol/json.ts";
import {
  ERASED,
  ERASED_NAME,
  type PersonalData,
  type StateChange,
} from "../../core/protocol/personal-data.ts";
import { REDACTED } from "../../core/protocol/redaction.ts";
import { encode } from "./frames.ts";
import { mentionsOf } from "./groups.ts";
import { asksFor, eraseFromInbox } from "./inbox.ts";
import { uniqueOf } from "./messages.ts";
import { conversationOf, inboxOf, isDirect, isInbox, otherOf } from "./rooms.ts";
import type { DirectMessage, FriendRequest } from "./schema.ts";
import { TEXTS } from "./texts.ts";

/** Fields that a redacted event does without; the contract lets them be absent. */
const OPTIONAL = new Set(["attachments", "mentions", "suggestions"]);
/** Of a request it may be absent, of other events it is their text. */
const MAY_BE_ABSENT = "friend.request";

/** The texts go; what else an event says stays: ids, times, words of the contract, names of users, numbers. */
function withoutTexts(kind: string, data: unknown): unknown {
  if (Array.isArray(data)) return data.map((item) => withoutTexts(kind, item));
  if (!isObject(data)) return data;
  const left = Object.entries(data).filter(
    ([field]) => !OPTIONAL.has(field) && !(kind === MAY_BE_ABSENT && field === "message"),
  );
  return Object.fromEntries(
    left.map(([field, value]) => {
      if (!TEXTS.has(field)) return [field, withoutTexts(kind, value)];
      return [field, Array.isArray(value) ? [] : ""];
    }),
  );
}

/** Of an event without any, nothing is forgotten by a redaction: what it says tells a repeat from another event. */
function hasTexts(kind: string, data: unknown): boolean {
  if (kind === MAY_BE_ABSENT) return true;
  if (Array.isArray(data)) return data.some((item) => hasTexts(kind, item));
  if (!isObject(data)) return false;
  return Object.entries(data).some(
    ([field, value]) => TEXTS.has(field) || OPTIONAL.has(field) || hasTexts(kind, value),
  );
}

const OFFSET = /^[1-9]\d{0,14}$/;
/** Events are identified by their room and offset. */
function eventOf(history: History, room: string, id: string): StoredEvent | undefined {
  if (!id.startsWith(`${room}/`) || !OFFSET.test(id.slice(room.length + 1))) return undefined;
  return history.at(room, Number(id.slice(room.length + 1)));
}

/** The same message in the inbox of the other user; a request there only until it is answered. */
function copies(history: History, event: StoredEvent): readonly StoredEvent[] {
  if (event.kind === "direct.message") {
    const message: DirectMessage = JSON.parse(event.body);
    return [message.fromUserId, message.toUserId]
      .map(inboxOf)
      .filter((room) => room !== event.room)
      .flatMap((room) => history.byExternalId(room, uniqueOf("direct.message", message)) ?? []);
  }
  if (event.kind === "friend.request") {
    const { fromUserId, toUserId }: FriendRequest = JSON.parse(event.body);
    const inbox = inboxOf(toUserId);
    if (event.room === inbox) return [];
    return asksFor(history.state(inbox), fromUserId).flatMap((offset) => history.at(inbox, offset) ?? []);
  }
  return mentionsOf(history, event);
}

/** The history of a group: its messages. Every event of a user's inbox can be redacted. */
export const past: HistoryView = {
  kind: "group.message",
  show: (event) => JSON.parse(encode(event.kind, event.body, event)),
  redact({ kind, body }) {
    const data: unknown = JSON.parse(body);
    const isOne = kind !== REDACTED && hasTexts(kind, data);
    return isOne ? JSON.stringify(withoutTexts(kind, data)) : undefined;
  },
  id: ({ room, offset }) => `${room}/${offset}`,
  copies,
  find(history, room, id) {
    const event = eventOf(history, room, id);
    return event?.kind === "group.message" ? event.offset : undefined;
  },
  findToRedact(history, room, id) {
    const event = eventOf(history, room, id);
    const isOne = event?.kind === "group.message" || (isInbox(room) && event?.kind !== REDACTED);
    return isOne ? event?.offset : undefined;
  },
};

export const personalData: PersonalData = {
  users: {
    userId: { userName: ERASED_NAME },
    fromUserId: { fromUserName: ERASED_NAME },
    toUserId: {},
    authorId: { authorName: ERASED_NAME },
    friendId: { friendName: ERASED_NAME },
    mentions: {},
  },
  authors: ["fromUserId", "authorId"],
  hasUserInExternalIds: true,
  eraseFromText(field, text, userId) {
    if (field !== "conversationId" || !isDirect(text)) return undefined;
    const other = otherOf(text, userId);
    return other === undefined ? undefined : conversationOf(ERASED, other);
  },
  /** Of a group: that a token has brought the user into it. Of an inbox: friends, requests, and who messages are from. */
  eraseState: (key, value, userId): readonly StateChange[] | undefined =>
    key === `seen ${userId}` ? [[key, null]] : eraseFromInbox(key, value, userId),
};
