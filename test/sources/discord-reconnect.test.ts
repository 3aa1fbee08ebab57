import { afterAll, expect, setSystemTime, test } from "bun:test";
import { ChannelType, GatewayOpcodes } from "discord-api-types/v10";
import { user } from "../support/discord-guild.ts";
import { type Stage, startStage } from "../support/discord-stage.ts";
import { eventually } from "../support/eventually.ts";
import { FakeClock } from "../support/fake-clock.ts";

const [ada, bob, eve] = [user("ada"), user("bob"), user("eve")];
const voice = (id: string) => ({ id, type: ChannelType.GuildVoice, name: id });

/** Each on a stage of its own, all at once: the library waits half a second before it connects again. */
function onStage(sentence: string, play: (stage: Stage) => Promise<void>): void {
  test.concurrent(sentence, async () => {
    const stage = await startStage({ clock: new FakeClock() }, (guild) => guild.create(voice("lobby")));
    try {
      await stage.gateway.ready();
      await play(stage);
    } finally {
      await stage.stop();
    }
  });
}

/** A bot may identify every five seconds, so the library, on the system's clock, waits before it does it again. */
const letIdentifyAgain = () => setSystemTime(new Date(Date.now() + 7_000));
afterAll(() => void setSystemTime());

/** Ada comes before the connection is lost, and goes while it is; Bob comes and moves on while it is. */
async function live(
  { gateway, guild }: Stage,
  lose: () => void | Promise<void>,
  back: () => void | Promise<void> = () => {},
): Promise<void> {
  guild.enter(ada, "lobby");
  await lose();
  guild.leave(ada);
  guild.enter(bob, "lobby");
  guild.enter(bob, "garden");
  await back();
  await gateway.ready();
  guild.enter(eve, "lobby");
}

const ALL = [
  ...["voice.joined ada lobby", "voice.left ada"],
  ...["voice.joined bob lobby", "voice.left bob", "voice.joined bob garden"],
  "voice.joined eve lobby",
];

onStage("a dropped connection is resumed, and loses or repeats nothing", async (stage) => {
  await live(stage, () => stage.gateway.drop());
  expect(await stage.seen()).toEqual(ALL);
  expect(stage.gateway.count(GatewayOpcodes.Identify)).toBe(1);
  expect(stage.gateway.count(GatewayOpcodes.Resume)).toBe(1);
});

onStage("a gateway that sends again what had arrived repeats nothing to viewers", async (stage) => {
  stage.gateway.replaysEverything = true;
  await live(stage, async () => {
    await stage.viewer.next("event");
    stage.gateway.drop();
  });
  expect(await stage.seen()).toEqual(ALL);
});

onStage("a gateway that asks for a reconnect gets it, and the session goes on", async (stage) => {
  await live(stage, () => stage.gateway.askToReconnect());
  expect(await stage.seen()).toEqual(ALL);
  expect(stage.gateway.count(GatewayOpcodes.Resume)).toBe(1);
});

onStage("a session that is invalid for the moment is resumed", async (stage) => {
  await live(stage, () => stage.gateway.invalidate(true));
  expect(await stage.seen()).toEqual(ALL);
  expect(stage.gateway.count(GatewayOpcodes.Resume)).toBe(1);
});

for (const code of [4000, 4009]) {
  onStage(`a close with ${code} is resumed`, async (stage) => {
    await live(stage, () => stage.gateway.close(code));
    expect(await stage.seen()).toEqual(ALL);
  });
}

onStage(
  "a gateway that no longer acknowledges heartbeats is left, and the session resumed",
  async (stage) => {
    const { gateway } = stage;
    gateway.heartbeatMs = 30;
    gateway.drop();
    await gateway.ready();
    await live(
      stage,
      async () => {
        gateway.acknowledges = false;
        await gateway.gone();
      },
      () => {
        gateway.acknowledges = true;
      },
    );
    expect(await stage.seen()).toEqual(ALL);
    expect(gateway.count(GatewayOpcodes.Identify)).toBe(1);
  },
);

