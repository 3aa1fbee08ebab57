import { describe, expect, test } from "bun:test";
import { GurukulClient, Refused } from "../../packages/client/src/index.ts";
import { startRelay } from "../support/relay.ts";
import { startTestServer, stopAfterAll } from "../support/server.ts";
import { hasty, noRate } from "./support.ts";

const server = stopAfterAll(await startTestServer());

/** A connected client, and the texts that it hears. */
async function talker(userId: string, port = server.port) {
  const heard: string[] = [];
  const client = new GurukulClient({
    url: `ws://127.0.0.1:${port}/ws`,
    token: () => server.token(userId),
    reconnect: hasty,
    rate: noRate,
  });
  client.subscribe("message", ({ data }) => heard.push(data.message.content));
  await client.connect();
  return { client, heard };
}

/** Resolves once the client hears this. */
const hears = (client: GurukulClient, content: string) =>
  new Promise<void>((resolve) =>
    client.subscribe("message", ({ data }) => data.message.content === content && resolve()),
  );

test("a message resolves to itself as it was stored, and the others in the chat hear it", async () => {
  const ada = await talker("ada");
  const bob = await talker("bob");
  expect((await bob.client.join("c1"))?.data.updates.messageCount).toBe(0);
  const heard = hears(bob.client, "Hello, Bob!");
  const { data } = await ada.client.send({ type: "message", data: { chatId: "c1", content: "Hello, Bob!" } });
  expect(data.message).toMatchObject({ chatId: "c1", userId: "ada", role: "user", content: "Hello, Bob!" });
  await heard;
  await Promise.all([ada.client.disconnect(), bob.client.disconnect()]);
});

test("a user who joins hears the last messages, and then each once", async () => {
  const ada = await talker("ada");
  for (const content of ["one", "two"]) {
    await ada.client.send({ type: "message", data: { chatId: "c2", content } });
  }
  const bob = await talker("bob");
  await bob.client.join("c2");
  await bob.client.join("c2");
  const heard = hears(bob.client, "three");
  await ada.client.send({ type: "message", data: { chatId: "c2", content: "three" } });
  await heard;
  expect(bob.heard).toEqual(["one", "two", "three"]);
  await Promise.all([ada.client.disconnect(), bob.client.disconnect()]);
});

test("a message that the server refuses is rejected with its words, and the next one goes", async () => {
  const { client } = await talker("ada");
  const refused = client.send({ type: "message", data: { chatId: "no such id", content: "x" } });
  const next = client.send({ type: "message", data: { chatId: "c3", content: "y" } });
  const error = await refused.catch((error: unknown) => error);
  expect(error).toBeInstanceOf(Refused);
  expect(error).toMatchObject({ code: 400, message: expect.stringContaining("chatId") });
  expect((await next).data.message.content).toBe("y");
  await client.disconnect();
});

test("an error about something else costs the awaited message nothing", async () => {
  const { client } = await talker("ada");
  const errors: number[] = [];
  client.subscribe("error", ({ data }) => errors.push(data.code));
  const typing = client.send({ type: "typing", data: { chatId: "c3", userId: "mallory", isTyping: true } });
  const message = client.send({ type: "message", data: { chatId: "c3", content: "still here" } });
  await typing;
  expect((await message).data.message.content).toBe("still here");
  expect(errors).toEqual([403]);
  await client.disconnect();
});

test("leaving ends what is heard", async () => {
  const ada = await talker("ada");
  const bob = await talker("bob");
  await bob.client.join("c4");
  await bob.client.leave("c4");
  await ada.client.send({ type: "message", data: { chatId: "c4", content: "unheard" } });
  await bob.client.join("c5");
  expect(bob.heard).toEqual([]);
  await Promise.all([ada.client.disconnect(), bob.client.disconnect()]);
});

test("receipts are confirmed, with the token's user filled in", async () => {
  const { client } = await talker("ada");
  const { data } = await client.send({ type: "message", data: { chatId: "c6", content: "read me" } });
  const receipt = await client.send({
    type: "read_receipt",
    data: { chatId: "c6", messageIds: [data.message.id] },
  });
  expect(receipt.data).toMatchObject({ userId: "ada", messageIds: [data.message.id], confirmed: true });
  await client.disconnect();
});

