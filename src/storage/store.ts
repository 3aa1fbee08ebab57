import type { NewEvent, RoomRow, Store } from "../core/ports/store.ts";
import type { OpenDatabase } from "./database.ts";
import { createHistory } from "./history.ts";
import { OffsetIndex } from "./offset-index.ts";
import { EVENTS_WITHOUT_ROW, readChain } from "./position.ts";
import { RoomIds } from "./room-ids.ts";
import { RoomState } from "./room-state.ts";
import { prepare } from "./statements.ts";
import { NO_ROOM } from "./tables.ts";
import { prepareTrim, type Trimmed } from "./trim.ts";

/**
 * The log and its views in SQLite. All statements are prepared: building one costs five times as much as
 * running it.
 */
export function createStore(database: OpenDatabase, onTrimmed: (trimmed: Trimmed) => void = () => {}): Store {
  const statements = prepare(database);
  const ids = new RoomIds(statements);
  const trimStep = prepareTrim(database);
  const index = new OffsetIndex(database);
  const roomState = new RoomState(database);
  const history = createHistory({ statements, ids, index, roomState });
  let { position, hash, after: withoutRow } = readChain(database.db);
  /** This transaction changes events that the hash could not be made from again. */
  let rowIsDue = false;
  /** The position of the last event, and which of the events with that position it was. */
  let added: number | undefined;
  let ordinal = 0;
  /** What this transaction has removed. */
  let trimmed: Trimmed[] = [];

  function keepPosition(): void {
    statements.keepPosition.run({ position, hash: hash.text });
    withoutRow = 0;
    rowIsDue = false;
  }

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
        ids.rolledBack();
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

    ...history,
    add(event: NewEvent) {
      const { offset, count, time, kind, sender, clientId, entry, externalId, body } = event;
      const room = ids.findOrAdd(event.room);
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
        const id = ids.find(row.room);
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
      const isEnd = row.table === "members" && "remove" in row;
      const id = isEnd ? ids.find(room) : ids.findOrAdd(room);
      // A membership that ends makes no room.
      if (id === undefined) return;
      if (row.table === "receipts") statements.addReceipt.run({ id, ...row });
      else if (row.table === "state") roomState.set(id, row.key, row.value);
      else if (row.table === "rooms" && "remove" in row) {
        rowIsDue = true;
        const { offset } = history.head(room);
        // One more, which tells a client that heard all of the removed room from one that heard the new room.
        if (offset > 0) statements.keepRemovedOffset.run({ name: room, offset: offset + 1 });
        statements.removeRoom.run({ id });
        index.removed(id);
        ids.removed(room);
      } else if (row.table === "rooms") {
        if (row.title !== undefined) statements.setTitle.run({ id, title: row.title });
        if (row.open !== undefined) statements.setOpen.run({ id, open: row.open ? 1 : 0 });
      } else if ("remove" in row) statements.removeMember.run({ id, userId: row.userId });
      else {
        const { userId, role = null, time } = row;
        statements.addMember.run({ id, userId, role, time, keepsRole: row.role === undefined ? 1 : 0 });
      }
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
  };
}
