import { expect, test } from "bun:test";
import type { Frame } from "../../support/client.ts";
import { message } from "../../support/diet.ts";
import { groupStage, heard, say, text, texts } from "./group-stage.ts";
import { event, succeeded } from "./samples.ts";

const { enter, http, members } = groupStage();

test("a mention notifies members, online or not, once, and nobody else", async () => {
  const [ada, bob, eve] = [await enter("ada", "g"), await enter("bob", "g"), await enter("eve")];
  await members("PUT", "member");
  bob.client.close();
  await bob.client.closed;
  const mentions = ["bob", "bob", "member", "eve", "nobody", "ada"];
  const frame = message("group.message", text("ada", "Who cooks?", { mentions }));
  expect(await ada.askFrame(frame)).toEqual(succeeded(frame, text("ada", "Who cooks?", { mentions })));
  for (const userId of ["bob", "member"]) {
    const notified = (await (await enter(userId)).events()).filter(({ type }) => type === "notification");
    expect(notified).toEqual([
      event("notification", {
        ...{
          notificationId: expect.any(String),
          userId,
          title: "ADA mentioned you in g",
          message: "Who cooks?",
        },
        ...{ type: "info", category: "social", createdAt: expect.any(String) },
      }),
    ]);
  }
  for (const client of [ada, eve, await enter("ada")]) {
    expect(await heard(client, "notification")).toEqual([]);
  }
});

test("a message said again under its messageId or envelope id reaches the group, and who is mentioned, once", async () => {
  const [ada, bob] = [await enter("ada", "g"), await enter("bob", "g")];
  const frame = message("group.message", text("ada", "Again?", { mentions: ["bob"] }));
  for (let n = 0; n < 2; n++) expect(await ada.askFrame(frame)).toMatchObject({ success: true });
  const other = text("ada", "Again?", { mentions: ["bob"], content: "Other words" });
  // Other words under the same id are no repeat.
  expect(await ada.ask("group.message", other)).toMatchObject({ success: false });
  await bob.ask("group.message", text("bob", "Again?", { content: "Bob's own" }));
  expect(await texts(bob)).toEqual(["Again?"]);
  expect(await texts(ada)).toEqual(["Bob's own"]);
  expect(await heard(bob, "notification")).toHaveLength(1);
});

test("a message under an id of a removed group is another message, and mentions", async () => {
  const [ada, bob] = [await enter("ada", "g"), await enter("bob", "g")];
  const said = (content: string) => text("ada", content, { messageId: "m-1", mentions: ["bob"] });
  const notes = async () => (await heard(bob, "notification")).map((data) => data.message);
  for (const content of ["old words", "new words"]) {
    await http("DELETE", "/v1/rooms/group:g");
    await bob.types();
    expect(await ada.ask("group.message", said(content))).toMatchObject({ success: true });
  }
  expect(await notes()).toEqual(["old words", "new words"]);
  const { messages } = (await (await http("GET", "/v1/rooms/group:g/messages")).json()) as Frame;
  const { id } = messages[0];
  expect((await http("DELETE", `/v1/rooms/group:g/messages/${encodeURIComponent(id)}`)).ok).toBe(true);
  expect(await heard(await enter("bob"), "notification")).toMatchObject([
    { message: "old words" },
    { message: "" },
  ]);
});

test("backends read a group's messages", async () => {
  const ada = await enter("ada", "g");
  for (const content of ["one", "two", "three"]) await say(ada, content);
  const answer = await http("GET", "/v1/rooms/group:g/messages?limit=2");
  const { messages, hasMore } = (await answer.json()) as Frame;
  expect([messages.map(({ data }: Frame) => data.content), hasMore]).toEqual([["two", "three"], true]);
  expect(await (await http("GET", "/v1/rooms/group:g")).json()).toMatchObject({ messageCount: 3 });
});

test("a message that is refused mentions nobody", async () => {
  const [ada, bob] = [await enter("ada", "g"), await enter("bob", "g")];
  const first = message("group.message", text("ada", "First"));
  await ada.askFrame(first);
  const mention = { mentions: ["bob"] };
  for (const refused of [
    message("group.message", text("ada", "Other", { ...mention, messageId: "First" })),
    { ...first, data: text("ada", "Another", mention) },
  ]) {
    expect(await ada.askAgain(refused)).toMatchObject({ success: false });
  }
  expect(await heard(bob, "notification")).toEqual([]);
});

test("a message that is refused mentions nobody, also if the one with its id named a user who came later", async () => {
  const ada = await enter("ada", "g");
  const mention = { mentions: ["bob"], messageId: "m-1" };
  await ada.ask("group.message", text("ada", "Is Bob here?", mention));
  const bob = await enter("bob", "g");
  const other = await ada.ask("group.message", text("ada", "Bob is here", mention));
  expect(other).toMatchObject({ success: false });
  expect(await heard(bob, "notification")).toEqual([]);
});

test("messages to two groups under one envelope id mention the same user twice", async () => {
  const [ada, bob] = [await enter("ada", "g", "h"), await enter("bob", "g", "h")];
  for (const groupId of ["g", "h"]) {
    const said = text("ada", `To ${groupId}`, { groupId, mentions: ["bob"] });
    expect(await ada.askAgain(message("group.message", said, { id: "one-id" }))).toMatchObject({
      success: true,
    });
  }
  expect((await heard(bob, "notification")).map(({ message }) => message)).toEqual(["To g", "To h"]);
});
