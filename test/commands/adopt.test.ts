import { expect, test } from "bun:test";
import { ChannelType } from "discord-api-types/v10";
import { adoptCommand } from "../../src/commands/adopt.ts";
import { readConfig } from "../../src/config.ts";
import { DatabaseLocked } from "../../src/storage/lock.ts";
import { databaseOf } from "../support/child.ts";
import { command, commandDirectory } from "../support/command.ts";
import { temporaryDirectory } from "../support/directory.ts";
import { startStage } from "../support/discord-stage.ts";
import { clusterEnv, hasNats, startNats } from "../support/nats.ts";
import { API_KEY, SECRET, startTestServer, stopAfterAll } from "../support/server.ts";

const cwd = commandDirectory();
const secrets = { JWT_SECRET: SECRET, API_KEYS: API_KEY };

test("adopt needs the log's servers", async () => {
  const { code, err } = await command(["adopt"], { directory: cwd });
  expect({ code, err }).toEqual({
    code: 1,
    err: "switchboard: LOG_URL: must be set: adopt creates the log there\n",
  });
});

test.skipIf(!hasNats)("the database of one server becomes the first of several", async () => {
  const nats = stopAfterAll(await startNats());
  const env = { ...clusterEnv(nats, "a"), ...secrets };
  const directory = temporaryDirectory();
  const alone = await startTestServer({ directory });
  await alone.http("PUT", "/v1/rooms/chat:c1", { title: "before" });
  await alone.stop();
  const adopt = () => adoptCommand(readConfig({ ...env, DATABASE_URL: databaseOf(directory) }));
  await adopt();
  // Again, as after an interruption.
  await adopt();

  const a = stopAfterAll(await startTestServer({ directory, env }));
  await a.http("PUT", "/v1/rooms/chat:c2", { title: "after" });
  const b = stopAfterAll(await startTestServer({ env: clusterEnv(nats, "b") }));
  const titles = async (room: string) =>
    ((await (await b.http("GET", `/v1/rooms/${room}`)).json()) as { title: string }).title;
  expect([await titles("chat:c1"), await titles("chat:c2")]).toEqual(["before", "after"]);

  await expect(adopt()).rejects.toBeInstanceOf(DatabaseLocked);
  await a.stop();
  await expect(adopt()).rejects.toThrow("there is a log switchboard-switchboard already");
});

test.skipIf(!hasNats)("a server or node that is started before adopt makes no log in its place", async () => {
  const directory = temporaryDirectory();
  const alone = await startTestServer({ directory });
  await alone.http("PUT", "/v1/rooms/chat:c1", { title: "kept" });
  await alone.stop();
  // The second time it is a node whose log servers have lost everything.
  for (let time = 1; time <= 2; time++) {
    const nats = stopAfterAll(await startNats());
    const env = { ...clusterEnv(nats, "a"), ...secrets };
    const start = () => startTestServer({ directory, env });
    await expect(start()).rejects.toThrow("there is no log switchboard-switchboard yet");
    await adoptCommand(readConfig({ ...env, DATABASE_URL: databaseOf(directory) }));
    const node = await start();
    expect(await (await node.http("GET", "/v1/rooms/chat:c1")).json()).toMatchObject({ title: "kept" });
    await node.stop();
  }
});

test.skipIf(!hasNats)(
  "on the log that adopt makes in place of a lost one, Discord's events go on",
  async () => {
    const directory = temporaryDirectory();
    let rooms = 0;
    /** A node whose bot sees a new room. */
    async function play(env: Record<string, string>): Promise<void> {
      const stage = await startStage({ directory, env });
      await stage.gateway.ready();
      const id = `room-${++rooms}`;
      stage.guild.create({ id, type: ChannelType.GuildVoice, name: id });
      expect(await stage.seen()).toContain(`room.created ${id}`);
      await stage.stop();
    }
    const lost = await startNats();
    // Each start takes the lease anew, so its term grows.
    for (let start = 1; start <= 3; start++) await play(clusterEnv(lost, "a"));
    await lost.stop();
    const env = clusterEnv(stopAfterAll(await startNats()), "a");
    await adoptCommand(readConfig({ ...env, ...secrets, DATABASE_URL: databaseOf(directory) }));
    await play(env);
  },
);
