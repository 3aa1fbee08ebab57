import { afterEach, expect } from "bun:test";
import type { Frame } from "./client.ts";
import { eventually } from "./eventually.ts";
import { FakeClock } from "./fake-clock.ts";
import { startReceiver } from "./receiver.ts";
import { startTestServer, type TestServer, type TestServerOptions } from "./server.ts";

/** Makes stages with a server and a receiver for it, which end after each test, as does what is handed to `ends`. */
export function webhookStages() {
  const ended: (() => unknown)[] = [];
  afterEach(async () => {
    for (const end of ended.splice(0)) await end();
  });
  return {
    ends: (end: () => unknown) => void ended.push(end),
    async stage(options: TestServerOptions = {}) {
      const clock = new FakeClock();
      const receiver = startReceiver();
      const server = await startTestServer({ clock, ...options });
      ended.push(receiver.stop, server.stop);
      return { clock, receiver, server };
    },
  };
}

export const put = async (server: TestServer, body: unknown, name = "xp") => {
  const answer = await server.http("PUT", `/v1/webhooks/${name}`, body);
  return { status: answer.status, body: (await answer.json()) as Frame };
};
export const state = async (server: TestServer, name = "xp") =>
  (await (await server.http("GET", `/v1/webhooks/${name}`)).json()) as Record<string, unknown>;
export const shows = (server: TestServer, wanted: object) =>
  eventually(async () => Bun.deepMatch(wanted, await state(server)));
export const post = async (server: TestServer, ...userIds: string[]) => {
  const events = userIds.map((userId) => ({
    room: "guild:a",
    type: "voice.left",
    data: { guildId: "a", channelId: null, userId },
  }));
  expect((await server.http("POST", "/v1/discord/events", events)).status).toBe(200);
};
export const users = ({ events }: { events: Record<string, unknown>[] }) =>
  events.map(({ data }) => (data as { userId: string }).userId);
