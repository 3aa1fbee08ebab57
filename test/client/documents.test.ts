import { expect, spyOn, test } from "bun:test";
import { CollaborationWebSocketClient, Refused } from "../../packages/client/src/index.ts";
import { eventually } from "../support/eventually.ts";
import { startRelay } from "../support/relay.ts";
import { startTestServer, stopAfterAll } from "../support/server.ts";
import { hasty, noRate, outcome } from "./support.ts";

const server = stopAfterAll(await startTestServer());

async function author(userId: string, port = server.port) {
  const client = new CollaborationWebSocketClient({
    ...{ url: `ws://127.0.0.1:${port}/api/collaboration/ws`, token: await server.token(userId) },
    ...{ rate: noRate, reconnect: hasty },
  });
  await client.connect();
  return client;
}

/** What the server has, as somebody sees it who has not been there. */
async function stored(sessionId: string): Promise<string> {
  const client = await author("reader");
  const { text } = await client.join(sessionId, "observer");
  await client.disconnect();
  return text;
}

test("a session that is joined twice has one document, which is left when it has been left as often", async () => {
  const ada = await author("ada");
  const [one, other] = await Promise.all([ada.join("twice"), ada.join("twice")]);
  one.edit(0, 0, "one ");
  other.edit(4, 0, "two");
  expect([one.text, other.text]).toEqual(["one two", "one two"]);
  await one.leave();
  other.edit(0, 0, "still ");
  await other.settled();
  expect(await stored("twice")).toBe("still one two");
  await other.leave();
  expect(other.isJoined).toBe(false);
  expect(() => other.edit(0, 0, "x")).toThrow("left");
  // And again.
  const again = await ada.join("twice");
  again.edit(0, 0, "again: ");
  await again.settled();
  expect(await stored("twice")).toBe("again: still one two");
  await ada.disconnect();
});

test("join, leave and join in one task end in the session", async () => {
  const ada = await author("ada");
  const first = ada.join("strict").then((text) => text.leave());
  const second = ada.join("strict");
  await first;
  const text = await second;
  text.edit(0, 0, "there");
  await text.settled();
  expect(await stored("strict")).toBe("there");
  const left = text.leave();
  const third = ada.join("strict");
  await left;
  (await third).edit(0, 0, "still ");
  await (await third).settled();
  expect(await stored("strict")).toBe("still there");
  await ada.disconnect();
});

test("a join that is refused can be tried again", async () => {
  const ada = await author("ada");
  const [one, other] = await Promise.all([outcome(ada.join("no such id")), outcome(ada.join("no such id"))]);
  expect([one, other]).toEqual([expect.any(Refused), expect.any(Refused)]);
  expect(await outcome(ada.join("no such id"))).toBeInstanceOf(Refused);
  await ada.disconnect();
});

test("who joins as an observer may not edit until they join as a participant", async () => {
  const ada = await author("ada");
  const text = await ada.join("roles", "observer");
  const heard: boolean[] = [];
  text.onReadOnly((isReadOnly) => heard.push(isReadOnly));
  expect(text.isReadOnly).toBe(true);
  expect(() => text.edit(0, 0, "x")).toThrow("observer");
  await ada.join("roles", "participant");
  expect(text.isReadOnly).toBe(false);
  text.edit(0, 0, "written");
  await text.settled();
  await ada.join("roles", "observer");
  expect(() => text.edit(0, 0, "x")).toThrow("observer");
  expect(heard).toEqual([false, true]);
  expect(await stored("roles")).toBe("written");
  await ada.disconnect();
});

test("a role is kept when the line is cut", async () => {
  const relay = await startRelay(server.port);
  const ada = await author("ada", relay.port);
  const text = await ada.join("kept-role", "observer");
  await ada.join("kept-role", "participant");
  relay.breakOff();
  await eventually(() => !text.isJoined);
  text.edit(0, 0, "offline");
  await text.settled();
  expect(await stored("kept-role")).toBe("offline");
  await ada.disconnect();
  relay.stop();
});

test("after a session has ended an edit throws, and the document is read-only", async () => {
  const ada = await author("ada");
  const text = await ada.join("ended");
  const heard: boolean[] = [];
  text.onReadOnly((isReadOnly) => heard.push(isReadOnly));
  text.edit(0, 0, "here");
  await text.settled();
  await server.http("DELETE", "/v1/rooms/session:ended");
  await eventually(() => !text.isJoined);
  expect(() => text.edit(0, 0, "x")).toThrow("The session is over: join the session again");
  expect(text.text).toBe("here");
  expect(heard).toEqual([true]);
  await ada.disconnect();
});

