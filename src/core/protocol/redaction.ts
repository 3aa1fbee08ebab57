import type { StoredEvent } from "../ports/history.ts";
import type { Row } from "../ports/store.ts";
import type { Entry } from "./entry.ts";
import type { HistoryView } from "./frames.ts";
import type { Reducer } from "./reducer.ts";

/** A backend takes a message back: the text goes, and the message keeps its place, its id, its time and its sender. */
export const REDACT = "redact";

/** The silent event that tells consumers of the feed which message of its room has lost its text. */
export const REDACTED = "redacted";

export interface Redaction {
  /** The offset of the message. */
  readonly offset: number;
  /** The id by which clients know the message, if they know it by one. */
  readonly id?: string;
}

export const isRedacted = (view: HistoryView | undefined, event: StoredEvent): boolean =>
  view?.redact(event) === event.body;

/** A message that is redacted already, or gone, changes nothing. */
export const createRedact =
  (view: HistoryView): Reducer =>
  ({ room, time, body }: Entry<Redaction>, { history }) => {
    const event = history.at(room, body.offset);
    if (!event || isRedacted(view, event)) return {};
    const rows = [event, ...(view.copies?.(history, event) ?? [])].flatMap((copy): Row[] => {
      const redacted = view.redact(copy);
      return redacted === undefined
        ? []
        : [{ table: "events", room: copy.room, offset: copy.offset, body: redacted }];
    });
    if (rows.length === 0) return {};
    const { redactState } = view;
    for (const [key, value] of redactState ? history.state(room) : []) {
      const change = redactState?.(key, value, event);
      if (change) rows.push({ table: "state", key: change[0], value: change[1] });
    }
    // Times of a room do not go back because of it.
    const last = history.last(room)?.time ?? time;
    return {
      events: [{ kind: REDACTED, data: body, silent: true, time: Math.max(time, last) }],
      rows,
      restore: redactState !== undefined,
    };
  };
