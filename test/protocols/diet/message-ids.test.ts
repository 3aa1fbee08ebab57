import { expect, test } from "bun:test";
import { AT, message } from "../../support/diet.ts";
import { direct, idsOf, of, read } from "./direct.ts";
import { freshServer } from "./fresh-server.ts";
import { succeeded } from "./samples.ts";

const diet = freshServer();
const { enter, restart } = diet;

test("a message said again under the id of its envelope is confirmed with what was stored, and delivered once", async () => {
  const [ada, bob] = [await enter("ada"), await enter("bob")];
  const frame = message("direct.message", direct("ada", "bob", "m-1"));
  const answer = await ada.askFrame(frame);
  ada.client.close();
  await ada.client.closed;
  const again = await enter("ada");
  expect(await again.askFrame(frame)).toEqual({ ...answer, timestamp: expect.any(String) });
  expect(await idsOf(bob)).toEqual(["m-1"]);
});

test("what is said again under the id of its envelope alone is confirmed with what was stored, over a restart", async () => {
  const ada = await enter("ada");
  const water = (amount: number) => ({ userId: "ada", amount, totalToday: 500, goal: 2_000, loggedAt: AT });
  const frame = message("water.intake", water(250));
  await ada.askFrame(frame);
  await ada.askFrame(message("water.intake", water(100)));
  await restart();
  const again = await enter("ada");
  expect(await again.askFrame(frame)).toEqual(succeeded(frame, water(250)));
  expect((await of(await enter("ada"), "water.intake")).length).toBe(0);
  const later = await enter("ada");
  await again.askFrame(frame);
  await again.askFrame(message("water.intake", water(50)));
  expect((await of(later, "water.intake")).map(({ data }) => data.amount)).toEqual([50]);
});

test("a message said again under its messageId is confirmed with what was stored, and delivered once", async () => {
  const [ada, bob] = [await enter("ada"), await enter("bob")];
  await ada.direct("bob", "Hello", "m-1");
  expect((await ada.direct("bob", "Hello", "m-1"))["data"].content).toBe("Hello");
  expect(await idsOf(bob)).toEqual(["m-1"]);
  await restart();
  const later = await enter("ada");
  expect((await later.direct("bob", "Hello", "m-1"))["data"].content).toBe("Hello");
  expect(await idsOf(await enter("bob"))).toEqual(["m-1"]);
});

test("two senders may give their messages the same id, and both get the receipt", async () => {
  const [ada, eve, bob] = [await enter("ada"), await enter("eve"), await enter("bob")];
  await ada.direct("bob", "From Ada", "same");
  await eve.direct("bob", "From Eve", "same");
  expect((await of(bob, "direct.message")).map(({ data }) => data.content)).toEqual(["From Ada", "From Eve"]);
  await read(bob, "same");
  for (const client of [ada, eve]) expect(await of(client, "message.read")).toHaveLength(1);
});

test("ids that are names of properties are ids like others", async () => {
  const names = ["__proto__", "constructor", "toString"];
  const clients = [];
  for (const name of names) clients.push(await enter(name));
  const [one, two] = [clients[0]!, clients[1]!];
  await one.befriend(two);
  for (const messageId of names)
    expect(await one.direct("constructor", "Hello", messageId)).toMatchObject({ success: true });
  expect(await idsOf(two)).toEqual(names);
  for (const messageId of names) expect(await read(two, messageId)).toMatchObject({ success: true });
  await restart();
  const [again, later] = [await enter("__proto__"), await enter("constructor")];
  expect(await idsOf(later)).toEqual([]);
  expect((await of(again, "user.presence")).map(({ data }) => data.userId)).toEqual(["constructor"]);
});

test("a message under an id that is another's is refused, and is in no inbox", async () => {
  const [ada, own, bob, eve] = [
    await enter("ada"),
    await enter("ada"),
    await enter("bob"),
    await enter("eve"),
  ];
  await ada.direct("bob", "To Bob", "m-1");
  expect(await ada.direct("eve", "To Eve", "m-1")).toMatchObject({ success: false });
  const water = { userId: "ada", amount: 250, totalToday: 500, goal: 2_000, loggedAt: AT };
  const { id } = await ada.ask("water.intake", water);
  const second = message("direct.message", direct("ada", "eve", "m-2"), { id });
  expect(await ada.askAgain(second)).toMatchObject({ id, success: false });
  expect([await idsOf(own), await idsOf(bob), await idsOf(eve)]).toEqual([["m-1"], ["m-1"], []]);
});

test("a message under an id that a backend gave another one, in one of the two inboxes, is in neither", async () => {
  const [ada, own, bob] = [await enter("ada"), await enter("ada"), await enter("bob")];
  for (const [user, id] of [["bob", "m-1"] as const, ["ada", "m-2"] as const]) {
    const posted = { user, type: "direct.message", data: direct("ada", "bob", id, "Posted") };
    expect((await diet.server.http("POST", "/v1/diet/events", posted)).status).toBe(200);
    expect(await ada.direct("bob", "Another", id)).toMatchObject({ success: false });
  }
  expect([await idsOf(own), await idsOf(bob)]).toEqual([["m-2"], ["m-1"]]);
  for (const id of ["m-1", "m-2"]) {
    expect(await ada.direct("bob", "Posted", id)).toMatchObject({ success: true });
  }
  expect([await idsOf(own), await idsOf(bob)]).toEqual([
    ["m-2", "m-1"],
    ["m-1", "m-2"],
  ]);
});

test("a read that is refused for its id gives no receipt, and the next one gives one", async () => {
  const [ada, bob] = [await enter("ada"), await enter("bob")];
  await ada.direct("bob", "Hello", "m-1");
  const { id } = await bob.direct("eve", "Hello too");
  const reading = message("message.read", { messageId: "m-1", userId: "bob", readAt: AT }, { id });
  expect(await bob.askAgain(reading)).toMatchObject({ id, success: false });
  expect(await of(ada, "message.read")).toEqual([]);
  await read(bob, "m-1");
  expect(await of(ada, "message.read")).toHaveLength(1);
});
