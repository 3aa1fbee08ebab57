import type { History, Page, StoredEvent } from "../core/ports/history.ts";
import type { Head, Store } from "../core/ports/store.ts";
import { numberOf } from "../core/protocol/generation.ts";
import type { OffsetIndex } from "./offset-index.ts";
import { findPage } from "./page.ts";
import type { RoomIds } from "./room-ids.ts";
import type { RoomState } from "./room-state.ts";
import type { Statements } from "./statements.ts";

/** Fewer ids in one query do not make it faster. */
const MIN_LOOKED_UP = 16;

export interface HistoryParts {
  readonly statements: Statements;
  readonly ids: RoomIds;
  readonly index: OffsetIndex;
  readonly roomState: RoomState;
}

/** What reads the log. The offset index says which rows of the table are meant. */
export function createHistory(parts: HistoryParts): History & Pick<Store, "head" | "clientIds"> {
  const { statements, ids, index, roomState } = parts;

  function headOf(id: number): Head | undefined {
    const last = index.last(id);
    return (last === undefined ? undefined : headAt(id, last)) ?? statements.trimmedHead.get({ id });
  }
  function headAt(id: number, offset: number): Head | undefined {
    const event = index.id(id, offset);
    return event === undefined ? undefined : statements.head.get({ id, event });
  }
  function eventAt(room: string, id: number, offset: number): StoredEvent | undefined {
    const event = index.id(id, offset);
    const row = event === undefined ? undefined : statements.at.get({ id, event });
    return row && { room, ...row };
  }
  const idsOf = (id: number, from: number, before: number) => JSON.stringify(index.ids(id, from, before));
  const inRoom = (room: string, rows: Omit<StoredEvent, "room">[]): StoredEvent[] =>
    rows.map((row) => ({ room, ...row }));

  return {
    head(room) {
      const id = ids.find(room);
      return (id === undefined ? undefined : headOf(id)) ?? { offset: ids.removedOffset(room), count: 0 };
    },
    clientIds(room, before, limit) {
      const id = ids.find(room);
      if (id === undefined) return [];
      const end = Math.min(before, (index.last(id) ?? 0) + 1);
      return statements.clientIds.all({ id, events: idsOf(id, end - limit, end) });
    },
    page(room, { kind, ...page }: Page) {
      const id = ids.find(room);
      if (id === undefined) return [];
      const rows = {
        run(from: number, before: number, limit: number) {
          const found: Omit<StoredEvent, "room">[] = [];
          // Most often all events are of that kind, and the last few ids are enough.
          let few = Math.max(MIN_LOOKED_UP, limit);
          for (let end = before; end > from && found.length < limit; few *= 4) {
            const start = Math.max(from, end - few);
            const events = idsOf(id, start, end);
            found.push(...statements.run.all({ id, kind, limit: limit - found.length, events }));
            end = start;
          }
          return found;
        },
        countAt: (offset: number) => headAt(id, offset)?.count,
      };
      return inRoom(room, findPage(rows, this.head(room).offset, page)).reverse();
    },
    at(room, offset) {
      const id = ids.find(room);
      return id === undefined ? undefined : eventAt(room, id, offset);
    },
    last(room) {
      const id = ids.find(room);
      const offset = id === undefined ? undefined : index.last(id);
      return id === undefined || offset === undefined ? undefined : eventAt(room, id, offset);
    },
    since(room, after, count) {
      const id = ids.find(room);
      if (id === undefined) return [];
      return inRoom(room, statements.shown.all({ id, events: idsOf(id, after + 1, after + 1 + count) }));
    },
    ofKind(room, kind, from, before) {
      const id = ids.find(room);
      if (id === undefined) return [];
      const events = idsOf(id, from, before);
      return inRoom(room, statements.run.all({ id, kind, limit: before - from, events })).reverse();
    },
    shownBefore(room, offset) {
      const id = ids.find(room);
      if (id === undefined) return 0;
      for (let [end, few] = [offset, MIN_LOOKED_UP]; end > 1; end -= few, few *= 4) {
        const found = statements.lastShown.get({ id, events: idsOf(id, Math.max(1, end - few), end) });
        if (found) return numberOf(found);
      }
      return 0;
    },
    lastOffsets(kind, limit) {
      const found = statements.roomsOfKind.all({ after: `${kind}:`, before: `${kind};`, limit });
      return found.map(({ room }) => ({ room, last: this.head(room).offset }));
    },
    span(room) {
      const removed = ids.removedOffset(room);
      const last = this.head(room).offset;
      let [gone, kept] = [removed, last + 1];
      // Retention removes from the beginning, so what is gone ends where what is kept begins.
      if (this.at(room, removed + 1)) return { removed, gone, last };
      while (kept - gone > 1) {
        const middle = Math.floor((gone + kept) / 2);
        if (this.at(room, middle)) kept = middle;
        else gone = middle;
      }
      return { removed, gone, last };
    },
    byExternalId(room, externalId) {
      const id = ids.find(room);
      const row = id === undefined ? undefined : statements.named.get({ id, externalId });
      return row && { room, ...row };
    },
    read(room, offsets) {
      const id = ids.find(room);
      if (id === undefined || offsets.length === 0) return new Set();
      const known = offsets.flatMap((offset) => index.id(id, offset) ?? []);
      return new Set(statements.read.all({ id, events: JSON.stringify(known) }).map((row) => row.offset));
    },
    receipts(room, offsets, since) {
      const id = ids.find(room);
      if (id === undefined || offsets.length === 0) return [];
      return statements.receipts.all({ id, offsets: JSON.stringify(offsets), since });
    },
    isMember(room, userId) {
      const id = ids.find(room);
      return id !== undefined && statements.isMember.get({ id, userId }) !== undefined;
    },
    state(room) {
      const id = ids.find(room);
      return id === undefined ? new Map() : roomState.of(id);
    },
    summary(room) {
      const id = ids.find(room);
      const title = id === undefined ? undefined : statements.title.get({ id })?.title;
      return { title: title ?? undefined, count: this.head(room).count };
    },
  };
}
