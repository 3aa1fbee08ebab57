import type { NewEvent, Page, Row, Store, StoredEvent } from "../core/history.ts";
import type { OpenDatabase } from "./database.ts";
import { findPage } from "./page.ts";
import { prepare } from "./statements.ts";

/** The id of none. */
const NO_ROOM = 0;
/** Above this the names are read again. */
const ROOM_IDS_IN_MEMORY = 100_000;

/** The log and its views in SQLite. Prepared statements throughout: building one costs five times running it. */
export function createStore({ client, db }: OpenDatabase): Store {
  const ids = new Map<string, number>();
  const statements = prepare(db);
  const immediate = client.transaction((work: () => unknown) => work()).immediate;

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
    const made = statements.addRoom.get({ name }).id;
    remember(name, made);
    return made;
  }
  const inRoom = (room: string, rows: Omit<StoredEvent, "room">[]): StoredEvent[] =>
    rows.map((row) => ({ room, ...row }));

  return {
    transaction<T>(work: () => T): T {
      try {
        return immediate(work) as T;
      } catch (error) {
        // It may have made rooms whose ids were not committed.
        ids.clear();
        throw error;
      }
    },

    position: () => statements.position.get()?.position ?? 0,
    savePosition: (position) => void statements.savePosition.run({ position }),
    probe(bytes) {
      // Whoever asks whether the server is well must not be what holds it up.
      const { timeout } = client.query<{ timeout: number }, []>("PRAGMA busy_timeout").get() ?? {
        timeout: 0,
      };
      client.run("PRAGMA busy_timeout = 0");
      try {
        this.transaction(() => {
          this.savePosition(this.position());
          if (bytes > 0) statements.setState.run({ id: NO_ROOM, key: "probe", value: " ".repeat(bytes) });
        });
        if (bytes > 0) this.transaction(() => statements.removeState.run({ id: NO_ROOM, key: "probe" }));
      } finally {
        client.run(`PRAGMA busy_timeout = ${timeout}`);
      }
    },

    head(room) {
      const id = roomId(room);
      if (id === undefined) return { offset: 0, count: 0 };
      return statements.head.get({ id }) ?? statements.trimmedHead.get({ id }) ?? { offset: 0, count: 0 };
    },
    clientIds(room, before, limit) {
      const id = roomId(room);
      return id === undefined ? [] : statements.clientIds.all({ id, before, limit });
    },
    add({ room, ...event }: NewEvent) {
      statements.addEvent.run({ ...event, silent: event.silent ? 1 : 0, id: madeRoomId(room) });
    },
    write(room: string, row: Row) {
      const id = madeRoomId(room);
      if (row.table === "receipts") statements.addReceipt.run({ id, ...row });
      else if (row.table === "state") {
        if (row.value === null) statements.removeState.run({ id, key: row.key });
        else statements.setState.run({ id, key: row.key, value: row.value });
      } else if (row.table === "rooms" && "remove" in row) {
        statements.removeMembers.run({ room });
        statements.removeRoom.run({ id });
        ids.delete(room);
      } else if (row.table === "rooms") {
        if (row.title !== undefined) statements.setTitle.run({ id, title: row.title });
        if (row.open !== undefined) statements.setOpen.run({ id, open: row.open ? 1 : 0 });
      } else if ("remove" in row) statements.removeMember.run({ room, userId: row.userId });
      else statements.addMember.run({ room, ...row });
    },

    page(room, { kind, ...page }: Page) {
      const id = roomId(room);
      if (id === undefined) return [];
      const rows = {
        run: (from: number, before: number, limit: number) =>
          statements.run.all({ id, kind, from, before, limit }),
        countAt: (offset: number) => statements.countAt.get({ id, offset })?.count,
      };
      return inRoom(room, findPage(rows, this.head(room).offset, page)).reverse();
    },
    at(room, offset) {
      const id = roomId(room);
      const row = id === undefined ? undefined : statements.at.get({ id, offset });
      return row && { room, ...row };
    },
    last(room) {
      const id = roomId(room);
      const row = id === undefined ? undefined : statements.last.get({ id });
      return row && { room, ...row };
    },
    named(room, alias) {
      const id = roomId(room);
      const row = id === undefined ? undefined : statements.named.get({ id, alias });
      return row && { room, ...row };
    },
    read(room, offsets) {
      const id = roomId(room);
      if (id === undefined || offsets.length === 0) return new Set();
      const range = { id, first: Math.min(...offsets), last: Math.max(...offsets) };
      return new Set(statements.read.all(range).map((row) => row.offset));
    },
    state(room) {
      const id = roomId(room);
      const rows = id === undefined ? [] : statements.state.all({ id });
      return new Map(rows.map(({ key, value }) => [key, value]));
    },
    summary(room) {
      const id = roomId(room);
      const title = id === undefined ? undefined : statements.title.get({ id })?.title;
      return { title: title ?? undefined, count: this.head(room).count };
    },
  };
}
