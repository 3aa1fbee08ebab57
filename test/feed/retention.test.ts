import { expect, test } from "bun:test";
import { FakeClock } from "../support/fake-clock.ts";
import { openStream, readAll, readFeed } from "../support/feed.ts";
import { API_KEY, startTestServer, stopAfterAll } from "../support/server.ts";

const DAY = 86_400_000;
const clock = new FakeClock();
const server = stopAfterAll(await startTestServer({ clock, env: { HISTORY_RETENTION_DAYS: "1" } }));
const post = (...userIds: string[]) =>
  server.http(
    "POST",
    "/v1/discord/events",
    userIds.map((userId) => ({
      room: "guild:a",
      type: "voice.left",
      data: { guildId: "a", channelId: null, userId },
    })),
  );

await post("u1", "u2", "u3");
const [first, , third] = await readAll(server);
const pass = (days: number) => {
  clock.skip(days * DAY);
  clock.advance(1_000);
};
pass(0.9);
await post("u4");
pass(0.5);

test("a position that retention has overtaken is answered 410, with the one after which nothing is missing", async () => {
  const { status, body } = await readFeed(server, `?after=${first?.["position"]}`);
  expect([status, body["oldest"]]).toEqual([410, third?.["position"]]);
  const next = await readFeed(server, `?after=${body["oldest"]}`);
  expect(next.body["events"].map(({ data }: { data: { userId: string } }) => data.userId)).toEqual(["u4"]);
});

test("a stream that comes back so late is told the same", async () => {
  const headers = { authorization: `Bearer ${API_KEY}`, "last-event-id": first?.["position"] };
  const stream = await openStream(server.port, "", headers);
  expect(stream.status).toBe(410);
  stream.close();
});

test("who names no position gets what is kept", async () => {
  expect(await readAll(server)).toHaveLength(1);
});

test("the place holds when nothing at all is kept, and over a restart", async () => {
  const { body } = await readFeed(server, "?after=end");
  pass(2);
  expect(await readAll(server)).toEqual([]);
  expect((await readFeed(server, "?after=end")).body["next"]).toBe(body["next"]);
  const again = await server.restart();
  try {
    expect((await readFeed(again, `?after=${body["next"]}`)).body).toMatchObject({ events: [], more: false });
    await again.http("POST", "/v1/discord/events", {
      ...{ room: "guild:a", type: "voice.left", data: { guildId: "a", channelId: null, userId: "u5" } },
    });
    expect((await readFeed(again, `?after=${body["next"]}`)).body["events"]).toHaveLength(1);
  } finally {
    await again.stop();
  }
});
