import type { History, StoredEvent } from "../../core/ports/history.ts";
import type { Row } from "../../core/ports/store.ts";
import type { Context } from "../../core/protocol/context.ts";
import type { Entry } from "../../core/protocol/entry.ts";
import type { HistoryView } from "../../core/protocol/frames.ts";
import type { PersonalData } from "../../core/protocol/personal-data.ts";
import type { Decision, Place } from "../../core/protocol/reducer.ts";
import { Refusal } from "../../core/protocol/refusal.ts";
import { isStoredAs } from "../../core/protocol/same.ts";
import type { Schemas } from "../../core/protocol/schemas.ts";
import { shownText } from "../../core/protocol/shown.ts";
import { iso } from "../../core/protocol/time.ts";
import { batch, envelope } from "./frames.ts";
import type { MessageEvent, Receipt } from "./schema.ts";

let lastChat = "";
let lastRoom = "chat:";

/** Asked several times for each message: the same text again is hashed once, by everything that finds rooms by name. */
export function roomOf(chatId: string): string {
  if (chatId === lastChat) return lastRoom;
  lastRoom = `chat:${chatId}`;
  lastChat = chatId;
  return lastRoom;
}
export const chatOf = (room: string): string => room.slice("chat:".length);

/** The agent's user id. */
export const ASSISTANT = "assistant";

/** The kinds of entries in the log. */
export type Entries = {
  message: {
    userId: string;
    role: "user" | "assistant";
    content: string;
    agentId: string | undefined;
    messageId: string | undefined;
    metadata: Record<string, unknown>;
  };
  read_receipt: { userId: string; messageIds: string[] };
  /** As a backend posts it for a user. */
  receipt: Receipt;
};

/** The id contains the offset, so that a message is found by its id without an index of ids. */
const messageId = (entryId: string, offset: number): string => `msg-${entryId}-${offset}`;
const offsetOf = (id: string): number => Number(/^msg-[0-9a-z]+-(\d{1,15})$/.exec(id)?.[1] ?? 0);

/** The offset of a message by its id. A backend's id may look like one of the server's, so it is looked up first. */
function find(history: History, room: string, id: string): number | undefined {
  const event = history.byExternalId(room, id) ?? history.at(room, offsetOf(id));
  return event?.kind === "message" && messageOf(event).message.id === id ? event.offset : undefined;
}

/** Throws a `Refusal` if a message in the chat that no backend posted has the id. */
export function checkPostedId(history: History, room: string, id: string): void {
  if (history.byExternalId(room, id) || find(history, room, id) === undefined) return;
  const message = "is the id of a message that was written in this chat: use another";
  throw new Refusal("invalid", "invalid", { issues: [{ path: "message.id", message }] });
}

/** Posted metadata may say anything, so none of it stays. */
function redact(event: StoredEvent): string | undefined {
  if (event.kind !== "message") return undefined;
  const data = messageOf(event);
  return JSON.stringify({ ...data, message: { ...data.message, content: "", metadata: { redacted: true } } });
}

export const past: HistoryView = {
  kind: "message",
  show: (event) => messageOf(event).message,
  redact,
  id: (event) => (event.kind === "message" ? messageOf(event).message.id : undefined),
  find,
};

export const personalData: PersonalData = {
  users: { userId: {} },
  authors: ["message.userId"],
  authorsOwn: ["messageId"],
};

const messageOf = (event: StoredEvent): MessageEvent => JSON.parse(event.body);

export const applies = {
  message({ id, room, time, body }: Entry<Entries["message"]>, { offset }: Place): Decision {
    const chatId = chatOf(room);
    const { userId, role, content, agentId, metadata, messageId: clientId } = body;
    const message = {
      id: messageId(id, offset),
      chatId,
      userId,
      agentId,
      content,
      role,
      timestamp: iso(time),
      metadata,
    };
    return { events: [{ kind: "message", counted: true, data: { chatId, message, messageId: clientId } }] };
  },

  /** Only ids of this chat's messages count. */
  read_receipt(entry: Entry<Entries["read_receipt"]>, { history }: Place): Decision {
    const rows = receiptRows(entry, history);
    if (rows.size === 0) throw new Refusal("not_found");
    const [{ userId }, messageIds] = [entry.body, [...rows.keys()]];
    const data: Receipt = { chatId: chatOf(entry.room), messageIds, userId, confirmed: true };
    return { rows: [...rows.values()], publish: { kind: "read_receipt", data } };
  },

  /** An event like all that is posted, so that its id is known. */
  receipt(entry: Entry<Receipt>, { history }: Place): Decision {
    const rows = [...receiptRows(entry, history).values()];
    return { events: [{ kind: "read_receipt", data: entry.body }], rows };
  },
};

