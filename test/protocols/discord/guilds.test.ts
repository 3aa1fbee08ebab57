import { expect, test } from "bun:test";
import type { Frame } from "../../support/client.ts";
import { startTestServer, stopAfterAll } from "../../support/server.ts";
import { ack, created, post, watch } from "./viewer.ts";

const server = stopAfterAll(await startTestServer());

const enter = (claims: Frame) => watch(server, claims);
/** An event in each of the guilds 1 to 4, named as they are. */
const postToAll = async () => {
  const answer = await post(
    server,
    ["1", "2", "3", "4"].map((guild) => created(guild, guild)),
  );
  expect(answer.status).toBe(200);
};
const member = (method: string, guild: string, userId: string) =>
  server.http(method, `/v1/rooms/guild:${guild}/members/${userId}`);

const granted: [string, Frame, string[], string | undefined][] = [
  ["the guildId claim", { guildId: "1" }, ["1"], "1"],
  ["the guilds claim", { guilds: ["3", "1"] }, ["1", "3"], "3"],
  ["rooms", { rooms: ["guild:2", "guild:4"] }, ["2", "4"], "2"],
  ["all of these", { rooms: ["guild:4"], guildId: "2", guilds: ["3"] }, ["2", "3", "4"], "2"],
  ["the same guild several times", { rooms: ["guild:1"], guildId: "1", guilds: ["1", "1"] }, ["1"], "1"],
  ["all guilds", { rooms: ["guild:*"] }, ["1", "2", "3", "4"], undefined],
  ["everything", { rooms: ["*"] }, ["1", "2", "3", "4"], undefined],
  ["everything, and a guild by name", { rooms: ["*"], guildId: "3" }, ["1", "2", "3", "4"], "3"],
  ["rooms of other kinds", { rooms: ["chat:1", "stream:*"] }, [], undefined],
  ["nothing", {}, [], undefined],
  ["claims of another shape", { guildId: 1, guilds: "2", rooms: ["guild", "1"] }, [], undefined],
  ["a guild whose name begins like another's", { guildId: "12", guilds: [""] }, [], "12"],
];

for (const [what, claims, guilds, first] of granted) {
  test(`a token for ${what} opens ${guilds.join(", ") || "none"}`, async () => {
    const viewer = await enter({ sub: `by-token-${crypto.randomUUID()}`, ...claims });
    expect(viewer.ack).toEqual(ack(first));
    await postToAll();
    expect(await viewer.news()).toEqual(guilds);
  });
}

test("a user whom a backend has made a member of guilds gets their events", async () => {
  await member("PUT", "2", "ada");
  await member("PUT", "3", "ada");
  await member("PUT", "4", "bob");
  const ada = await enter({ sub: "ada" });
  expect(ada.ack).toEqual(ack("2"));
  await postToAll();
  expect(await ada.news()).toEqual(["2", "3"]);
});

test("the guild of the token comes before those of memberships", async () => {
  await member("PUT", "1", "cleo");
  expect((await enter({ sub: "cleo", guildId: "3" })).ack).toEqual(ack("3"));
});

test("a membership that begins and ends while the user is connected counts at once, on all connections", async () => {
  const both = [await enter({ sub: "dan", guildId: "4" }), await enter({ sub: "dan" })];
  const other = await enter({ sub: "eve", guildId: "4" });
  await member("PUT", "1", "dan");
  await postToAll();
  expect(await Promise.all(both.map((viewer) => viewer.news()))).toEqual([["1", "4"], ["1"]]);
  await member("DELETE", "1", "dan");
  await postToAll();
  const told = "Not a member of this guild";
  expect(await Promise.all(both.map((viewer) => viewer.news()))).toEqual([[told, "4"], [told]]);
  expect(await other.news()).toEqual(["4", "4"]);
});

test("a membership that ends leaves a user who has a token for the guild where they are", async () => {
  await member("PUT", "1", "fay");
  const viewer = await enter({ sub: "fay", guildId: "1" });
  await member("DELETE", "1", "fay");
  await postToAll();
  expect(await viewer.news()).toEqual(["1"]);
});

test("a user who sees all guilds and is made a member of one gets its events once", async () => {
  const viewer = await enter({ sub: "gus", rooms: ["*"] });
  await member("PUT", "2", "gus");
  await postToAll();
  expect(await viewer.news()).toEqual(["1", "2", "3", "4"]);
});

test("a guild that is opened to all and closed again still tells its members alone", async () => {
  const outsider = await enter({ sub: "hal" });
  await server.http("PUT", "/v1/rooms/guild:1", { open: true });
  await server.http("PUT", "/v1/rooms/guild:1", { open: false });
  await postToAll();
  expect(await outsider.news()).toEqual([]);
});

test("a guild that is removed and made again forgets its members", async () => {
  await member("PUT", "2", "ida");
  const viewer = await enter({ sub: "ida" });
  expect((await server.http("DELETE", "/v1/rooms/guild:2")).status).toBe(204);
  await postToAll();
  expect(await viewer.news()).toEqual(["Not a member of this guild"]);
});
