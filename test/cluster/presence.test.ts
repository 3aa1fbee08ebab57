import { expect, test } from "bun:test";
import type { Frame, TestClient } from "../support/client.ts";
import { clusterEnv, hasNats, startNats } from "../support/nats.ts";
import { startTestServer, stopAfterAll, type TestServer } from "../support/server.ts";

const nats = hasNats ? stopAfterAll(await startNats()) : undefined;
const startNode = async (name: string) =>
  stopAfterAll(await startTestServer({ env: { ...clusterEnv(nats!, name), MAX_CONNECTIONS_PER_USER: "3" } }));
const a = nats && (await startNode("a"));
const b = nats && (await startNode("b"));

const enter = async (node: TestServer, userId: string, contextId: string): Promise<TestClient> => {
  const token = await node.token(userId);
  const client = await node.connect(`/api/chat/ws?contextId=${contextId}&token=${token}`);
  await client.next("connected");
  return client;
};
const about = (userId: string) => (frame: Frame) => frame["data"]?.userId === userId;
const leave = async (client: TestClient) => {
  client.close();
  await client.closed;
};

test.skipIf(!nats)("a user joins and leaves once, through whichever nodes", async () => {
  const [bob, cyd] = [await enter(a!, "bob", "c"), await enter(b!, "cyd", "c")];
  const first = await enter(b!, "ann", "c");
  for (const one of [bob, cyd]) expect((await one.next(about("ann")))["type"]).toBe("user_joined");
  const second = await enter(a!, "ann", "c");
  await leave(first);
  await leave(second);
  for (const one of [bob, cyd]) expect((await one.next(about("ann")))["type"]).toBe("user_left");
});

test.skipIf(!nats)("typing crosses nodes", async () => {
  const [ann, bob] = [await a!.chat("ann"), await b!.chat("bob")];
  for (const one of [ann, bob]) await one.join("c1");
  ann.say("typing", { chatId: "c1", userId: "ann", isTyping: true });
  expect((await bob.next("typing"))["data"]).toEqual({ chatId: "c1", userId: "ann", isTyping: true });
});

test.skipIf(!nats)(
  "a node that starts later knows who is there; the users of one that stops leave",
  async () => {
    const ann = await enter(a!, "dan", "c2");
    const late = await startNode("late");
    const eve = await enter(late, "eve", "c2");
    expect((await ann.next(about("eve")))["type"]).toBe("user_joined");
    // Who is there already does not join once more.
    const again = await enter(late, "dan", "c2");
    await leave(again);
    await late.shutdown();
    expect((await eve.closed).code).toBe(1012);
    expect((await ann.next((frame) => frame["type"].startsWith("user_")))["type"]).toBe("user_left");
  },
);

test.skipIf(!nats)("the limit of connections of a user holds for all nodes together", async () => {
  const bob = await enter(b!, "gus", "c3");
  for (let n = 1; n <= 3; n++) await enter(a!, "fay", "c3");
  await enter(a!, "hal", "c3");
  // What came before has come too.
  await bob.next(about("hal"));
  const fourth = await b!.connect(`/api/chat/ws?contextId=c3&token=${await b!.token("fay")}`);
  expect((await fourth.closed).code).not.toBe(1000);
  expect(fourth.frames.map(({ type }) => type)).not.toContain("connected");
});
