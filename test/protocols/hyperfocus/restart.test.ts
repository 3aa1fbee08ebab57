import { afterEach, beforeEach, expect, test } from "bun:test";
import { FakeClock } from "../../support/fake-clock.ts";
import { startTestServer, type TestServer } from "../../support/server.ts";
import { ack, drain, from, gift, gifts, give, host, setStatus, statuses, viewer } from "./frames.ts";

let clock: FakeClock;
let server: TestServer;

const restart = async () => {
  server = await server.restart();
};
beforeEach(async () => {
  clock = new FakeClock();
  server = await startTestServer({ clock, env: { MAX_GIFTS_PER_SECOND: "2" } });
});
afterEach(() => server.stop());

test("what waits survives a restart, and goes on at the pace as soon as somebody is there", async () => {
  await give(server, ...["a", "b", "c", "d", "e"].map((user) => from(user, { quantity: 2 })), from("c"));
  await restart();
  clock.advance(500);
  const client = await viewer(server);
  expect(gifts(await drain(client))).toEqual([]);
  clock.advance(600);
  expect(gifts(await drain(client)).map(({ sender, quantity }) => [sender.userId, quantity])).toEqual([
    ["c", 3],
    ["d", 2],
  ]);
  await restart();
  const again = await viewer(server);
  clock.advance(1_100);
  expect(gifts(await drain(again)).map(({ sender }) => sender.userId)).toEqual(["e"]);
  clock.advance(10_000);
  expect(gifts(await drain(again))).toEqual([]);
});

test("a combo, a rank and the value of a type go on where they were", async () => {
  await give(server, gift({ quantity: 1, totalValue: 7 }));
  await restart();
  const client = await viewer(server);
  clock.advance(4_000);
  await give(server, gift({ quantity: 2 }), from("other", { totalValue: 1 }));
  const [first, second] = gifts(await drain(client));
  expect(first).toMatchObject({ totalValue: 14, metadata: { comboCount: 2, isStreak: true, rank: 1 } });
  expect(second).toMatchObject({ metadata: { comboCount: 1, rank: 3 } });
});

test("a repeated id is one still", async () => {
  await give(server, gift({ giftId: "g" }));
  await restart();
  const client = await viewer(server);
  await give(server, gift({ giftId: "g" }));
  expect(gifts(await drain(client))).toEqual([]);
});

test("the status and its goal are as they were", async () => {
  const currentGoal = { type: "revenue", target: 100, current: 1, description: "" };
  await setStatus(server, { isLive: true, startedAt: "2025-10-28T23:59:59.999Z", currentGoal });
  await give(server, gift({ totalValue: 0.1 }), gift({ totalValue: 0.2 }));
  await restart();
  const client = await host(server);
  expect(statuses(client.frames)).toEqual([
    {
      isLive: true,
      viewerCount: 0,
      startedAt: "2025-10-28T23:59:59.999Z",
      currentGoal: { ...currentGoal, current: 1.3 },
    },
  ]);
});

test("what a host has acknowledged stays so", async () => {
  const before = await host(server);
  await give(server, from("a", { giftId: "a" }), from("b", { giftId: "b" }));
  before.send(ack("b"));
  await drain(before);
  await restart();
  expect(gifts(await drain(await host(server))).map(({ giftId }) => giftId)).toEqual(["a"]);
});
