import { expect, test } from "bun:test";
import { Sessions } from "../../src/sources/discord-sessions.ts";
import { FakeClock } from "../support/fake-clock.ts";

const session = { sessionId: "s", resumeURL: "wss://resume", sequence: 7, shardId: 0, shardCount: 1 };

function known() {
  const clock = new FakeClock();
  const sessions = new Sessions(clock);
  sessions.update(0, session);
  return { clock, sessions };
}

test("a session that ended is forgotten, and no other", () => {
  const { sessions } = known();
  sessions.update(1, { ...session, shardId: 1 });
  sessions.update(0, null);
  expect(sessions.retrieve(0)).toBeNull();
  expect(sessions.retrieve(1)).toMatchObject({ shardId: 1 });
});

test("a session outlives a gateway that cannot be reached, for two minutes", () => {
  const { clock, sessions } = known();
  for (let seconds = 0; seconds < 119; seconds++) {
    sessions.unreachable(0);
    sessions.update(0, null);
    clock.advance(1_000);
  }
  expect(sessions.retrieve(0)).toEqual(session);
  clock.advance(1_000);
  sessions.update(0, null);
  expect(sessions.retrieve(0)).toBeNull();
});

test("a session that a gateway ends, once it is reached again, is forgotten", () => {
  const { sessions } = known();
  sessions.unreachable(0);
  sessions.update(0, null);
  sessions.reached(0);
  sessions.update(0, null);
  expect(sessions.retrieve(0)).toBeNull();
});

test("once stopped, a connection waits for ever", async () => {
  const { sessions } = known();
  sessions.stop();
  const first = await Promise.race([sessions.retrieve(0), new Promise((resolve) => setImmediate(resolve))]);
  expect(first).toBeUndefined();
});
