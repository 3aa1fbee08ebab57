import { afterEach, beforeEach, expect, test } from "bun:test";
import { ChannelType, GatewayDispatchEvents, GatewayOpcodes } from "discord-api-types/v10";
import { user } from "../support/discord-guild.ts";
import { type Stage, startStage } from "../support/discord-stage.ts";

const [ada, bob] = [user("ada"), user("bob")];
const voice = (id: string) => ({ id, type: ChannelType.GuildVoice, name: id });

let stage: Stage;
beforeEach(async () => {
  stage = await startStage({}, (guild) => {
    guild.create(voice("lobby"));
    guild.enter(bob, "lobby");
  });
  await stage.gateway.ready();
});
afterEach(() => stage.stop());

test("identifies as the bot, and asks for guilds and voice states only", () => {
  const identify = stage.gateway.received.find(({ op }) => op === GatewayOpcodes.Identify);
  expect(identify?.["d"]).toMatchObject({ intents: (1 << 0) | (1 << 7), shard: [0, 1] });
});

test("who enters a voice channel is shown with the display name and avatar", async () => {
  stage.guild.enter(ada, "lobby");
  expect(await stage.viewer.next("event")).toEqual({
    v: 1,
    type: "event",
    event: "voice.joined",
    payload: { guildId: "g", channelId: "lobby", userId: "ada", username: "Ada", avatar: "a_ada" },
    ts: expect.any(Number),
  });
});

test("a user without display name is shown by the user name, and one without avatar with none", async () => {
  stage.guild.enter({ ...ada, global_name: null, avatar: null }, "lobby");
  const { payload } = await stage.viewer.next("event");
  expect(payload).toMatchObject({ username: "ada", avatar: null });
});

test("who leaves is shown as the contract has it", async () => {
  stage.guild.leave(bob);
  expect(await stage.viewer.next("event")).toEqual({
    v: 1,
    type: "event",
    event: "voice.left",
    payload: { guildId: "g", channelId: null, userId: "bob" },
    ts: expect.any(Number),
  });
});

test("who moves leaves and joins", async () => {
  stage.guild.enter(bob, "garden");
  expect(await stage.seen()).toEqual(["voice.left bob", "voice.joined bob garden"]);
});

test("who mutes, deafens or shows video stays where they are", async () => {
  for (const change of [{ self_mute: true }, { deaf: true }, { self_video: true }]) {
    stage.guild.voiceState(bob, "lobby", change);
  }
  expect(await stage.seen()).toEqual([]);
});

test("voice and stage channels are rooms, made and removed", async () => {
  stage.guild.create({ ...voice("game"), user_limit: 4 });
  expect((await stage.viewer.next("event"))["payload"]).toEqual({
    ...{ guildId: "g", channelId: "game", name: "game", userLimit: 4 },
  });
  stage.guild.create({ ...voice("stage"), type: ChannelType.GuildStageVoice });
  expect((await stage.viewer.next("event"))["payload"]).toMatchObject({ channelId: "stage", userLimit: 0 });
  stage.guild.remove("game");
  expect(await stage.viewer.next("event")).toMatchObject({
    event: "room.deleted",
    payload: { guildId: "g", channelId: "game" },
  });
});

test("channels of other kinds are ignored", async () => {
  for (const type of [ChannelType.GuildText, ChannelType.GuildCategory, ChannelType.GuildForum]) {
    stage.guild.create({ ...voice(`other-${type}`), type });
    stage.guild.remove(`other-${type}`);
  }
  expect(await stage.seen()).toEqual([]);
});

test("what a guild is first seen with has happened at some other time, and is no event", async () => {
  expect(await stage.seen()).toEqual([]);
});

test("a guild that comes back from an outage is compared with what it was", async () => {
  const { guild } = stage;
  guild.vanish(true);
  stage.gateway.dispatch(GatewayDispatchEvents.GuildCreate, { id: "g", unavailable: true });
  guild.state.voices.delete("bob");
  guild.state.voices.set("ada", { user: ada, channelId: "lobby" });
  guild.announce();
  expect(await stage.seen()).toEqual(["voice.left bob", "voice.joined ada lobby"]);
  expect(stage.server.lines.join()).not.toContain("shape");
});

test("a guild that the bot comes back to is seen anew", async () => {
  const { guild } = stage;
  guild.vanish(false);
  guild.state.voices.delete("bob");
  guild.announce();
  expect(await stage.seen()).toEqual([]);
});

test("a dispatch of a broken shape is left out, and what follows it is not", async () => {
  stage.gateway.dispatch(GatewayDispatchEvents.GuildCreate, { id: "broken" });
  stage.gateway.dispatch(GatewayDispatchEvents.VoiceStateUpdate, {
    guild_id: "g",
    user_id: 7,
    channel_id: [],
  });
  stage.guild.enter(ada, "lobby");
  expect(await stage.seen()).toEqual(["voice.joined ada lobby"]);
  expect(stage.server.lines.filter((line) => line.includes("Discord: a"))).toHaveLength(2);
});

test("events of one guild go to its viewers only", async () => {
  stage.gateway.dispatch(GatewayDispatchEvents.VoiceStateUpdate, {
    ...{ guild_id: "another", user_id: "eve", channel_id: "cave" },
  });
  expect(await stage.seen()).toEqual([]);
});
