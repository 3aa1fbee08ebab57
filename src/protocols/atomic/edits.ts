import type { Decision, Place } from "../../core/apply.ts";
import type { History, StoredEvent } from "../../core/history.ts";
import type { Entry } from "../../core/log.ts";
import { Document, type Edit } from "./document.ts";
import type { Splice } from "./rebase.ts";
import { sessionOf } from "./session.ts";

/** What goes through the log. The document's largest size comes along, because applying knows no settings. */
export type Entries = {
  edit: Edit & { readonly author: string; readonly maxBytes: number };
};

/** What is kept of a session's room. */
export const restore = (room: string, history: History): Document => Document.restore(history.state(room));

export function documentOf(state: unknown): Document {
  if (state instanceof Document) return state;
  throw new Error("the room is no session");
}

export const applies = {
  /** An edit of which nothing is left makes no version; its ack has the current one. */
  edit({ room, sender, body }: Entry<Entries["edit"]>, { state }: Place<unknown>): Decision {
    const document = documentOf(state);
    const sessionId = sessionOf(room);
    const placed = document.place(body, body.maxBytes);
    const before = document.version;
    const rows = document.apply(placed);
    return {
      events: placed.splices.map((splice, index) => ({
        kind: "edit",
        data: {
          sessionId,
          ...inWords(splice, body.content),
          version: before + index + 1,
          author: body.author,
          authorId: sender ?? undefined,
        },
      })),
      confirm: { kind: "edit_ack", data: { sessionId, version: document.version } },
      rows,
    };
  },
};

function inWords({ position, length, inserted }: Splice, content: string) {
  if (inserted === 0) return { operation: "delete", position, length };
  if (length === 0) return { operation: "insert", position, content };
  return { operation: "replace", position, length, content };
}

/** What confirms an edit that came again: as the first time, its last version. */
export function confirmRepeat(history: History, event: StoredEvent) {
  if (event.kind !== "edit") return undefined;
  let last = event;
  for (;;) {
    // An edit that fell into several is known by the first of them.
    const next = history.at(event.room, last.offset + 1);
    if (next?.sender !== event.sender || next.clientId !== event.clientId) break;
    last = next;
  }
  const { sessionId, version }: { sessionId: string; version: number } = JSON.parse(last.body);
  return { kind: "edit_ack", data: { sessionId, version } };
}