onStage("a gateway that cannot be reached for a while ends no session", async (stage) => {
  const { gateway, server } = stage;
  await live(
    stage,
    async () => {
      await stage.viewer.next("event");
      gateway.isOut = true;
      gateway.drop();
    },
    async () => {
      await eventually(() => gateway.turnedAway > 1);
      gateway.isOut = false;
    },
  );
  expect(await stage.seen()).toEqual(ALL);
  expect(gateway.count(GatewayOpcodes.Identify)).toBe(1);
  expect(server.lines.filter((line) => line.includes("Discord: the connection"))).toHaveLength(1);
});

onStage(
  "a new session tells what the lost one missed: who is there, who is gone, who is elsewhere, which rooms",
  async (stage) => {
    const { gateway, guild, viewer } = stage;
    guild.enter(ada, "lobby");
    guild.enter(bob, "lobby");
    while ((await viewer.next("event"))["payload"].userId !== "bob");
    letIdentifyAgain();
    gateway.forget();
    gateway.drop();
    guild.leave(ada);
    guild.enter(bob, "garden");
    guild.enter(eve, "lobby");
    guild.create(voice("new"));
    guild.remove("lobby");
    await gateway.ready();
    expect((await stage.seen()).slice(2)).toEqual([
      ...["room.created new", "voice.left ada", "voice.left bob", "voice.joined bob garden"],
      ...["voice.joined eve lobby", "room.deleted lobby"],
    ]);
    expect(viewer.frames.find(({ payload }) => payload?.userId === "eve")?.["payload"]).toMatchObject({
      ...{ username: "Eve", avatar: "a_eve" },
    });
  },
);

onStage("a session that is invalid for good is followed by one that tells the difference", async (stage) => {
  const { gateway, guild } = stage;
  guild.enter(ada, "lobby");
  letIdentifyAgain();
  gateway.invalidate(false);
  guild.enter(bob, "lobby");
  await gateway.gone();
  await gateway.ready();
  guild.leave(bob);
  expect(await stage.seen()).toEqual(["voice.joined ada lobby", "voice.joined bob lobby", "voice.left bob"]);
  expect(gateway.count(GatewayOpcodes.Identify)).toBe(2);
});

onStage(
  "events of a new session are no repeats of those that had the same number in the old one",
  async (stage) => {
    const { gateway, guild, viewer } = stage;
    guild.enter(ada, "lobby");
    await viewer.next("event");
    letIdentifyAgain();
    gateway.forget();
    gateway.drop();
    await gateway.gone();
    await gateway.ready();
    guild.leave(ada);
    expect(await stage.seen()).toEqual(["voice.joined ada lobby", "voice.left ada"]);
  },
);

onStage("a session that was lost while the gateway was out is followed by a new one", async (stage) => {
  const { gateway, guild, viewer } = stage;
  guild.enter(ada, "lobby");
  await viewer.next("event");
  letIdentifyAgain();
  gateway.isOut = true;
  gateway.drop();
  gateway.forget();
  guild.leave(ada);
  await eventually(() => gateway.turnedAway > 0);
  gateway.isOut = false;
  await gateway.ready();
  expect(await stage.seen()).toEqual(["voice.joined ada lobby", "voice.left ada"]);
});

onStage("a guild that the bot was put out of meanwhile is seen anew when it comes back", async (stage) => {
  const { gateway, guild, viewer } = stage;
  guild.enter(ada, "lobby");
  await viewer.next("event");
  letIdentifyAgain();
  gateway.guilds.delete("g");
  gateway.forget();
  gateway.drop();
  await gateway.gone();
  await gateway.ready();
  guild.state.voices.clear();
  guild.announce();
  expect(await stage.seen()).toEqual(["voice.joined ada lobby"]);
});
