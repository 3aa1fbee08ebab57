import { describe, expect, test } from "bun:test";
import { FakeClock } from "../support/fake-clock.ts";
import { openStream, readAll, readFeed } from "../support/feed.ts";
import { API_KEY, startTestServer, stopAfterAll } from "../support/server.ts";

const clock = new FakeClock();
const server = stopAfterAll(await startTestServer({ clock }));
const KEY = { authorization: `Bearer ${API_KEY}` };
const left = (guildId: string, userId: string) => ({
  room: `guild:${guildId}`,
  type: "voice.left",
  data: { guildId, channelId: null, userId },
});
const post = async (...userIds: string[]) => {
  const answer = await server.http(
    "POST",
    "/v1/discord/events",
    userIds.map((userId) => left("a", userId)),
  );
  expect(answer.status).toBe(200);
};
const users = (events: readonly Record<string, unknown>[]) =>
  events.map(({ data }) => (data as { userId: string }).userId);
const end = async (): Promise<string> => (await readFeed(server, "?after=end")).body["next"];

describe("Accept: text/event-stream", () => {
  test("brings what was stored and then what is, each event under its position", async () => {
    await post("u1", "u2");
    const stream = await openStream(server.port, "", KEY);
    expect([stream.status, stream.type]).toEqual([200, "text/event-stream; charset=utf-8"]);
    const stored = await stream.events(2);
    await post("u3");
    const live = await stream.events(1);
    const all = [...stored, ...live];
    expect(users(all)).toEqual(["u1", "u2", "u3"]);
    for (const { id, position } of all) expect(id).toBe(position);
    expect(all.map(({ id: _, ...event }) => event)).toEqual(await readAll(server));
    stream.close();
  });

  test("goes on after Last-Event-ID, no matter what the address says", async () => {
    await post("u4", "u5", "u6");
    const [, , , fourth] = await readAll(server);
    const stream = await openStream(server.port, "?after=end", {
      ...KEY,
      "last-event-id": fourth?.["position"],
    });
    expect(users(await stream.events(2))).toEqual(["u5", "u6"]);
    stream.close();
  });

  test("says at once where it is, so that a cut before the first event loses nothing", async () => {
    const stream = await openStream(server.port, "?after=end", KEY);
    expect((await stream.next())?.id).toBe(await end());
    stream.close();
  });

  test("a comment every 15 seconds says that it lives; what a filter left out moves the place", async () => {
    const stream = await openStream(server.port, "?after=end&kind=message", KEY);
    await stream.next();
    const passing = setInterval(() => clock.advance(15_000), 5);
    expect((await stream.next())?.comment).toBe("still here");
    await post("u7");
    const place = await end();
    for (let event = await stream.next(); event?.id !== place; event = await stream.next()) {
      expect(event).toMatchObject({ id: undefined, data: undefined, comment: "still here" });
    }
    clearInterval(passing);
    stream.close();
  });

  test("a comment moves the place also behind an event, over what came with it and was left out", async () => {
    const stream = await openStream(server.port, "?after=end&room=guild:a", KEY);
    await stream.next();
    const events = [left("a", "u1"), left("b", "u2")];
    expect((await server.http("POST", "/v1/discord/events", events)).status).toBe(200);
    expect(users(await stream.events(1))).toEqual(["u1"]);
    const passing = setInterval(() => clock.advance(15_000), 5);
    expect(await stream.next()).toMatchObject({ comment: "still here", id: await end() });
    clearInterval(passing);
    stream.close();
  });

  test("the comment comes in time also while the filter leaves events out all the time", async () => {
    const stream = await openStream(server.port, "?after=end&kind=none.of.these", KEY);
    await stream.next();
    let heard: Awaited<ReturnType<typeof stream.next>>;
    const moved = async () => {
      // The first comment may fall due before anything was left out.
      do heard = await stream.next();
      while (heard && heard.id === undefined);
    };
    void moved();
    for (let n = 0; n < 500 && heard?.id === undefined; n++) {
      await post(`passing-${n}`);
      clock.advance(1_000);
    }
    expect(heard).toMatchObject({ comment: "still here", id: expect.any(String) });
    stream.close();
  });

  test("a position that is too old or too new is answered as a page is", async () => {
    const stream = await openStream(server.port, "?after=99900000000", KEY);
    expect([stream.status, stream.type]).toEqual([400, "application/problem+json"]);
    stream.close();
  });

  test("ends with the server, and a consumer that kept its place misses nothing over the restart", async () => {
    const directory = await startTestServer();
    const one = await openStream(directory.port, "?after=end", KEY);
    const place = (await one.next())?.id ?? "";
    const again = await directory.restart();
    expect(await one.next()).toBeUndefined();
    await again.http("POST", "/v1/discord/events", left("a", "later"));
    const other = await openStream(again.port, "", { ...KEY, "last-event-id": place });
    expect(users(await other.events(1))).toEqual(["later"]);
    other.close();
    await again.stop();
  });
});
