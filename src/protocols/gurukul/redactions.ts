import type { History, StoredEvent } from "../../core/ports/history.ts";
import { REDACTED, type Redaction } from "../../core/protocol/redaction.ts";
import { past, roomOf, summary } from "./chat.ts";
import { envelope } from "./frames.ts";

/** The id of the message that lost its text; undefined where one keeps it and only names an erased user no more. */
export function takenBack(history: History, room: string, redaction: StoredEvent): string | undefined {
  const { id, offset }: Redaction = JSON.parse(redaction.body);
  const event = id === undefined ? undefined : history.at(room, offset);
  const isKept = event !== undefined && past.redact(event) !== event.body;
  return isKept ? undefined : id;
}

/** Offsets that one query looks through for redactions, and how many of the last ones are looked through in all. */
const RUN = 1_000;
const MAX_LOOKED_THROUGH = 10_000;

/** Which messages up to this offset a backend has taken back since it was heard: a `chat_update` for each. */
export function redactedSince(history: History, chatId: string, since: number, now: number): string[] {
  const room = roomOf(chatId);
  const end = history.span(room).last + 1;
  const frames: string[] = [];
  for (let from = Math.max(since + 1, end - MAX_LOOKED_THROUGH); from < end; from += RUN) {
    for (const event of history.ofKind(room, REDACTED, from, Math.min(end, from + RUN))) {
      const { offset }: Redaction = JSON.parse(event.body);
      const id = offset > since ? undefined : takenBack(history, room, event);
      if (id === undefined) continue;
      const { updates } = summary(history, chatId);
      frames.push(
        envelope("chat_update", JSON.stringify({ chatId, updates: { ...updates, redacted: id } }), now),
      );
    }
  }
  return frames;
}
