import { afterEach, expect, test } from "bun:test";
import { ChannelType, GatewayDispatchEvents, GatewayOpcodes } from "discord-api-types/v10";
import { startDiscordSource } from "../../src/sources/discord.ts";
import { BOT_TOKEN, DiscordGateway } from "../support/discord-gateway.ts";
import { user } from "../support/discord-guild.ts";
import { startStage } from "../support/discord-stage.ts";
import { eventually } from "../support/eventually.ts";
import { failWrites } from "../support/failing-writes.ts";
import { FakeClock } from "../support/fake-clock.ts";
import { startTestServer } from "../support/server.ts";

let cleanUp: (() => unknown)[] = [];
afterEach(async () => {
  for (const clean of cleanUp.reverse()) await clean();
  cleanUp = [];
});

const has = (lines: readonly string[], text: string) => () => lines.some((line) => line.includes(text));

test.each([
  [
    "a token that Discord does not know",
    "wrong-token.of.the-tests",
    undefined,
    "Authentication failed (4004)",
  ],
  ["intents that the bot may not have", BOT_TOKEN, 4014, "Used disallowed intents (4014)"],
  ["a bot too large for one connection", BOT_TOKEN, 4011, "Sharding is required (4011)"],
])("%s gets one line without the token, and the server serves on", async (_, token, code, text) => {
  const gateway = new DiscordGateway();
  gateway.refusesWith = code;
  const env = { DISCORD_BOT_TOKEN: token, DISCORD_GATEWAY_URL: gateway.url };
  const server = await startTestServer({ env });
  cleanUp.push(() => gateway.stop(), server.stop);
  await eventually(has(server.lines, text));
  await gateway.gone();
  expect(server.lines.filter((line) => line.includes("Discord"))).toHaveLength(1);
  expect(server.lines.join()).not.toContain(token);
  expect((await server.http("GET", "/health/ready")).status).toBe(200);
});

test("a token that is withdrawn later is told too", async () => {
  const stage = await startStage();
  cleanUp.push(stage.stop);
  await stage.gateway.ready();
  stage.gateway.close(4004);
  await eventually(has(stage.server.lines, "Authentication failed (4004)"));
});

test("events that cannot be stored wait, and come in order", async () => {
  const clock = new FakeClock();
  const stage = await startStage({ clock });
  cleanUp.push(stage.stop);
  const { gateway, guild, server, viewer } = stage;
  await gateway.ready();
  using trouble = failWrites(server, "events");
  const people = ["ada", "bob", "eve"].map(user);
  for (const one of people) guild.enter(one, "lobby");
  for (const one of people) guild.enter(one, "garden");
  const failures = () => server.lines.filter((line) => line.includes("commit")).length;
  await eventually(() => failures() === 1);
  clock.advance(1_000);
  await eventually(() => failures() === 2);
  expect(viewer.frames.filter(({ type }) => type === "event")).toEqual([]);
  trouble.mend();
  clock.advance(1_000);
  expect(await stage.seen()).toEqual([
    ...people.map(({ id }) => `voice.joined ${id} lobby`),
    ...people.flatMap(({ id }) => [`voice.left ${id}`, `voice.joined ${id} garden`]),
  ]);
  const told = server.lines.filter((line) => line.includes("Discord: events"));
  expect(told.map((line) => JSON.parse(line).msg)).toEqual([
    "Discord: events cannot be stored; they wait until they can",
    "Discord: events are stored again",
  ]);
});

