import { Applier } from "../../../src/core/log/apply.ts";
import type { NewEvent } from "../../../src/core/ports/store.ts";
import type { Reducer } from "../../../src/core/protocol/reducer.ts";
import { applies as ackApplies } from "../../../src/protocols/hyperfocus/acks.ts";
import { applies as giftApplies } from "../../../src/protocols/hyperfocus/gifts.ts";
import { applies as statusApplies } from "../../../src/protocols/hyperfocus/status.ts";
import { Stream } from "../../../src/protocols/hyperfocus/stream.ts";
import { openDatabase } from "../../../src/storage/database.ts";
import { createStore } from "../../../src/storage/store.ts";
import { ROOM } from "./frames.ts";

/** The log of one stream over a real store; `restart` begins with an empty memory. */
export function createStreamLog() {
  const database = openDatabase(":memory:", "NORMAL");
  const store = createStore(database);
  const applies: Record<string, Reducer> = { ...giftApplies, ...ackApplies, ...statusApplies };
  const start = () =>
    new Applier(
      store,
      () => ({ reducerOf: (kind) => applies[kind], restore: (room, history) => new Stream(room, history) }),
      (error) => {
        throw error;
      },
    );
  let applier = start();
  let position = 0;

  return {
    history: store,
    /** Applies one entry; returns the events that it made. Throws the `Refusal` of one that was refused. */
    apply(kind: string, body: unknown, time: number): readonly NewEvent[] {
      position++;
      const entry = {
        v: 1,
        id: `e${position}`,
        room: ROOM,
        protocol: "hyperfocus",
        kind,
        time,
        body,
      } as const;
      const outcome = store.transaction(() =>
        applier.apply(position, { ...entry, sender: null, clientId: null }),
      );
      if (outcome.is === "refused") throw outcome.refusal;
      return outcome.is === "applied" ? outcome.events : [];
    },
    state: () => applier.state("hyperfocus", ROOM) as Stream,
    restart(): void {
      applier = start();
    },
    /** Everything that is kept of the stream besides its events. */
    rows: () => [...store.state(ROOM)].sort(),
    close: () => database.client.close(),
  };
}

export type StreamLog = ReturnType<typeof createStreamLog>;
