import type { History, StoredEvent } from "../../core/ports/history.ts";
import type { Entry } from "../../core/protocol/entry.ts";
import type { Confirmed } from "../../core/protocol/frames.ts";
import type { Decision, Place } from "../../core/protocol/reducer.ts";
import { Document, type Edit } from "./document.ts";
import { encode } from "./frames.ts";
import type { Splice } from "./rebase.ts";
import { sessionOf } from "./session.ts";

/**
 * The kinds of entries in the log. The entry carries the document's largest size, because reducers know no
 * settings.
 */
export type Entries = {
  edit: Edit & { readonly author: string; readonly maxBytes: number };
};

/** Reads the document of a session's room from its rows. */
export const restore = (room: string, history: History): Document => Document.restore(history.state(room));

export function documentOf(state: unknown): Document {
  if (state instanceof Document) return state;
  throw new Error("the room is not the room of a session");
}

export const applies = {
  /** An edit that changes nothing any more makes no version; its ack carries the current version. */
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
      confirm: { kind: "edit", data: { sessionId, version: document.version } },
      rows,
    };
  },
};

export const repeats = {
  /** Others' edits may have moved it, or cut it into pieces, of which the last is stored under the id. */
  edit({ body }: Entry<Entries["edit"]>, stored: StoredEvent): boolean {
    if (stored.kind !== "edit") return false;
    const { operation, content }: { operation: string; content?: string } = JSON.parse(stored.body);
    if (operation === "delete") return body.length > 0;
    return content === body.content && (operation === "insert" || body.length > 0);
  },
};

function inWords({ position, length, inserted }: Splice, content: string) {
  if (inserted === 0) return { operation: "delete", position, length };
  if (length === 0) return { operation: "insert", position, content };
  return { operation: "replace", position, length, content };
}

/** The author gets an ack with the last version that the edit made, in place of the edit's events. */
export function confirm({ kind, body, ...stamp }: Confirmed): string | undefined {
  if (kind !== "edit") return undefined;
  const { sessionId, version }: { sessionId: string; version: number } = JSON.parse(body);
  return encode("edit_ack", JSON.stringify({ sessionId, version }), stamp);
}
