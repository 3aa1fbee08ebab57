import { describe, expect, test } from "bun:test";
import type { FeedStore } from "../../src/core/ports/feed-store.ts";
import { Feed } from "../../src/feed/feed.ts";
import { Webhooks } from "../../src/feed/webhooks.ts";
import { feedRoutes } from "../../src/http/feed.ts";
import { Problem } from "../../src/http/problem.ts";
import { webhookRoutes } from "../../src/http/webhooks.ts";
import { FakeClock } from "../support/fake-clock.ts";
import { readAll, readFeed } from "../support/feed.ts";
import { startTestServer, stopAfterAll } from "../support/server.ts";

const server = stopAfterAll(await startTestServer());
const post = async (protocol: string, body: unknown) => {
  const answer = await server.http("POST", `/v1/${protocol}/events`, body);
  expect(answer.status).toBe(200);
};
const left = (guildId: string, userId: string) => ({
  room: `guild:${guildId}`,
  type: "voice.left",
  data: { guildId, channelId: null, userId },
});
const positions = (events: readonly { position: string }[]) => events.map(({ position }) => BigInt(position));

const ada = await server.chat("ada");
await ada.join("one");
ada.say("message", { chatId: "one", content: "Hello", messageId: "m-1" });
await ada.next("message");
await post("discord", [left("a", "u1"), left("b", "u2"), left("a", "u3")]);
await post("diet", {
  user: "mia",
  type: "meal.logged",
  data: {
    ...{ mealId: "meal-1", userId: "mia", mealType: "lunch", mealName: "Soup", calories: 200 },
    loggedAt: "2026-03-02T07:45:00.000Z",
  },
});

describe("GET /v1/feed", () => {
  test("hands out every stored event in the order of the log, each with a position of its own", async () => {
    const { status, body } = await readFeed(server);
    expect(status).toBe(200);
    expect(body["more"]).toBe(false);
    expect(
      body["events"].map((event: { protocol: string; room: string; kind: string }) => [
        event.protocol,
        event.room,
        event.kind,
      ]),
    ).toEqual([
      ["gurukul", "chat:one", "message"],
      ["discord", "guild:a", "voice.left"],
      ["discord", "guild:b", "voice.left"],
      ["discord", "guild:a", "voice.left"],
      ["diet", "diet-user:mia", "meal.logged"],
    ]);
    const [message] = body["events"];
    expect(message).toMatchObject({ offset: 1, sender: "ada", clientId: "m-1" });
    expect(message.data.message.content).toBe("Hello");
    expect(message.time).toBe(message.data.message.timestamp);
    const all = positions(body["events"]);
    expect(all).toEqual([...new Set(all)].sort((a, b) => (a < b ? -1 : 1)));
    expect(body["next"]).toBe(String(all.at(-1)));
  });

  test("pages say where to go on, and no page repeats or leaves out", async () => {
    const whole = await readAll(server);
    for (const limit of [1, 2, 3]) expect(await readAll(server, `limit=${limit}`)).toEqual(whole);
  });

  test("at the end there is nothing, and the place stays", async () => {
    const { body: end } = await readFeed(server, "?after=end");
    expect(end).toMatchObject({ events: [], more: false });
    expect(end["next"]).toBe((await readAll(server)).at(-1)?.["position"]);
    expect((await readFeed(server, `?after=${end["next"]}`)).body).toEqual(end);
  });

  test.each([
    ["room=chat:one", ["message"]],
    ["room=chat:*", ["message"]],
    ["room=guild:b&room=chat:one", ["message", "voice.left"]],
    ["kind=meal.logged", ["meal.logged"]],
    ["kind=meal.logged&kind=message", ["message", "meal.logged"]],
    ["protocol=discord", ["voice.left", "voice.left", "voice.left"]],
    ["protocol=discord&room=guild:b", ["voice.left"]],
    ["protocol=discord&kind=message", []],
    ["protocol=diet&protocol=gurukul", ["message", "meal.logged"]],
  ])("?%s leaves the others out", async (query, kinds) => {
    const { body } = await readFeed(server, `?${query}`);
    expect(body["events"].map((event: { kind: string }) => event.kind)).toEqual(kinds);
  });

  test("what a filter left out is not read again: next has moved past it", async () => {
    const { body } = await readFeed(server, "?kind=nothing.of.this");
    expect(body["events"]).toEqual([]);
    expect(body["next"]).toBe((await readAll(server)).at(-1)?.["position"]);
  });

  test("an ISO time begins with the first event that is not older", async () => {
    const [first] = await readAll(server);
    const since = encodeURIComponent(first?.["time"]);
    expect(await readAll(server, "limit=2", since)).toEqual(await readAll(server));
    expect((await readFeed(server, "?after=2999-01-01T00:00:00Z")).body["events"]).toEqual([]);
  });

  test("an ISO time leaves out nothing that is not older, also where the clock was set back", async () => {
    const clock = new FakeClock();
    const own = stopAfterAll(await startTestServer({ clock }));
    const say = async (time: number, ...users: string[]) => {
      clock.set(time - clock.now());
      await own.http(
        "POST",
        "/v1/discord/events",
        users.map((user) => left("a", user)),
      );
    };
    const start = clock.now();
    await say(start, "u1", "u2");
    await say(start + 3_600_000, "ahead");
    // Longer than one step of the search.
    for (let n = 0; n < 2; n++) await say(start + 60_000, ...Array.from({ length: 1_000 }, () => "back"));
    await say(start + 7_200_000, "late");
    const since = (time: number) => readFeed(own, `?limit=3&after=${new Date(time).toISOString()}`);
    const users = async (time: number) =>
      (await since(time)).body["events"].map(({ data }: { data: { userId: string } }) => data.userId);
    expect(await users(start + 1_800_000)).toEqual(["ahead", "back", "back"]);
    expect(await users(start + 3_600_001)).toEqual(["late"]);
    expect(await users(start + 1)).toEqual(["ahead", "back", "back"]);
    expect(await users(start)).toEqual(["u1", "u2", "ahead"]);
    expect(await users(start + 7_200_001)).toEqual([]);
  });

  test.each([
    ["after=99900000000", "after", /beyond the end/],
    ["after=-1", "after", /position/],
    ["after=12", "after", /position/],
    ["after=yesterday", "after", /position/],
    ["limit=0", "limit", /1 to 1000/],
    ["wait=61", "wait", /0 to 60/],
    ["room=nothing", "room.0", /chat:1/],
    ["protocol=nothing", "protocol.0", /gurukul/],
  ])("?%s is refused in words", async (query, path, message) => {
    const { status, body } = await readFeed(server, `?${query}`);
    expect(status).toBe(400);
    expect(body["errors"]).toEqual([{ path, message: expect.stringMatching(message) }]);
  });

  test("a removed room's events are gone from it", async () => {
    await post("discord", [left("gone", "u1"), left("stays", "u2")]);
    const before = await readAll(server);
    await server.http("DELETE", "/v1/rooms/guild:gone");
    const after = await readAll(server);
    expect(after).toEqual(before.filter(({ room }) => room !== "guild:gone"));
  });
});

