import { expect, test } from "bun:test";
import net from "node:net";
import type { FeedStore } from "../../src/core/ports/feed-store.ts";
import { START } from "../../src/feed/cursor.ts";
import { Feed } from "../../src/feed/feed.ts";
import { streamFeed } from "../../src/http/feed-stream.ts";
import { readAll } from "../support/feed.ts";
import { API_KEY, startTestServer, stopAfterAll } from "../support/server.ts";

test("what a consumer does not take is not read from the database", async () => {
  let read = 0;
  const endless: FeedStore = {
    seek: () => 0,
    seekTime: () => 0,
    scanTime: () => ({ after: 0, isFound: false, isEnd: true }),
    cursorAt: () => START,
    trimmed: () => START,
    end: () => START,
    endOf: () => undefined,
    scan(after, _, limit) {
      read += limit;
      const events = Array.from({ length: limit }, (_, index) => ({
        ...{
          id: after + index + 1,
          position: after + index + 1,
          ordinal: 0,
          room: "chat:1",
          offset: after + index + 1,
          kind: "message",
        },
        ...{ time: 0, sender: null, clientId: null, body: "{}" },
      }));
      return { events, after: after + limit, cursor: events.at(-1), isEnd: false };
    },
  };
  const feed = new Feed(endless, () => Number.MAX_SAFE_INTEGER);
  const wanted = { place: { id: 0, cursor: START }, filter: {}, encode: () => "{}" };
  const { signal } = new AbortController();
  const answer = streamFeed({ feed, after: () => () => {} }, { ...wanted, signal });
  const reader = answer.body!.getReader();
  await reader.read();
  await reader.read();
  for (let turns = 0; turns < 20; turns++) await new Promise((resolve) => setImmediate(resolve));
  expect(read).toBeLessThanOrEqual(2 * 64);
  await reader.cancel();
});

test("a consumer that stops reading holds nobody up, and gets all of it when it reads again", async () => {
  const server = stopAfterAll(await startTestServer());
  const socket = net.connect(server.port, "127.0.0.1");
  await new Promise((resolve) => socket.once("connect", resolve));
  socket.pause();
  socket.write(
    `GET /v1/feed HTTP/1.1\r\nHost: a\r\nAccept: text/event-stream\r\nAuthorization: Bearer ${API_KEY}\r\n\r\n`,
  );
  const [name, rounds, each] = ["x".repeat(190), 8, 1_000];
  for (let round = 0; round < rounds; round++) {
    const events = Array.from({ length: each }, (_, index) => ({
      room: "guild:a",
      type: "room.created",
      data: { guildId: "a", channelId: `${round * each + index}`, name, userLimit: 0 },
    }));
    expect((await server.http("POST", "/v1/discord/events", events)).status).toBe(200);
  }
  const ada = await server.chat("ada");
  ada.say("ping", { timestamp: 1 });
  await ada.next("pong");
  let text = "";
  const channels = () => Array.from(text.matchAll(/"channelId":"(\d+)"/g), ([, id]) => Number(id));
  await new Promise<void>((resolve) => {
    socket.on("data", (data) => {
      text += data;
      if (text.slice(-2_000).includes(`"channelId":"${rounds * each - 1}"`)) resolve();
    });
    socket.resume();
  });
  socket.destroy();
  expect(channels()).toEqual(Array.from({ length: rounds * each }, (_, index) => index));
  expect(await readAll(server, "limit=1000")).toHaveLength(rounds * each);
});
