import { expect, test } from "bun:test";
import { createAnalytics } from "../../../src/protocols/atomic/analytics.ts";
import { ContextState } from "../../../src/protocols/atomic/contexts.ts";
import { open } from "../../../src/protocols/atomic/entrance.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { createTestStore, event } from "../../support/stored.ts";
import { ANALYTICS, ROOM } from "./clients.ts";

type Parts = Parameters<typeof createAnalytics>;
type Ctx = Parameters<ReturnType<typeof createAnalytics>["handlers"]["subscribe"]>[0];

test("what is kept for the subscribers of a metric goes with the last of them", () => {
  const clock = new FakeClock(1_000_000);
  const { store } = createTestStore();
  let reads = 0;
  const relayed: string[] = [];
  const services = {
    clock,
    history: {
      ...store,
      page: (...asked: Parameters<typeof store.page>) => {
        reads++;
        return store.page(...asked);
      },
    },
    members: { isMember: () => false, memberCount: () => 0 },
    state: () => ContextState.restore(ROOM, store),
    systemSender: { relayLocal: (room: string) => relayed.push(room) },
  } as unknown as Parts[0];
  const analytics = createAnalytics(services, { of: () => [] });
  const state = open(new URL(`ws://localhost${ANALYTICS}`));
  state.room = ROOM;
  const joined: string[] = [];
  const ctx = {
    ...{ state, ref: undefined, now: clock.now, undo() {} },
    join(room: string, greet: () => unknown) {
      joined.push(room);
      greet();
    },
  } as unknown as Ctx;

  analytics.handlers.subscribe(ctx, { metrics: ["activity"] });
  const [room = ""] = joined;
  const say = (n: number) => analytics.onStored(event(n, { room: ROOM, time: clock.now() + n }));
  const readsOnce = reads;
  say(1);
  expect(relayed).toEqual([room]);

  analytics.onRoomEmptied(room);
  clock.advance(1_000);
  say(2);
  clock.advance(120_000);
  expect(relayed).toEqual([room]);
  // And what was known by heart is read again.
  analytics.handlers.subscribe(ctx, { metrics: ["activity"] });
  expect(reads).toBe(2 * readsOnce);
  expect(reads).toBeGreaterThan(0);
});
