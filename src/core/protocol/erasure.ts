import type { Row } from "../ports/store.ts";
import type { Entry } from "./entry.ts";
import type { HistoryView } from "./frames.ts";
import { concerns, eraseAuthor, eraseUser, isAuthor, type PersonalData } from "./personal-data.ts";
import { REDACTED, type Redaction } from "./redaction.ts";
import type { EventDraft, Reducer } from "./reducer.ts";

/** One step of erasing a user: what some events of a room, or its state, say of them. */
export const ERASE = "erase.room";

export interface RoomErasure {
  readonly userId: string;
  /** Of events of the room. */
  readonly offsets: readonly number[];
  /** The room's state too. */
  readonly state: boolean;
}

/** What says nothing of the user, or no longer, stays as it is: a step may be repeated. */
export const createErase =
  (view: HistoryView | undefined, personal: PersonalData | undefined): Reducer =>
  ({ room, time, body: { userId, offsets, state } }: Entry<RoomErasure>, { history }) => {
    const rows: Row[] = [];
    const events: EventDraft[] = [];
    // Times of a room do not go back because of it.
    const last = Math.max(time, history.last(room)?.time ?? time);
    for (const offset of offsets) {
      const event = history.at(room, offset);
      if (!event || !concerns(personal, event, userId)) continue;
      const isOwn = isAuthor(personal, event, userId);
      const body = isOwn
        ? eraseAuthor(personal, view?.redact(event) ?? event.body, userId)
        : eraseUser(personal, event.body, userId);
      const externalId = isOwn && personal?.hasUserInExternalIds === true;
      rows.push({ table: "events", room, offset, body, erased: { userId, externalId } });
      const id = view?.id(event);
      const data: Partial<Redaction> = { offset, ...(id !== undefined && { id }) };
      events.push({ kind: REDACTED, data, silent: true, time: last });
    }
    for (const [key, value] of state ? history.state(room) : []) {
      for (const [key_, value_] of personal?.eraseState?.(key, value, userId) ?? [])
        rows.push({ table: "state", key: key_, value: value_ });
    }
    return { events, rows, restore: rows.length > 0 };
  };