/** By id of a message. */
function receiptRows({ room, time, body }: Entry<Entries["read_receipt"]>, history: History) {
  const rows = new Map<string, Row>();
  for (const id of body.messageIds) {
    const offset = find(history, room, id);
    if (offset !== undefined) rows.set(id, { table: "receipts", offset, userId: body.userId, time });
  }
  return rows;
}

/** What a user sent under an id that is known: a repeat is the same message to the same agent. */
export const repeats = {
  message({ body }: Entry<Entries["message"]>, stored: StoredEvent): boolean {
    if (stored.kind !== "message") return false;
    const { content, role, userId, agentId } = messageOf(stored).message;
    const isSame = content === body.content && role === body.role && userId === body.userId;
    return isSame && agentId === body.agentId;
  },
  receipt: ({ body }: Entry<Receipt>, { kind, body: stored }: StoredEvent): boolean =>
    kind === "read_receipt" && isStoredAs(body, stored),
};

/** How many messages a client gets when it joins. */
const HISTORY = 50;

/** The chat as a list of chats shows it. */
export function summary(history: History, chatId: string) {
  const room = roomOf(chatId);
  const { title, count } = history.summary(room);
  const last = lastMessages(history, room, 1)[0];
  return {
    chatId,
    updates: {
      title: shownText(title ?? "", shownText(chatId, "Chat")),
      messageCount: count,
      lastMessage: last ? messageOf(last).message.content : "",
    },
  };
}

/**
 * The last messages as one `batch`, oldest first; fewer if they would not fit into a frame; none if there are none. The
 * contract's greeting of a client that keeps nothing, in a frame of its own: not told page by page, as what was missed is.
 */
export function recent(
  history: History,
  chatId: string,
  { maxBytes, ctx }: { maxBytes: number; ctx: Pick<Context<Schemas, never, never>, "now" | "withOffset"> },
): string[] {
  const messages = marked(history, roomOf(chatId), lastMessages(history, roomOf(chatId), HISTORY));
  const frames: string[] = [];
  let bytes = 0;
  for (const [at, event] of [...messages.entries()].reverse()) {
    const frame = ctx.withOffset(envelope(event.kind, event.body, event.time), event, messages[at - 1]);
    bytes += Buffer.byteLength(frame) + 1;
    if (bytes > maxBytes) break;
    frames.unshift(frame);
  }
  return frames.length === 0 ? [] : [batch(frames, ctx.now())];
}

/** The events, and which messages among them were read by now. */
export function marked(history: History, room: string, events: readonly StoredEvent[]): StoredEvent[] {
  const messages = events.filter(({ kind }) => kind === "message");
  const read = history.read(
    room,
    messages.map(({ offset }) => offset),
  );
  const isRead = ({ kind, offset }: StoredEvent) => kind === "message" && read.has(offset);
  return events.map((event) => (isRead(event) ? { ...event, body: markRead(event) } : event));
}

/**
 * Who has read, since somebody heard the message at this offset, any of the 50 messages up to it or of the chat's last
 * 50: a `read_receipt` for each reader.
 */
export function readSince(history: History, chatId: string, since: number, now: number): string[] {
  const room = roomOf(chatId);
  const shown = [...lastMessages(history, room, HISTORY, since + 1), ...lastMessages(history, room, HISTORY)];
  const byOffset = new Map(shown.map((event) => [event.offset, event]));
  const receipts = history.receipts(room, [...byOffset.keys()], history.at(room, since)?.time ?? 0);
  const idOf = (event: StoredEvent | undefined) => (event ? messageOf(event).message.id : []);
  return Array.from(
    Map.groupBy(receipts, ({ userId }) => userId),
    ([userId, read]) => {
      const messageIds = read.flatMap(({ offset }) => idOf(byOffset.get(offset)));
      const receipt: Receipt = { chatId, messageIds, userId, confirmed: true };
      return envelope("read_receipt", JSON.stringify(receipt), now);
    },
  );
}

/** Contract: Read Receipts, `metadata.read`. */
function markRead(event: StoredEvent): string {
  const data = messageOf(event);
  return JSON.stringify({
    ...data,
    message: { ...data.message, metadata: { ...data.message.metadata, read: true } },
  });
}

/** The conversation up to and including this offset, oldest first; empty when what stands there was redacted. */
export function conversation(history: History, room: string, offset: number, limit: number) {
  const said = lastMessages(history, room, limit, offset + 1).filter((event) => redact(event) !== event.body);
  if (said.at(-1)?.offset !== offset) return [];
  return said.map((event) => {
    const { role, content } = messageOf(event).message;
    return { role, content };
  });
}

const lastMessages = (history: History, room: string, limit: number, before?: number): StoredEvent[] =>
  history.page(room, { kind: "message", limit, ...(before === undefined ? {} : { before }) });
