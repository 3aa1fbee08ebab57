import { expect, test } from "bun:test";
import type { Frame } from "../../support/client.ts";
import { AT, type DietClient, message } from "../../support/diet.ts";
import { direct, idsOf, of, read } from "./direct.ts";
import { freshServer } from "./fresh-server.ts";
import { event, succeeded } from "./samples.ts";

const diet = freshServer();
const { enter, restart } = diet;

const noted = (client: DietClient, notificationId: string) =>
  client.ask("notification.read", { notificationId, userId: client.userId, readAt: AT });
const notification = (notificationId: string, userId = "bob"): Frame => ({
  ...{ notificationId, userId, title: "News", message: "Something", type: "info", category: "system" },
  createdAt: AT,
});
const notify = async (...ids: string[]) => {
  const posts = ids.map((id) => ({ user: "bob", type: "notification", data: notification(id) }));
  expect((await diet.server.http("POST", "/v1/diet/events", posts)).status).toBe(200);
};

test("a message arrives at once, at all of both users' connections, and the sender's own is answered", async () => {
  const [ada, own, bob, second, eve] = [
    ...[await enter("ada"), await enter("ada"), await enter("bob"), await enter("bob"), await enter("eve")],
  ] as const;
  const data = direct("ada", "bob", "m-1");
  const frame = message("direct.message", data);
  expect(await ada!.askFrame(frame)).toEqual(succeeded(frame, data));
  for (const client of [own!, bob!, second!]) {
    expect(await of(client, "direct.message")).toEqual([event("direct.message", data)]);
  }
  for (const client of [ada!, eve!]) expect(await of(client, "direct.message")).toEqual([]);
});

test("a sender does not say whether it is read", async () => {
  const [ada, bob] = [await enter("ada"), await enter("bob")];
  const answer = await ada.ask("direct.message", { ...direct("ada", "bob", "m-1"), isRead: true });
  expect(answer["data"].isRead).toBe(false);
  expect((await bob.event("direct.message"))["data"].isRead).toBe(false);
});

test("what was missed comes after auth, the oldest first, until it is read, over a restart", async () => {
  const [ada, eve] = [await enter("ada"), await enter("eve")];
  await ada.direct("bob", "One", "m-1");
  await eve.direct("bob", "Two", "m-2");
  await notify("n-1");
  await ada.direct("bob", "Three", "m-3");
  for (let session = 0; session < 2; session++) {
    const bob = await enter("bob");
    const missed = await bob.events();
    expect(missed.map(({ data }) => data.messageId ?? data.notificationId)).toEqual([
      "m-1",
      "m-2",
      "n-1",
      "m-3",
    ]);
    bob.client.close();
    await bob.client.closed;
    await restart();
  }
  const bob = await enter("bob");
  await read(bob, "m-2");
  await noted(bob, "n-1");
  await restart();
  expect((await (await enter("bob")).events()).map(({ data }) => data.messageId)).toEqual(["m-1", "m-3"]);
});

test("an event has one id, wherever and whenever it comes, and no other has it", async () => {
  const [ada, bob, second] = [await enter("ada"), await enter("bob"), await enter("bob")];
  await ada.direct("bob", "One", "m-1");
  await ada.direct("bob", "Two", "m-2");
  const ids = async (client: DietClient) => (await of(client, "direct.message")).map(({ id }) => id);
  const first = await ids(bob);
  expect(new Set(first).size).toBe(2);
  expect(await ids(second)).toEqual(first);
  await restart();
  expect(await ids(await enter("bob"))).toEqual(first);
});

test("a receipt goes to the sender and to the reader's other connections, once", async () => {
  const [ada, bob, second, eve] = [
    await enter("ada"),
    await enter("bob"),
    await enter("bob"),
    await enter("eve"),
  ];
  await ada.direct("bob", "Hello", "m-1");
  for (let n = 0; n < 2; n++) expect(await read(bob, "m-1")).toMatchObject({ success: true });
  expect(await read(second, "m-1")).toMatchObject({ success: true });
  const receipt = event("message.read", { messageId: "m-1", userId: "bob", readAt: AT });
  for (const client of [ada, second]) expect(await of(client, "message.read")).toEqual([receipt]);
  expect([await of(bob, "message.read"), await of(eve, "message.read")]).toEqual([[], []]);
});

test("nobody reads another's messages, and the answer does not tell whether they exist", async () => {
  const [ada, eve] = [await enter("ada"), await enter("eve")];
  await ada.direct("bob", "Hello", "m-1");
  const [real, none] = [await read(eve, "m-1"), await read(eve, "m-x")];
  const blind = ({ data, ...rest }: Frame) => ({ ...rest, id: 0, timestamp: 0, fields: Object.keys(data) });
  expect(blind(real)).toEqual(blind(none));
  expect(await of(ada, "message.read")).toEqual([]);
  expect(await idsOf(await enter("bob"))).toEqual(["m-1"]);
});

