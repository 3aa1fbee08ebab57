import type { Page, StoredEvent } from "../core/ports/history.ts";
import type { Head, NewEvent, RoomRow, Store } from "../core/ports/store.ts";
import { numberOf } from "../core/protocol/generation.ts";
import type { OpenDatabase } from "./database.ts";
import { OffsetIndex } from "./offset-index.ts";
import { findPage } from "./page.ts";
import { EVENTS_WITHOUT_ROW, readChain } from "./position.ts";
import { RoomState } from "./room-state.ts";
import { prepare } from "./statements.ts";
import { prepareTrim, type Trimmed } from "./trim.ts";

/** The id of no room. */
const NO_ROOM = 0;
/** Fewer ids in one query do not make it faster. */
const MIN_LOOKED_UP = 16;
/** Above this number the cache of ids is emptied. */
const ROOM_IDS_IN_MEMORY = 100_000;

/**
 * The log and its views in SQLite. All statements are prepared: building one costs five times as much as
 * running it.
 */
export function createStore(database: OpenDatabase, onTrimmed: (trimmed: Trimmed) => void = () => {}): Store {
  const ids = new Map<string, number>();
  const statements = prepare(database);
  const trimStep = prepareTrim(database);
  const index = new OffsetIndex(database);
  const roomState = new RoomState(database);
  let { position, hash, after: withoutRow } = readChain(database.db);
  /** This transaction changes events that the hash could not be made from again. */
  let rowIsDue = false;
  /** The position of the last event, and which of the events with that position it was. */
  let added: number | undefined;
  let ordinal = 0;
  /** What this transaction has removed. */
  let trimmed: Trimmed[] = [];

  function roomId(name: string): number | undefined {
    const known = ids.get(name);
    if (known !== undefined) return known;
    const id = statements.roomId.get({ name })?.id;
    if (id !== undefined) remember(name, id);
    return id;
  }
  function remember(name: string, id: number): void {
    if (ids.size >= ROOM_IDS_IN_MEMORY) ids.clear();
    ids.set(name, id);
  }
  function madeRoomId(name: string): number {
    const known = roomId(name);
    if (known !== undefined) return known;
    const made = statements.addRoom.get({ name, offset: removedOffset(name) }).id;
    remember(name, made);
    return made;
  }
  function keepPosition(): void {
    statements.keepPosition.run({ position, hash: hash.text });
    withoutRow = 0;
    rowIsDue = false;
  }
  const removedOffset = (name: string): number => statements.removedOffset.get({ name })?.offset ?? 0;
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
    transaction<T>(work: () => T): T {
      const [before, withoutRowBefore] = [position, withoutRow];
      try {
        const done = database.write(() => {
          const done = work();
          roomState.write();
          index.write();
          return done;
        });
        index.committed();
        hash.committed();
        const removed = trimmed;
        trimmed = [];
        for (const one of removed) onTrimmed(one);
        return done;
      } catch (error) {
        index.rolledBack();
        hash.rolledBack();
        roomState.rolledBack();
        trimmed = [];
        [position, withoutRow] = [before, withoutRowBefore];
        rowIsDue = false;
        added = undefined;
        // The transaction may have created rooms whose ids were not committed.
        ids.clear();
        throw error;
      }
    },

    position: () => position,
    hash: () => hash.text,
    savePosition(reached) {
      position = reached;
      // Otherwise the last event carries the position.
      if (added !== reached || rowIsDue || withoutRow >= EVENTS_WITHOUT_ROW) keepPosition();
    },
    probe(bytes) {
      this.transaction(() => {
        keepPosition();
        if (bytes > 0) roomState.set(NO_ROOM, "probe", " ".repeat(bytes));
      });
      if (bytes > 0) this.transaction(() => roomState.set(NO_ROOM, "probe", null));
    },

    head(room) {
      const id = roomId(room);
      return (id === undefined ? undefined : headOf(id)) ?? { offset: removedOffset(room), count: 0 };
    },
    clientIds(room, before, limit) {
      const id = roomId(room);
      if (id === undefined) return [];
      const end = Math.min(before, (index.last(id) ?? 0) + 1);
      return statements.clientIds.all({ id, events: idsOf(id, end - limit, end) });
    },
    add(event: NewEvent) {
      const { offset, count, time, kind, sender, clientId, entry, externalId, body } = event;
      const room = madeRoomId(event.room);
      const id = index.add(room, offset);
      const silent = event.silent ? 1 : 0;
      ordinal = added === event.position ? ordinal + 1 : 0;
      added = event.position;
      withoutRow++;
      hash.add(event);
      statements.addEvent.run(
        id,
        event.position,
        room,
        offset,
        count,
        time,
        kind,
        sender,
        clientId,
        entry,
        externalId,
        silent,
        body,
        ordinal,
      );
    },
    write(room: string, row: RoomRow) {
      if (row.table === "users") {
        statements.revoke.run(row);
        return;
      }
      if (row.table === "erasures") {
        statements.beginErasure.run(row);
        return;
      }
      if (row.table === "events") {
        const id = roomId(row.room);
        const event = id === undefined ? undefined : index.id(id, row.offset);
        rowIsDue = true;
        if (event === undefined) return;
        statements.replaceBody.run({ id, event, body: row.body });
        if (row.erased) {
          statements.eraseSender.run({ id, event, userId: row.erased.userId });
          statements.countRedacted.run({ userId: row.erased.userId });
        }
        if (row.erased?.externalId) statements.eraseExternalId.run({ id, event });
        return;
      }
      const id = madeRoomId(room);
      if (row.table === "receipts") statements.addReceipt.run({ id, ...row });
      else if (row.table === "state") roomState.set(id, row.key, row.value);
      else if (row.table === "rooms" && "remove" in row) {
        rowIsDue = true;
        const { offset } = this.head(room);
        // One more, which tells a client that heard all of the removed room from one that heard the new room.
        if (offset > 0) statements.keepRemovedOffset.run({ name: room, offset: offset + 1 });
        statements.removeRoom.run({ id });
        index.removed(id);
        ids.delete(room);
      } else if (row.table === "rooms") {
        if (row.title !== undefined) statements.setTitle.run({ id, title: row.title });
        if (row.open !== undefined) statements.setOpen.run({ id, open: row.open ? 1 : 0 });
      } else if ("remove" in row) statements.removeMember.run({ id, userId: row.userId });
      else statements.addMember.run({ id, ...row });
    },

    trim(upTo, stateOf = () => []) {
      rowIsDue = true;
      const names = new Map<number, string>();
      const nameOf = (id: number): string => {
        const name = names.get(id) ?? statements.roomName.get({ id })?.name ?? "";
        names.set(id, name);
        return name;
      };
      const { roomIds, ...removed } = trimStep(upTo, ({ id: event, roomId: id, offset, kind }) => {
        const body = () => statements.at.get({ id, event })?.body ?? "{}";
        const keys = stateOf({ room: nameOf(id), offset, kind, body });
        for (const key of keys) roomState.set(id, key, null);
      });
      trimmed.push(removed);
      return roomIds.map(nameOf).filter((name) => name !== "");
    },

    page(room, { kind, ...page }: Page) {
      const id = roomId(room);
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
      const id = roomId(room);
      return id === undefined ? undefined : eventAt(room, id, offset);
    },
    last(room) {
      const id = roomId(room);
      const offset = id === undefined ? undefined : index.last(id);
      return id === undefined || offset === undefined ? undefined : eventAt(room, id, offset);
    },
    since(room, after, count) {
      const id = roomId(room);
      if (id === undefined) return [];
      return inRoom(room, statements.shown.all({ id, events: idsOf(id, after + 1, after + 1 + count) }));
    },
    ofKind(room, kind, from, before) {
      const id = roomId(room);
      if (id === undefined) return [];
      const events = idsOf(id, from, before);
      return inRoom(room, statements.run.all({ id, kind, limit: before - from, events })).reverse();
    },
    shownBefore(room, offset) {
      const id = roomId(room);
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
      const removed = removedOffset(room);
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
      const id = roomId(room);
      const row = id === undefined ? undefined : statements.named.get({ id, externalId });
      return row && { room, ...row };
    },
    read(room, offsets) {
      const id = roomId(room);
      if (id === undefined || offsets.length === 0) return new Set();
      const known = offsets.flatMap((offset) => index.id(id, offset) ?? []);
      return new Set(statements.read.all({ id, events: JSON.stringify(known) }).map((row) => row.offset));
    },
    receipts(room, offsets, since) {
      const id = roomId(room);
      if (id === undefined || offsets.length === 0) return [];
      return statements.receipts.all({ id, offsets: JSON.stringify(offsets), since });
    },
    state(room) {
      const id = roomId(room);
      return id === undefined ? new Map() : roomState.of(id);
    },
    summary(room) {
      const id = roomId(room);
      const title = id === undefined ? undefined : statements.title.get({ id })?.title;
      return { title: title ?? undefined, count: this.head(room).count };
    },
  };
}