test("a message that a backend takes back is told of", async () => {
  const ada = await talker("ada");
  const bob = await talker("bob");
  await bob.client.join("c11");
  const { data } = await ada.client.send({ type: "message", data: { chatId: "c11", content: "secret" } });
  const told = new Promise((resolve) => bob.client.subscribe("redacted", resolve));
  const { id } = data.message;
  expect((await server.http("DELETE", `/v1/rooms/chat:c11/messages/${id}`)).status).toBe(204);
  expect(await told).toEqual({ chatId: "c11", id });
  await Promise.all([ada.client.disconnect(), bob.client.disconnect()]);
});

describe("when the line is cut", () => {
  test("what was said meanwhile is heard once, and what is sent meanwhile arrives", async () => {
    const relay = await startRelay(server.port);
    const ada = await talker("ada");
    const bob = await talker("bob", relay.port);
    await bob.client.join("c7");
    await ada.client.send({ type: "message", data: { chatId: "c7", content: "before" } });
    relay.breakOff();
    const sent = bob.client.send({ type: "message", data: { chatId: "c7", content: "from bob" } });
    await ada.client.send({ type: "message", data: { chatId: "c7", content: "meanwhile" } });
    const heard = hears(bob.client, "after");
    await sent;
    await ada.client.send({ type: "message", data: { chatId: "c7", content: "after" } });
    await heard;
    expect(bob.heard.toSorted()).toEqual(["after", "before", "from bob", "meanwhile"]);
    await Promise.all([ada.client.disconnect(), bob.client.disconnect()]);
    relay.stop();
  });

  test("more than a joiner is told is heard all the same", async () => {
    const relay = await startRelay(server.port);
    const ada = await talker("ada");
    const bob = await talker("bob", relay.port);
    await bob.client.join("c8");
    await bob.client.disconnect();
    const all = Array.from({ length: 60 }, (_, n) => `${n}`);
    for (const content of all) await ada.client.send({ type: "message", data: { chatId: "c8", content } });
    const last = hears(bob.client, "59");
    await bob.client.connect();
    await last;
    expect(bob.heard).toEqual(all);
    await Promise.all([ada.client.disconnect(), bob.client.disconnect()]);
    relay.stop();
  });

  test("a chat that was left begins with its last messages when it is joined again", async () => {
    const ada = await talker("ada");
    const bob = await talker("bob");
    const say = (content: string) => ada.client.send({ type: "message", data: { chatId: "c10", content } });
    await say("one");
    await bob.client.join("c10");
    await bob.client.leave("c10");
    await bob.client.disconnect();
    await say("two");
    await bob.client.connect();
    const heard = hears(bob.client, "two");
    await bob.client.join("c10");
    await heard;
    expect(bob.heard).toEqual(["one", "one", "two"]);
    await Promise.all([ada.client.disconnect(), bob.client.disconnect()]);
  });
});

test("a message longer than the server takes is refused, and the next one goes on another connection", async () => {
  const { client } = await talker("ada");
  const long = client.send({ type: "message", data: { chatId: "c9", content: "x".repeat(100_000) } });
  const next = client.send({ type: "message", data: { chatId: "c9", content: "short" } });
  expect(await long.catch((error: unknown) => error)).toMatchObject({ name: "Refused", code: 1009 });
  expect((await next).data.message.content).toBe("short");
  await client.disconnect();
});

test("a token that is refused ends it, with a state that says so", async () => {
  const client = new GurukulClient({ url: server.url("/ws"), token: "no token", reconnect: hasty });
  await expect(client.connect()).rejects.toThrow("Authentication failed");
  expect(client.getConnectionState()).toBe("error");
});

test("another token is asked for once when one is refused", async () => {
  const tokens = ["worn out", await server.token("ada")];
  const client = new GurukulClient({
    url: server.url("/ws"),
    token: () => tokens.shift() ?? "",
    reconnect: hasty,
    rate: noRate,
  });
  await client.connect();
  expect(client.isConnected()).toBe(true);
  await client.disconnect();
  expect(client.getConnectionState()).toBe("disconnected");

  let asked = 0;
  const hopeless = new GurukulClient({
    url: server.url("/ws"),
    token: () => `worn out ${++asked}`,
    reconnect: hasty,
    rate: noRate,
  });
  await expect(hopeless.connect()).rejects.toThrow("Authentication failed");
  expect(asked).toBe(2);
});
