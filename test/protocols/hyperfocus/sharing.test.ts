import { expect, test } from "bun:test";
import { startTestServer, stopAfterAll } from "../../support/server.ts";
import { dial, drain, gift, give, init, viewer } from "./frames.ts";

const server = stopAfterAll(await startTestServer({ env: { WS_PATH: "/live" } }));

const offer = (protocols: string[]) => server.connect("/live", { protocols });

test("on one path the offered subprotocol decides who is spoken to, and is echoed", async () => {
  const chat = await server.connect(`/live?token=${await server.token("ada")}`);
  expect(chat.socket.protocol).toBe("");
  await chat.join("chat-1");
  const stream = await offer(["something-else", "hyperfocus-protocol-v1"]);
  expect(stream.socket.protocol).toBe("hyperfocus-protocol-v1");
  stream.send(init("viewer", "v"));
  await stream.next("stream:status");

  await give(server, gift());
  chat.say("message", { chatId: "chat-1", content: "Hello" });
  expect((await chat.next())["type"]).toBe("message");
  expect((await drain(stream)).map(({ type }) => type)).toEqual(["gift:received"]);
  expect(await chat.drain()).toEqual([]);
});

test("each answers the other's words in its own", async () => {
  const chat = await server.connect(`/live?token=${await server.token("ada")}`);
  chat.send(init("viewer", "v"));
  expect(await chat.next()).toMatchObject({ type: "error", data: { code: 400 } });
  const stream = await offer(["hyperfocus-protocol-v1"]);
  stream.say("ping", { timestamp: 1 });
  expect(await stream.next()).toMatchObject({ type: "error", payload: { code: "INVALID_MESSAGE" } });
});

test("a client that offers only unknown subprotocols is refused", async () => {
  expect(offer(["hyperfocus-protocol-v2"])).rejects.toThrow("no connection");
});

test("a token that opens a chat opens no stream, and the other way round", async () => {
  const other = await startTestServer();
  const host = await dial(other, `?token=${await other.token("ada", { rooms: ["chat:s1"] })}`);
  host.send(init("host", "h"));
  expect(await host.next()).toMatchObject({ payload: { code: "FORBIDDEN" } });
  const chat = await other.chat("ada", { rooms: ["stream:s1"] });
  chat.say("chat_update", { action: "join", chatId: "s1" });
  expect(await chat.next()).toMatchObject({ data: { code: 403 } });
  expect((await viewer(other)).isOpen).toBe(true);
  await other.stop();
});
