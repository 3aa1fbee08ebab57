import { expect, test } from "bun:test";
import type { TestClient } from "../../support/client.ts";
import { startTestServer, stopAfterAll } from "../../support/server.ts";
import { ANALYTICS, CHAT, drain, enter, frame } from "./clients.ts";

let contexts = 0;
let contextId: string;
const server = stopAfterAll(await startTestServer());

const join = (userId: string, name?: string, path = CHAT): Promise<TestClient> =>
  enter(server, path, userId, { contextId, ...(name !== undefined && { name }) });
async function first(userId: string): Promise<TestClient> {
  contextId = `c-${++contexts}`;
  return join(userId);
}
async function leave(...clients: readonly TestClient[]): Promise<void> {
  for (const client of clients) {
    client.close();
    await client.closed;
  }
}

const joined = (userId: string, username = userId) => frame("user_joined", { userId, username });
const left = (userId: string, username = userId) => frame("user_left", { userId, username });

test("who joins and leaves is told to the others, and not to himself", async () => {
  const ada = await first("ada");
  const bob = await join("bob");
  expect(await drain(bob)).toEqual([]);
  await leave(bob);
  expect([await ada.next(), await ada.next()]).toEqual([joined("bob"), left("bob")]);
  expect(await drain(ada)).toEqual([]);
});

test("a user joins with the first of his connections, and leaves with the last", async () => {
  const ada = await first("ada");
  const [laptop, phone] = [await join("bob"), await join("bob")];
  expect(await ada.next()).toEqual(joined("bob"));
  await leave(laptop);
  const tablet = await join("bob");
  await leave(phone);
  expect(await drain(ada)).toEqual([]);
  await leave(tablet);
  expect(await ada.next()).toEqual(left("bob"));
  expect(await drain(await join("bob"))).toEqual([]);
  expect(await ada.next()).toEqual(joined("bob"));
});

test("a name is shown as it is, without tags, and for want of one the user id", async () => {
  const ada = await first("ada");
  await join("bob", "<i>Bob</i> & co");
  expect(await ada.next()).toEqual(joined("bob", "Bob & co"));
  await join("cyd", "<img src=x>");
  expect(await ada.next()).toEqual(joined("cyd"));
});

test("who looks at the analytics of a context does not join its chat", async () => {
  const ada = await first("ada");
  const dashboard = await join("bob", undefined, ANALYTICS);
  expect(await drain(ada)).toEqual([]);
  const bob = await join("bob");
  expect(await ada.next()).toEqual(joined("bob"));
  await leave(bob);
  expect(await ada.next()).toEqual(left("bob"));
  await leave(dashboard);
  expect(await drain(ada)).toEqual([]);
});

test("contexts do not hear of each other", async () => {
  const ada = await first("ada");
  const bob = await first("bob");
  await leave(bob);
  expect(await drain(ada)).toEqual([]);
});

test("whose connection is refused was never there", async () => {
  const ada = await first("ada");
  const eve = await server.connect(
    `${CHAT}?token=${await server.token("eve", { rooms: ["context:x"] })}&contextId=${contextId}`,
  );
  await eve.closed;
  expect(await drain(ada)).toEqual([]);
});

test("what is sent with the token comes after the joining", async () => {
  const ada = await first("ada");
  const bob = await server.connect(CHAT);
  bob.send({ type: "auth", token: await server.token("bob"), contextId });
  bob.send({ type: "message", data: { content: "Hello" } });
  expect([(await ada.next())["type"], (await ada.next())["type"]]).toEqual(["user_joined", "message"]);
});
