import { Applier } from "../../src/core/log/apply.ts";
import { createLocalLog } from "../../src/core/log/local-log.ts";
import type { Log } from "../../src/core/log/log.ts";
import { StoreHealth } from "../../src/core/log/store-health.ts";
import { Turns } from "../../src/core/log/turn.ts";
import { TurnTimes } from "../../src/core/log/turn-times.ts";
import { Connection } from "../../src/core/outbound/connection.ts";
import { Rooms } from "../../src/core/outbound/rooms.ts";
import type { Store } from "../../src/core/ports/store.ts";
import type { OnApplied } from "../../src/core/protocol/context.ts";
import type { Reducer } from "../../src/core/protocol/reducer.ts";
import { openDatabase } from "../../src/storage/database.ts";
import { createStore } from "../../src/storage/store.ts";
import { FakeClock } from "./fake-clock.ts";
import { FakeSockets } from "./fake-sockets.ts";
import { plain } from "./plain.ts";

export const ROOM = "plain:1";

export interface Saying {
  readonly clientId?: string;
  readonly ref?: string;
  readonly kind?: string;
  readonly applied?: OnApplied;
  readonly message?: number;
}

/** A promise kept by the event loop: what was recorded before it has been applied when it resolves. */
export async function nextTurn(): Promise<void> {
  for (let poll = 0; poll < 2; poll++) await new Promise((resolve) => setImmediate(resolve));
}

/** Turns over a real store and sockets in memory, with a journal of what becomes visible, in order. */
export function createTurns(options: { log?: Log; database?: ReturnType<typeof openDatabase> } = {}) {
  const database = options.database ?? openDatabase(":memory:", "NORMAL");
  const journal: string[] = [];
  const reports: { error: unknown; context: Record<string, unknown> }[] = [];
  const real = createStore(database);
  let failure: Error | undefined;
  const store: Store = {
    ...real,
    probe(bytes) {
      if (failure) throw failure;
      real.probe(bytes);
    },
    transaction(work) {
      try {
        const result = real.transaction(() => {
          const done = work();
          if (failure) throw failure;
          return done;
        });
        journal.push("commit");
        return result;
      } catch (error) {
        journal.push("rollback");
        throw error;
      }
    },
  };
  const sockets = new FakeSockets((name, frame) => journal.push(`${name}: ${frame}`));
  const rooms = new Rooms(
    () => sockets,
    () => {},
    (room) => turns.settle(room),
  );
  const report = (error: unknown, context: Record<string, unknown>) => reports.push({ error, context });
  const applies: Record<string, Reducer> = plain.applies;
  const applier = new Applier(
    store,
    () => ({ reducerOf: (kind) => applies[kind] }),
    (error, { kind }) => report(error, { kind }),
  );
  const clock = new FakeClock(1_000);
  const times = new TurnTimes(clock.monotonic);
  const health = new StoreHealth(store, clock);
  let made = 0;
  const turns = new Turns({
    clock,
    newId: () => `e${++made}`,
    log: () => log,
    store,
    applier,
    rooms,
    health,
    times,
    protocols: new Map([["plain", plain]]),
    report,
    rolledBack: () => applier.forget(),
    emptied: (room) => journal.push(`${room} is empty`),
  });
  const log = options.log ?? createLocalLog(store.position, turns.apply);

  return {
    turns,
    times,
    clock,
    health,
    rooms,
    store,
    database,
    reports,
    /** What became visible since the last look. */
    seen: () => journal.splice(0),
    /** From now on no transaction commits; `undefined`: they do again. */
    failWith(error: Error | undefined): void {
      failure = error;
    },
    /** A connection, in the room unless told otherwise. */
    connect(name: string, { joined = true } = {}): Connection {
      const connection = new Connection(name, plain, undefined, "", 0, () => {});
      connection.opened(sockets.open(name));
      if (joined) rooms.join(connection, ROOM);
      return connection;
    },
    say(
      connection: Connection,
      body: string,
      { clientId, ref, kind = "say", applied, message }: Saying = {},
    ): void {
      turns.record(
        { protocol: "plain", room: ROOM, kind, body, sender: connection.id, clientId: clientId ?? null },
        { connection, ref, applied, message },
      );
    },
    /** Its greeting is made where it joins. */
    join(connection: Connection, greet: () => string): void {
      let greeting = "";
      const look = () => {
        greeting = greet();
      };
      const effect = () => {
        rooms.join(connection, ROOM);
        connection.send(greeting);
      };
      turns.after(effect, { connection }, look);
    },
    /** Texts stored in the room, by offset from 1. */
    stored: () =>
      store.page(ROOM, { kind: "said", limit: 1_000 }).map(({ offset, body }) => `${offset} ${body}`),
  };
}
