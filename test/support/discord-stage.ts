import { ChannelType } from "discord-api-types/v10";
import type { Frame, TestClient } from "./client.ts";
import { BOT_TOKEN, DiscordGateway } from "./discord-gateway.ts";
import { Guild } from "./discord-guild.ts";
import { startTestServer, type TestServerOptions } from "./server.ts";

/** A gateway, a server whose bot is connected to it, and a viewer of the guild `g`. */
export async function startStage(
  options: TestServerOptions = {},
  prepare: (guild: Guild) => void = () => {},
) {
  const gateway = new DiscordGateway();
  const guild = new Guild(gateway, "g");
  prepare(guild);
  const server = await startTestServer({
    ...options,
    env: { DISCORD_BOT_TOKEN: BOT_TOKEN, DISCORD_GATEWAY_URL: gateway.url, ...options.env },
  });
  const viewer = await server.connect("/api/ws");
  viewer.send({ v: 1, type: "auth", token: await server.token("viewer", { rooms: ["guild:g"] }), ts: 1 });
  await viewer.next("ack");

  return {
    gateway,
    guild,
    server,
    viewer,
    /** What the viewer has seen, when all that has happened so far is through. */
    async seen(): Promise<string[]> {
      const id = `end-${crypto.randomUUID()}`;
      guild.create({ id, type: ChannelType.GuildVoice, name: "end" });
      await viewer.next(({ payload }) => payload?.channelId === id);
      return story(viewer).filter((line) => !line.includes("end-"));
    },
    async stop(): Promise<void> {
      await server.stop();
      await gateway.stop();
    },
  };
}

export type Stage = Awaited<ReturnType<typeof startStage>>;

/** `voice.joined ada lobby`, `room.created lobby`. */
const story = ({ frames }: TestClient): string[] =>
  frames
    .filter((frame) => frame["type"] === "event")
    .map(({ event, payload }: Frame) => [event, payload.userId, payload.channelId].filter(Boolean).join(" "));
