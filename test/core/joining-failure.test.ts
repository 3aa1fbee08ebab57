import { expect, test } from "bun:test";
import { Access } from "../../src/core/access.ts";
import { ConnectionContext } from "../../src/core/context.ts";
import { FakeClock } from "../support/fake-clock.ts";
import { createTurns, nextTurn, ROOM } from "../support/turns.ts";

const nobody = new Access({ isMember: () => false, isOpen: () => false, roomsOf: () => [] });

test("what a greeting saw of a turn that could not be committed is shown to nobody who can take it back", async () => {
  const { connect, failWith, rooms, say, seen, stored, turns } = createTurns();
  const [ada, bob] = [connect("ada"), connect("bob", { joined: false })];
  const context = new ConnectionContext(bob, new FakeClock(), turns, rooms, nobody, () => {});
  let failures = 0;
  const enter = () =>
    context.join(ROOM, () => [`bob is told: ${stored()}`], {
      failed: () => failures++,
      unless: () => failures === 1,
    });
  failWith(new Error("disk full"));
  say(ada, "never kept");
  enter();
  await nextTurn();
  expect(failures).toBe(1);
  expect(seen().filter((line) => line.startsWith("bob"))).toEqual([]);

  failWith(undefined);
  say(ada, "kept");
  failures = 0;
  enter();
  await nextTurn();
  expect(seen().filter((line) => line.startsWith("bob"))).toEqual(['bob: bob is told: 1 "kept (1)"']);
});
