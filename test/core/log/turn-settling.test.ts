import { expect, test } from "bun:test";
import { Access } from "../../../src/core/inbound/access.ts";
import { ConnectionContext } from "../../../src/core/inbound/context.ts";
import { Resumption } from "../../../src/core/inbound/resumption.ts";
import type { Connection } from "../../../src/core/outbound/connection.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { createTurns, nextTurn, ROOM } from "../../support/turns.ts";

const nobody = { isMember: () => false, isOpen: () => false, roomsOf: () => [] };
const unused = { authenticate: async () => {} };

function createStage() {
  const stage = createTurns();
  const { rooms, store, turns } = stage;
  const clock = new FakeClock();
  const context = (connection: Connection) =>
    new ConnectionContext(connection, {
      ...{ clock, access: new Access(nobody), turns, rooms, authenticator: unused },
      resumption: new Resumption(clock, turns, rooms, store, { resumedEvents: 0, bufferedBytes: 1_048_576 }),
    });
  return { ...stage, context };
}

test("a room is empty once the turn is over, not when it is left on the way to a join", async () => {
  const { connect, context, seen } = createStage();
  const ctx = context(connect("ada"));
  ctx.leave(ROOM);
  ctx.join(ROOM, () => ["hello"]);
  await nextTurn();
  expect(seen()).toEqual(["ada: hello"]);
  ctx.leave(ROOM);
  await nextTurn();
  expect(seen()).toEqual([`${ROOM} is empty`]);
});

test("who has closed before the turn ends is not greeted, and joins nothing", async () => {
  const { connect, context, rooms, seen } = createStage();
  const ada = connect("ada", { joined: false });
  let greetings = 0;
  context(ada).join(ROOM, () => {
    greetings++;
    return ["hello"];
  });
  ada.close(1000, "");
  await nextTurn();
  expect([greetings, rooms.has(ROOM)]).toEqual([0, false]);
  expect(seen()).toEqual(["ada: closed 1000 "]);
});

test("a greeting of who is closed by the same turn leaves an empty room, and its protocol is told", async () => {
  const { connect, context, seen, turns } = createStage();
  const ada = connect("ada", { joined: false });
  turns.after(() => ada.close(1008, "no"));
  context(ada).join(ROOM, () => ["hello"]);
  await nextTurn();
  expect(seen()).toEqual(["ada: closed 1008 no", `${ROOM} is empty`]);
});

test("so does one whose turn could not be committed", async () => {
  const { connect, context, failWith, say, seen } = createStage();
  const [ada, bob] = [connect("ada", { joined: false }), connect("bob", { joined: false })];
  failWith(new Error("disk full"));
  say(bob, "one");
  const ctx = context(ada);
  ctx.begin();
  ctx.join(ROOM, () => ["hello"]);
  ctx.end();
  await nextTurn();
  expect(seen()).toEqual(["rollback", "bob: refused internal", "ada: refused internal", `${ROOM} is empty`]);
});

test("what a handler has changed is taken back when the commit fails, the last change first", async () => {
  const { connect, context, failWith, say } = createStage();
  const [ada, eve] = [connect("ada"), connect("eve")];
  const kept = { ada: 0, eve: 0 };
  const change = (name: keyof typeof kept, ctx: ConnectionContext, value: number) => {
    ctx.begin();
    const before = kept[name];
    kept[name] = value;
    ctx.undo(() => {
      kept[name] = before;
    });
    ctx.leave(ROOM);
    ctx.end();
  };
  const [adas, eves] = [context(ada), context(eve)];
  change("ada", adas, 1);
  await nextTurn();
  failWith(new Error("disk full"));
  say(ada, "one");
  change("ada", adas, 2);
  change("ada", adas, 3);
  change("eve", eves, 1);
  eve.close(1000, "");
  await nextTurn();
  // Who has closed has left everything already.
  expect(kept).toEqual({ ada: 1, eve: 1 });
});
