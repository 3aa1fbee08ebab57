import { Database } from "bun:sqlite";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Frame } from "./client.ts";
import { AT, dietClient } from "./diet.ts";
import { eventually } from "./eventually.ts";
import type { TestServer } from "./server.ts";

export const USER = "mira-7f3";
export const NAME = "Mira Veldkamp";
export const SAID = "miras-own-words";
/** What others have said stays. */
export const KEPT = "words-of-noah";

export async function post(server: TestServer, protocol: string, event: unknown): Promise<void> {
  const answer = await server.http("POST", `/v1/${protocol}/events`, event);
  if (answer.status !== 200) throw new Error(await answer.text());
}

const gift = (giftId: string): Frame => ({
  ...{ giftId, giftType: "rose", quantity: 1 },
  sender: { userId: USER, username: NAME, avatar: `${SAID}.png`, isSubscriber: false, isModerator: false },
  animation: { type: "particle", duration: 1, assetUrl: "", soundUrl: "" },
});

/** Mira does something in every contract, and others do something about her. */
export async function live(server: TestServer): Promise<void> {
  const chat = await server.chat(USER, { name: NAME });
  const noah = await server.chat("noah");
  for (const one of [chat, noah]) await one.join("c");
  chat.say("message", { chatId: "c", content: SAID, messageId: `${USER}-m-1` });
  noah.say("message", { chatId: "c", content: KEPT });
  const heard = await chat.next(({ type, data }) => type === "message" && data.message.userId === "noah");
  chat.say("read_receipt", { chatId: "c", messageIds: [heard["data"].message.id], userId: USER });
  await noah.next("read_receipt");

  const token = await server.token(USER, { name: NAME });
  const atomic = await server.connect(`/api/chat/ws?token=${token}&contextId=k`);
  await atomic.next("connected");
  atomic.send({ type: "message", data: { content: SAID } });
  await atomic.next("message");

  await server.http("PUT", `/v1/rooms/group:g/members/${USER}`, {});
  await server.http("PUT", "/v1/rooms/group:g/members/noah", {});
  const mira = await dietClient(server, USER, { rooms: [], name: NAME });
  const friend = await dietClient(server, "noah");
  await mira.befriend(friend);
  await mira.direct("noah", SAID);
  await friend.direct(USER, KEPT);
  const inGroup = { groupId: "g", timestamp: AT };
  await mira.ask("group.message", {
    ...{ ...inGroup, messageId: "g-1", fromUserId: USER, content: SAID, mentions: ["noah"] },
  });
  await friend.ask("group.message", {
    ...{ ...inGroup, messageId: "g-2", fromUserId: "noah", content: KEPT, mentions: [USER] },
  });
  await mira.ask("meal.logged", {
    ...{ mealId: "m", userId: USER, mealType: "lunch", mealName: SAID, calories: 1, loggedAt: AT },
  });

  for (const id of ["gift-1", "gift-2", "gift-3"])
    await post(server, "hyperfocus", { room: "stream:s", type: "gift:received", data: gift(id) });
  await post(server, "discord", {
    ...{ room: "guild:d", type: "voice.joined", id: "joined-1" },
    data: { guildId: "d", channelId: "v", userId: USER, username: NAME, avatar: SAID },
  });
  const session = await server.connect(`/api/collaboration/ws?token=${token}`);
  await session.next("connected");
  session.send({ type: "join_session", data: { sessionId: "doc", role: "participant" } });
  await session.next("session_joined");
  session.send({ type: "edit", data: { operation: "insert", position: 0, content: "text", version: 0 } });
  await session.next("edit_ack");
}

export const erase = (server: TestServer, userId = USER): Promise<Response> =>
  server.http("DELETE", `/v1/users/${userId}`);

/** Resolves to what the server says of the erasure once it is finished. */
export async function erased(server: TestServer, userId = USER): Promise<Frame> {
  let state: Frame = {};
  await eventually(async () => {
    state = (await (await server.http("GET", `/v1/users/${userId}/erasure`)).json()) as Frame;
    return state["finishedAt"] !== null;
  });
  return state;
}

/** Files of the directory that hold the text. */
export const filesWith = (directory: string, text: string): string[] =>
  readdirSync(directory).filter((file) => readFileSync(join(directory, file)).includes(text));

/** Tables with a row that holds the text. */
export function tablesWith(directory: string, text: string, file = join(directory, "test.db")): string[] {
  const database = new Database(file, { readonly: true });
  try {
    const tables = database
      .query<{ name: string }, []>("SELECT name FROM sqlite_schema WHERE type = 'table'")
      .all();
    return tables
      .map(({ name }) => name)
      .filter((name) => JSON.stringify(database.query(`SELECT * FROM ${name}`).all()).includes(text));
  } finally {
    database.close();
  }
}