test("a message to oneself arrives at one's other connections", async () => {
  const [ada, own] = [await enter("ada"), await enter("ada")];
  expect(await ada.direct("ada", "Remember", "m-1")).toMatchObject({ success: true });
  expect([await idsOf(own), await idsOf(ada)]).toEqual([["m-1"], []]);
  expect(await idsOf(await enter("ada"))).toEqual(["m-1"]);
});

test("a notification reaches all connections of its user, is read for all of them, and waits no more", async () => {
  const [bob, second, eve] = [await enter("bob"), await enter("bob"), await enter("eve")];
  await notify("n-1", "n-2");
  for (const client of [bob, second]) {
    expect(await of(client, "notification")).toEqual(
      ["n-1", "n-2"].map((id) => event("notification", notification(id))),
    );
  }
  for (let n = 0; n < 2; n++) expect(await noted(bob, "n-1")).toMatchObject({ success: true });
  expect(await noted(eve, "n-2")).toMatchObject({ success: true });
  const isRead = event("notification.read", { notificationId: "n-1", userId: "bob", readAt: AT });
  expect([await of(second, "notification.read"), await of(bob, "notification.read")]).toEqual([[isRead], []]);
  expect(await of(eve, "notification")).toEqual([]);
  const later = await enter("bob");
  expect((await of(later, "notification")).map(({ data }) => data.notificationId)).toEqual(["n-2"]);
});

test("what a backend says is read is read", async () => {
  await (await enter("ada")).direct("bob", "Hello", "m-1");
  await notify("n-1");
  const bob = await enter("bob");
  expect(await bob.types()).toEqual(["direct.message", "notification"]);
  const readAt = AT;
  const posts = [
    { user: "bob", type: "message.read", data: { messageId: "m-1", userId: "bob", readAt } },
    { user: "bob", type: "notification.read", data: { notificationId: "n-1", userId: "bob", readAt } },
  ];
  expect((await diet.server.http("POST", "/v1/diet/events", posts)).status).toBe(200);
  expect((await bob.types()).slice(2)).toEqual(["message.read", "notification.read"]);
  expect(await (await enter("bob")).types()).toEqual([]);
});

test("texts are cleaned, wherever people see them", async () => {
  const [ada, bob] = [await enter("ada"), await enter("bob")];
  const evil = "<img src=x onerror=alert(1)>";
  const attachments = [{ type: `${evil}image/png`, url: "https://a.example/b.png", name: `${evil}b.png` }];
  await ada.ask("direct.message", { ...direct("ada", "bob", "m-1", `a < b && c > d${evil}`), attachments });
  expect((await bob.event("direct.message"))["data"]).toMatchObject({
    content: "a < b && c > d",
    attachments: [{ type: "image/png", url: "https://a.example/b.png", name: "b.png" }],
  });
});

test("a name or title of which markup leaves nothing has a word in its place, and lists are cleaned too", async () => {
  const [ada, own] = [await enter("ada"), await enter("ada")];
  const evil = "<img src=x onerror=alert(1)>";
  const meal = { mealId: "meal-1", userId: "ada", mealType: "lunch", calories: 1, loggedAt: AT };
  expect((await ada.ask("meal.logged", { ...meal, mealName: evil }))["data"].mealName).toBe("Meal");
  const attachments = [{ type: evil, url: "https://a.example/b.png", name: evil }];
  await ada.ask("direct.message", { ...direct("ada", "bob", "m-1", evil), attachments });
  expect((await own.event("direct.message"))["data"]).toMatchObject({
    content: "",
    attachments: [{ type: "file", name: "file" }],
  });
  const rewards = { coins: 1, achievements: [`${evil}early-bird`, evil], items: [`${evil}spoon`, evil] };
  const level = { userId: "ada", previousLevel: 1, newLevel: 2, xpEarned: 1, totalXP: 1, xpToNext: 1 };
  const posts = [
    { user: "ada", type: "level.up", data: { ...level, rewards, leveledUpAt: AT } },
    { user: "ada", type: "notification", data: { ...notification("n-1", "ada"), title: evil } },
  ];
  expect((await diet.server.http("POST", "/v1/diet/events", posts)).status).toBe(200);
  expect((await own.event("level.up"))["data"].rewards).toEqual({
    coins: 1,
    achievements: ["early-bird", "Achievement"],
    items: ["spoon", "Item"],
  });
  expect((await own.event("notification"))["data"].title).toBe("News");
});