test("leaving waits until the server has everything", async () => {
  const ada = await author("ada");
  const text = await ada.join("leaving");
  text.edit(0, 0, "one");
  text.edit(3, 0, " two");
  await text.leave();
  expect(await stored("leaving")).toBe("one two");
  await ada.disconnect();
});

test("leaving without a connection names what is not saved", async () => {
  const ada = await author("ada");
  const text = await ada.join("unsaved");
  text.edit(0, 0, "saved");
  await text.settled();
  await ada.disconnect();
  text.edit(5, 0, " and not");
  expect(await outcome(text.leave())).toMatchObject({
    name: "Unsaved",
    changes: [{ position: 5, length: 0, content: " and not" }],
  });
  await ada.connect();
  expect(text.isJoined).toBe(false);
  expect(await stored("unsaved")).toBe("saved");
  await ada.disconnect();
});

test("who waits for everything to be saved is told when the connection is given up", async () => {
  const ada = await author("ada");
  const text = await ada.join("given-up");
  await ada.disconnect();
  expect(await outcome(text.settled())).toBe("resolved");
  text.edit(0, 0, "x");
  void ada.connect();
  const settled = outcome(text.settled());
  await ada.disconnect();
  expect(await settled).toMatchObject({ name: "Unsaved" });
});

test("a text that is too large for the document goes away again, all of it, and the error is told", async () => {
  const ada = await author("ada");
  const bob = await author("bob");
  const [text, other] = [await ada.join("large"), await bob.join("large")];
  text.edit(0, 0, "Hello, world");
  await text.settled();
  await eventually(() => other.text === "Hello, world");
  const refused: string[] = [];
  text.onRefused(({ error }) => refused.push(error.message));
  let shown = text.text;
  text.onChange((changes) => {
    for (const { position, length, content } of changes) {
      shown = shown.slice(0, position) + content + shown.slice(position + length);
    }
  });
  const content = "x".repeat(1_000_000);
  text.edit(7, 5, content);
  shown = `Hello, ${content}`;
  other.edit(0, 0, "> ");
  const error = await outcome(text.settled());
  expect(error).toBeInstanceOf(Refused);
  expect(refused).toHaveLength(1);
  await text.settled();
  await eventually(() => text.text === "> Hello, world");
  await text.settled();
  expect(shown).toBe("> Hello, world");
  await eventually(() => other.text === "> Hello, world");
  expect(await stored("large")).toBe("> Hello, world");
  await Promise.all([ada.disconnect(), bob.disconnect()]);
}, 60_000);

test("a large text that fits arrives whole", async () => {
  const ada = await author("ada");
  const text = await ada.join("fits");
  const content = "0123456789".repeat(30_000);
  text.edit(0, 0, content);
  await text.settled();
  expect((await stored("fits")) === content).toBe(true);
  await ada.disconnect();
}, 60_000);

test("a handler that throws while the document is joined again stops neither the others nor the client", async () => {
  const thrown: unknown[] = [];
  const report = spyOn(globalThis, "queueMicrotask").mockImplementation((work) => {
    try {
      work();
    } catch (error) {
      thrown.push(error);
    }
  });
  const relay = await startRelay(server.port);
  const ada = await author("ada", relay.port);
  const bob = await author("bob");
  const [text, other] = [await ada.join("throws"), await bob.join("throws")];
  text.onChange(() => {
    throw new Error("the view is destroyed");
  });
  const heard: string[] = [];
  text.onChange(() => heard.push(text.text));
  relay.breakOff();
  await eventually(() => !text.isJoined);
  other.edit(0, 0, "while away");
  await other.settled();
  await eventually(() => text.text === "while away");
  text.edit(0, 0, "back: ");
  await text.settled();
  report.mockRestore();
  expect(heard).toEqual(["while away"]);
  expect(thrown).toEqual([new Error("the view is destroyed")]);
  expect(await stored("throws")).toBe("back: while away");
  await Promise.all([ada.disconnect(), bob.disconnect()]);
  relay.stop();
});
