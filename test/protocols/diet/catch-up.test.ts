import { afterEach, beforeEach, expect, test } from "bun:test";
import { type ChildServer, startChild } from "../../support/child.ts";
import { connect } from "../../support/client.ts";
import { AT, DietClient, dietClient } from "../../support/diet.ts";
import { temporaryDirectory } from "../../support/directory.ts";
import { failWrites } from "../../support/failing-writes.ts";
import { startTestServer, type TestServer } from "../../support/server.ts";
import { PATH } from "./samples.ts";

let server: TestServer;
beforeEach(async () => {
  server = await startTestServer();
});
afterEach(() => server.stop());

const directory = temporaryDirectory();
const COUNT = 1_000;
const ids = (from: number, to: number) => Array.from({ length: to - from }, (_, n) => `m-${from + n}`);
const direct = (to: string, messageId: string, content = "x") => ({
  ...{ user: to, type: "direct.message" },
  data: { messageId, fromUserId: "backend", toUserId: to, content, timestamp: AT, isRead: false },
});
const leave = async ({ client }: DietClient) => {
  client.close();
  await client.closed;
};
const received = (client: DietClient) =>
  client.client.frames
    .filter(({ type, success }) => type === "direct.message" && success === undefined)
    .map(({ data }) => data.messageId);

async function leftUnread(content = "x"): Promise<void> {
  const posts = ids(0, COUNT).map((id) => direct("bob", id, content));
  expect((await server.http("POST", "/v1/diet/events", posts)).status).toBe(200);
}

test("a thousand unread messages come in their order, and others are served in between", async () => {
  await leftUnread("x".repeat(3_000));
  const [ada, eve] = [await dietClient(server, "ada"), await dietClient(server, "eve")];
  const token = await server.token("bob", { rooms: [] });
  const bob = await server.connect(PATH);
  bob.send({ type: "auth", token, userId: "bob", sessionId: "s" });
  await bob.next("auth_response");
  const [served] = await Promise.all([
    ada.direct("eve", "In between", "m-x").then(() => bob.frames.length),
    bob.next(({ data }) => data?.messageId === `m-${COUNT - 1}`),
  ]);
  expect(served).toBeLessThan(COUNT);
  expect((await eve.event("direct.message"))["data"].content).toBe("In between");
  const got = bob.frames.filter(({ type }) => type === "direct.message").map(({ data }) => data.messageId);
  expect(got).toEqual(ids(0, COUNT));
});

test("what is said meanwhile comes after what is older, in its order and once", async () => {
  await leftUnread("x".repeat(1_000));
  const [ada, own] = [await dietClient(server, "ada"), await dietClient(server, "bob")];
  const bob = await dietClient(server, "bob");
  const said: Promise<unknown>[] = [];
  for (const id of ids(COUNT, COUNT + 300)) {
    said.push(ada.direct("bob", "meanwhile", id));
    if (said.length % 3 === 0) await said.at(-1);
  }
  await Promise.all(said);
  for (const client of [bob, own]) {
    const last = `m-${COUNT + 299}`;
    while (received(client).at(-1) !== last) await client.event("direct.message");
    expect(received(client)).toEqual(ids(0, COUNT + 300));
  }
});

test("what one says oneself while catching up is answered, and does not come again", async () => {
  await leftUnread();
  const bob = await dietClient(server, "bob");
  const answers = await Promise.all(ids(COUNT, COUNT + 20).map((id) => bob.direct("ada", "from Bob", id)));
  expect(answers.every(({ success }) => success)).toBe(true);
  while (received(bob).length < COUNT) await bob.event("direct.message");
  expect(await bob.types()).toHaveLength(COUNT);
  expect(received(bob)).toEqual(ids(0, COUNT));
});

test("a user who leaves while catching up loses nothing", async () => {
  await leftUnread("x".repeat(1_000));
  for (let n = 0; n < 3; n++) {
    const bob = await dietClient(server, "bob");
    await bob.event("direct.message");
    await leave(bob);
  }
  const bob = await dietClient(server, "bob");
  while (received(bob).length < COUNT) await bob.event("direct.message");
  expect(received(bob)).toEqual(ids(0, COUNT));
});

test("what was confirmed is there after the process was killed", async () => {
  const first = await startChild({ directory });
  try {
    const client = await childClient(first, "ada");
    const data = direct("bob", "m-0").data;
    const answer = await client.ask("direct.message", { ...data, fromUserId: "ada" });
    expect(answer["success"]).toBe(true);
    await first.kill();
    const second = await startChild({ directory });
    const bob = await childClient(second, "bob");
    expect((await bob.event("direct.message"))["data"].messageId).toBe("m-0");
    await second.kill();
  } finally {
    await first.kill();
  }
});

async function childClient(child: ChildServer, userId: string): Promise<DietClient> {
  const url = new URL(await child.url(userId));
  const client = await connect(`ws://${url.host}${PATH}`);
  client.send({ type: "auth", token: url.searchParams.get("token"), userId, sessionId: "s" });
  await client.next("auth_response");
  return new DietClient(userId, client);
}

test("what could not be stored meanwhile does not come, and nothing else is lost", async () => {
  const unread = ids(0, 3);
  const ada = await dietClient(server, "ada");
  for (const id of unread) await ada.direct("bob", "stored", id);
  // What a turn writes at its very end: a user who is greeted in it has its events by then.
  using trouble = failWrites(server, "state");
  let isOver = false;
  const flood = Array.from({ length: 20 }, async (_, lane) => {
    for (let n = 0; !isOver; n++) {
      expect((await ada.direct("bob", "refused", `no-${lane}-${n}`))["success"]).toBe(false);
    }
  });
  const bobs: DietClient[] = [];
  for (let n = 0; n < 10; n++) bobs.push(await dietClient(server, "bob"));
  isOver = true;
  await Promise.all(flood);
  trouble.mend();
  await ada.direct("bob", "stored", "last");
  for (const bob of bobs) {
    while (received(bob).at(-1) !== "last") await bob.event("direct.message");
    expect(received(bob)).toEqual([...unread, "last"]);
  }
});
