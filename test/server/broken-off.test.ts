import { expect, test } from "bun:test";
import { eventually } from "../support/eventually.ts";
import { CLOSE } from "../support/raw-frames.ts";
import { RawSocket } from "../support/raw-socket.ts";
import { endingsOf } from "../support/records.ts";
import { startTestServer, stopAfterAll } from "../support/server.ts";

const server = stopAfterAll(await startTestServer());

const connect = async (userId: string) =>
  RawSocket.upgrade(server.port, `/ws?token=${await server.token(userId)}`);

test.each([
  ["closes only its own half", (peer: RawSocket) => peer.halfClose()],
  ["breaks off", (peer: RawSocket) => peer.destroy()],
])("a peer that %s is gone for the server, and what it has said counts", async (how, go) => {
  const userId = how.replaceAll(" ", "-");
  const other = await server.chat("other");
  await other.join("c");
  const peer = await connect(userId);
  peer.say("chat_update", { action: "join", chatId: "c" });
  await peer.hear("chat_update");
  peer.say("message", { chatId: "c", content: how });
  expect((await other.next("message"))["data"].message.content).toBe(how);
  go(peer);
  await peer.ended;
  await eventually(() => endingsOf(server, userId).length === 1);
  expect(endingsOf(server, userId)).toEqual([{ code: 1006, reason: "" }]);
  const user = await server.http("GET", `/v1/users/${userId}`);
  expect(await user.json()).toMatchObject({ online: false });
  other.close();
  await other.closed;
});

test("the reason that a peer closes with is a stranger's text, and none of the log's", async () => {
  const peer = await connect("talkative");
  peer.say("ping", {});
  await peer.hear("pong");
  peer.send(Buffer.concat([Buffer.from([3, 232]), Buffer.from("my secret\u009b31m")]), { opcode: CLOSE });
  await peer.ended;
  await eventually(() => endingsOf(server, "talkative").length === 1);
  expect(endingsOf(server, "talkative")).toEqual([{ code: 1000, reason: "" }]);
  expect(server.lines.join("")).not.toContain("my secret");
});

test("what a peer says right before it closes its half is heard", async () => {
  const other = await server.chat("other");
  await other.join("d");
  const peer = await connect("hasty");
  peer.say("ping", {});
  await peer.hear("pong");
  peer.say("message", { chatId: "d", content: "last words" });
  peer.halfClose();
  expect((await other.next("message"))["data"].message.content).toBe("last words");
});