describe("?wait=", () => {
  test("is answered by what comes meanwhile", async () => {
    const { body: end } = await readFeed(server, "?after=end");
    const waiting = readFeed(server, `?after=${end["next"]}&wait=30&room=guild:a`);
    await post("discord", left("b", "u8"));
    await post("discord", left("a", "u9"));
    const { body } = await waiting;
    expect(body["events"]).toHaveLength(1);
    expect(body["events"][0].data.userId).toBe("u9");
  });

  test("is answered empty when nothing came, and next has moved past what was not asked for", async () => {
    const { body: end } = await readFeed(server, "?after=end");
    const { body } = await readFeed(server, `?after=${end["next"]}&wait=0.05`);
    expect(body).toEqual(end);
  });
});

describe("a node of several", () => {
  const none = { position: 0, ordinal: 0 };
  const store: FeedStore = {
    ...{ seek: () => 0, seekTime: () => 0, cursorAt: () => none, trimmed: () => none },
    scanTime: () => ({ after: 0, isFound: false, isEnd: true }),
    scan: () => ({ events: [], after: 0, cursor: undefined, isEnd: true }),
    end: () => none,
    endOf: () => undefined,
  };
  /** A node that has applied up to 5, and that catching up leads to a position. */
  function nodeAt(reached: number) {
    let applied = 5;
    const caughtUp = async () => {
      applied = reached;
    };
    return { feed: new Feed(store, () => applied), caughtUp };
  }
  const explaining = (error: Error): Response => {
    if (error instanceof Problem) return error.response();
    throw error;
  };
  /** The status of an answer to a consumer that has read up to 7. */
  async function statusAt(reached: number): Promise<number> {
    const deps = { ...nodeAt(reached), protocols: [], after: () => () => {} };
    const routes = feedRoutes(deps, () => undefined).onError(explaining);
    return (await routes.request("/?after=700000")).status;
  }
  /** And of one to a backend that wants a webhook to begin there. */
  async function webhookStatusAt(reached: number): Promise<number> {
    const node = nodeAt(reached);
    const webhooks = new Webhooks({
      ...{ clock: new FakeClock(), feed: node.feed, contracts: [], allowed: ["*"], timeoutMs: 1 },
      ...{ all: () => [], save() {}, remove() {}, lastId: () => 0, note() {}, random: () => 0 },
      report(error) {
        throw error;
      },
    });
    const routes = webhookRoutes({ ...node, webhooks, protocols: [], allowed: ["*"] }).onError(explaining);
    const body = JSON.stringify({ url: "http://127.0.0.1:1/", from: "700000", paused: true });
    const headers = { "content-type": "application/json", "content-length": String(body.length) };
    const { status } = await routes.request("/one", { method: "PUT", body, headers });
    webhooks.stop();
    return status;
  }

  test("has a consumer wait that comes from a node which has applied more, and refuses it when the log ends before", async () => {
    expect(await statusAt(7)).toBe(200);
    expect(await statusAt(6)).toBe(400);
  });

  test("has a webhook begin at a position that another node has told, and refuses one beyond the end", async () => {
    expect(await webhookStatusAt(7)).toBe(200);
    expect(await webhookStatusAt(6)).toBe(400);
  });
});
