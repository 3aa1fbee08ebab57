import { describe, expect, test } from "bun:test";
import { CHAT, COLLABORATION, enter, ROOM, say, tokenWith } from "../protocols/atomic/clients.ts";
import type { Frame } from "../support/client.ts";
import { AT, dietClient } from "../support/diet.ts";
import { startTestServer, stopAfterAll } from "../support/server.ts";

const server = stopAfterAll(await startTestServer());
const TAG = "<img/src=x/onerror=alert(1)>";
/** What others are shown of a user whose id is a tag and who has no name. */
const MADE = /^user-[0-9a-z]+$/;

const messagesOf = async (room: string): Promise<Frame[]> => {
  const answer = await server.http("GET", `/v1/rooms/${encodeURIComponent(room)}/messages`);
  return ((await answer.json()) as { messages: Frame[] }).messages;
};
async function post(contract: string, event: unknown): Promise<void> {
  const answer = await server.http("POST", `/v1/${contract}/events`, event);
  expect([answer.status, await answer.text()]).toEqual([200, expect.any(String)]);
}

describe("atomic", () => {
  test("a user whose id is a tag has another name for others", async () => {
    const ada = await enter(server, CHAT, "ada", { rooms: [ROOM] });
    const eve = await enter(server, CHAT, TAG, { rooms: [ROOM] });
    expect((await ada.next("user_joined"))["data"]).toEqual({
      userId: TAG,
      username: expect.stringMatching(MADE),
    });
    say(eve, "hello");
    const { data } = await ada.next("message");
    expect([data.author, data.authorId]).toEqual([expect.stringMatching(MADE), TAG]);
    const editor = await enter(server, COLLABORATION, TAG, { rooms: [ROOM, "session:s"] });
    editor.send({ type: "join_session", data: { sessionId: "s", role: "participant" } });
    const { data: joined } = await editor.next("session_joined");
    expect(joined.participants).toEqual([expect.objectContaining({ username: expect.stringMatching(MADE) })]);
  });

  test("half a surrogate pair in a name is stored for nobody", async () => {
    const token = await tokenWith({ sub: "bob", name: "bob\ud83d", rooms: ["context:half"] });
    const bob = await server.connect(`${CHAT}?token=${token}&contextId=half`);
    await bob.next("connected");
    say(bob, "hello");
    await bob.next("message");
    const [message] = await messagesOf("context:half");
    expect(message?.["author"]).toBe("bob\ufffd");
  });

  test("a backend's author that is markup alone becomes the author's id", async () => {
    const data = { content: "hi", author: TAG, authorId: "ada" };
    await post("atomic", { room: "context:posted", type: "message", data });
    expect((await messagesOf("context:posted"))[0]).toMatchObject({ author: "ada" });
  });
});

describe("gurukul", () => {
  test("a chat whose id is a tag, and that has no title, is shown as a chat", async () => {
    const ada = await server.chat("ada", { rooms: ["chat:*"] });
    ada.say("chat_update", { action: "join", chatId: TAG });
    expect((await ada.next("chat_update"))["data"].updates.title).toBe("Chat");
  });

  test("an agent's name with markup is refused, to clients and to backends", async () => {
    const ada = await server.chat("ada", { rooms: ["chat:*"] });
    ada.say("message", { chatId: "agents", content: "hi", agentId: TAG });
    expect((await ada.next("error"))["data"].message).toContain("agentId");
    const data = { chatId: "agents", userId: "assistant", agentId: TAG, isTyping: true };
    const answer = await server.http("POST", "/v1/gurukul/events", {
      room: "chat:agents",
      type: "typing",
      data,
    });
    expect(answer.status).toBe(400);
  });

  test("a backend's metadata and titles hold no tag", async () => {
    const message = {
      ...{ id: "m1", chatId: "c", userId: "assistant", content: "hi", role: "assistant", timestamp: AT },
      metadata: { sources: [{ title: `Book ${TAG}` }], pages: 2 },
    };
    await post("gurukul", { room: "chat:c", type: "message", data: { chatId: "c", message } });
    expect((await messagesOf("chat:c"))[0]?.["metadata"]).toEqual({
      sources: [{ title: "Book " }],
      pages: 2,
    });
    const ada = await server.chat("ada", { rooms: ["chat:*"] });
    await ada.join("c");
    await ada.drain();
    const updates = { title: TAG, messageCount: 1, lastMessage: `Read ${TAG}` };
    await post("gurukul", { room: "chat:c", type: "chat_update", data: { chatId: "c", updates } });
    const shown = (await ada.next("chat_update"))["data"].updates;
    expect([shown.title, shown.lastMessage]).toEqual(["c", "Read "]);
  });
});

test("discord: a name and an avatar that are markup alone leave the user's id, and no avatar", async () => {
  const viewer = await server.connect("/api/ws");
  viewer.send({ v: 1, type: "auth", token: await server.token("ada", { rooms: ["guild:g"] }), ts: 1 });
  await viewer.next("ack");
  const joined = { guildId: "g", channelId: "c", userId: "bob", username: TAG, avatar: TAG };
  await post("discord", { room: "guild:g", type: "voice.joined", data: joined });
  expect((await viewer.next("event"))["payload"]).toEqual({ ...joined, username: "bob", avatar: null });
});

test("hyperfocus: a gift's sender, avatar and links hold no tag", async () => {
  const gift = {
    ...{ giftId: "g1", giftType: TAG, quantity: 1, totalValue: 1 },
    sender: { userId: "bob", username: TAG, avatar: TAG, isSubscriber: false, isModerator: false },
    animation: { type: TAG, duration: 1, assetUrl: TAG, soundUrl: TAG },
  };
  await post("hyperfocus", { room: "stream:s", type: "gift:received", data: gift });
  expect((await messagesOf("stream:s"))[0]).toMatchObject({
    giftType: "gift",
    sender: { username: "bob", avatar: "" },
    animation: { type: "none", assetUrl: "", soundUrl: "" },
  });
});

describe("diet", () => {
  const rooms = ["group:g", `group:${TAG}`];

  test("a name that is markup alone becomes the user's id", async () => {
    const ada = await dietClient(server, "ada", { rooms });
    const bob = await dietClient(server, "bob", { rooms });
    await bob.ask("group.member.joined", { groupId: "g", userId: "bob", userName: TAG, joinedAt: AT });
    expect((await ada.events()).find(({ type }) => type === "group.member.joined")?.["data"]).toMatchObject({
      userName: "bob",
    });
  });

  test("a notification of a mention holds no tag, and is not cut within a character", async () => {
    const ada = await dietClient(server, TAG, { rooms });
    const bob = await dietClient(server, "bob", { rooms });
    const content = `${"x".repeat(999)}👩‍👩‍👧`;
    const said = { messageId: "m", groupId: TAG, fromUserId: TAG, content, timestamp: AT, mentions: ["bob"] };
    expect(await ada.ask("group.message", said)).toMatchObject({ success: true });
    const note = (await bob.events()).find(({ type }) => type === "notification")?.["data"];
    expect(note?.title).toMatch(/^user-[0-9a-z]+ mentioned you in a group$/);
    expect(note?.message).toBe(`${"x".repeat(999)}…`);
  });
});