test("a post that is stored and yet fails is offered again with the same ids", async () => {
  const gateway = new DiscordGateway();
  const clock = new FakeClock();
  const posted: string[][] = [];
  const source = startDiscordSource({
    ...{ botToken: BOT_TOKEN, gatewayUrl: gateway.url, clock, log: { info() {}, warn() {} } },
    post: async (posts) => {
      posted.push(posts.map(({ id, type }) => `${type} ${id}`));
      if (posted.length === 1) throw new Error("the line broke");
    },
  });
  cleanUp.push(() => gateway.stop(), source.stop);
  await gateway.ready();
  const channel = { id: "lobby", type: ChannelType.GuildVoice, name: "Lobby", guild_id: "g" };
  gateway.dispatch(GatewayDispatchEvents.ChannelCreate, channel);
  await eventually(() => posted.length === 1);
  clock.advance(1_000);
  await eventually(() => posted.length === 2);
  expect(posted[1]).toEqual(posted[0]!);
  expect(posted[0]).toEqual([expect.stringMatching(/^room\.created [0-9a-f]{32}:2:0$/)]);
});

test("when the server stops, the bot goes offline", async () => {
  const stage = await startStage();
  cleanUp.push(() => stage.gateway.stop());
  await stage.gateway.ready();
  await stage.server.stop();
  await stage.gateway.gone();
  expect(stage.gateway.closedWith).toBe(1000);
});

/** What Discord's HTTP API says of its gateway. */
function startApi(answer: () => Response) {
  const asked: (string | null)[] = [];
  const api = Bun.serve({
    port: 0,
    fetch(request) {
      asked.push(`${new URL(request.url).pathname} ${request.headers.get("authorization")}`);
      return answer();
    },
  });
  cleanUp.push(() => api.stop(true));
  return { url: `http://127.0.0.1:${api.port}/api`, asked };
}

test("without a gateway of its own it asks Discord for one, and asks again when that fails", async () => {
  const gateway = new DiscordGateway();
  const clock = new FakeClock();
  const limit = { total: 1_000, remaining: 999, reset_after: 60_000, max_concurrency: 1 };
  const answers = [
    Response.json({ message: "try later", code: 0 }, { status: 403 }),
    Response.json({ url: gateway.url, shards: 1, session_start_limit: limit }),
  ];
  const api = startApi(() => answers.shift() ?? new Response("", { status: 500 }));
  const lines: string[] = [];
  const log = { info: (line: string) => lines.push(line), warn: (line: string) => lines.push(line) };
  const source = startDiscordSource({
    ...{ botToken: BOT_TOKEN, apiUrl: api.url, clock, log, post: async () => {} },
  });
  cleanUp.push(() => gateway.stop(), source.stop);
  await eventually(has(lines, "next try in 5 s"));
  clock.advance(5_000);
  await gateway.ready();
  expect(api.asked).toEqual(Array(2).fill(`/api/v10/gateway/bot Bot ${BOT_TOKEN}`));
  expect(gateway.count(GatewayOpcodes.Identify)).toBe(1);
  expect(lines.join()).not.toContain(BOT_TOKEN);
});

test("when the server stops meanwhile, it does not ask again", async () => {
  const clock = new FakeClock();
  const api = startApi(() => new Response("", { status: 403 }));
  const lines: string[] = [];
  const log = { info: (line: string) => lines.push(line), warn: (line: string) => lines.push(line) };
  const source = startDiscordSource({
    ...{ botToken: BOT_TOKEN, apiUrl: api.url, clock, log, post: async () => {} },
  });
  await eventually(has(lines, "next try in 5 s"));
  source.stop();
  clock.advance(5_000);
  await fetch(`${api.url}/a-request-later`);
  expect(api.asked).toHaveLength(2);
});

test("a token that Discord's API does not know is told once, and not tried again", async () => {
  const clock = new FakeClock();
  const api = startApi(() => Response.json({ message: "401: Unauthorized", code: 0 }, { status: 401 }));
  const lines: string[] = [];
  const log = { info: (line: string) => lines.push(line), warn: (line: string) => lines.push(line) };
  const source = startDiscordSource({
    ...{ botToken: BOT_TOKEN, apiUrl: api.url, clock, log, post: async () => {} },
  });
  cleanUp.push(source.stop);
  await eventually(has(lines, "Authentication failed (401)"));
  clock.advance(60_000);
  expect(api.asked).toHaveLength(1);
  expect(lines).toHaveLength(1);
});
