import { afterEach, beforeEach } from "bun:test";
import type { Frame } from "../../support/client.ts";
import { AT, type DietClient, dietClient } from "../../support/diet.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { startTestServer, type TestServer } from "../../support/server.ts";

/** A server for each test, and users who enter it. */
export function groupStage() {
  const clock = new FakeClock();
  let server: TestServer;
  beforeEach(async () => {
    server = await startTestServer({ clock, env: { HEARTBEAT_INTERVAL_MS: "3600000" } });
  });
  afterEach(() => server.stop());
  const client = (userId: string, claims: NonNullable<Parameters<typeof dietClient>[2]>) =>
    dietClient(server, userId, claims);
  return {
    clock,
    client,
    http: (method: string, path: string, body?: unknown) => server.http(method, path, body),
    /** With a token for these groups alone. */
    enter: (userId: string, ...groups: string[]) =>
      client(userId, { name: userId.toUpperCase(), rooms: groups.map((id) => `group:${id}`) }),
    members: (method: string, userId: string) =>
      server.http(method, `/v1/rooms/group:g/members/${userId}`, method === "PUT" ? {} : undefined),
  };
}

export const text = (from: string, content: string, more: Frame = {}): Frame => ({
  ...{
    messageId: content.replaceAll(" ", "-"),
    groupId: "g",
    fromUserId: from,
    content,
    timestamp: AT,
    ...more,
  },
});
export const say = (client: DietClient, content: string, more?: Frame) =>
  client.ask("group.message", text(client.userId, content, more));
export const join = (client: DietClient, groupId = "g") =>
  client.ask("group.member.joined", { groupId, userId: client.userId, userName: "Somebody", joinedAt: AT });
export const leave = (client: DietClient, groupId = "g") =>
  client.ask("group.member.left", { groupId, userId: client.userId, userName: "Somebody", leftAt: AT });
export const heard = async (client: DietClient, type = "group.message") =>
  (await client.events()).filter((frame) => frame["type"] === type).map(({ data }) => data);
export const texts = async (client: DietClient) => (await heard(client)).map(({ content }) => content);
export const typing = (client: DietClient, conversationId: string) =>
  client.ask("typing.indicator", { userId: client.userId, isTyping: true, conversationId });
