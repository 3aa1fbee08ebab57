import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import type { TestClient } from "../../support/client.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { startTestServer, type TestServer } from "../../support/server.ts";
import { drain, from, gift, give, host, init, setStatus, statuses, viewer } from "./frames.ts";

let clock: FakeClock;
let server: TestServer;
let watcher: TestClient;

beforeEach(async () => {
  clock = new FakeClock();
  server = await startTestServer({ clock });
  watcher = await host(server);
  clock.advance(1_000);
});
afterEach(() => server.stop());

/** Statuses that the watcher was shown since the last look. */
const shown = async () => statuses(await drain(watcher));
const goal = (type: string, current?: number) => ({
  type,
  target: 100,
  current,
  description: "A <b>goal</b>",
});

test("before a backend has said anything a stream is not live, and has no goal", async () => {
  const client = await viewer(server, "v");
  expect(statuses(client.frames)).toEqual([
    { isLive: false, viewerCount: 1, startedAt: null, currentGoal: null },
  ]);
});

describe("viewerCount", () => {
  test("counts the viewers' clientIds, not their connections, and no hosts", async () => {
    const tabs = [await viewer(server, "v"), await viewer(server, "v"), await viewer(server, "w")];
    await host(server, { clientId: "host-2" });
    await viewer(server, "elsewhere", { streamId: "other" });
    const counts: number[] = [];
    const look = async () => {
      clock.advance(1_000);
      await drain(watcher);
      counts.push(statuses(watcher.frames).at(-1)?.["viewerCount"]);
    };
    await look();
    for (const tab of tabs) {
      tab.close();
      await tab.closed;
      await look();
    }
    expect(counts).toEqual([2, 2, 1, 0]);
  });

  test("is not touched by a host of the same clientId that leaves", async () => {
    await viewer(server, "v");
    const other = await host(server, { clientId: "v" });
    other.close();
    await other.closed;
    expect(statuses((await viewer(server, "w")).frames).at(-1)?.["viewerCount"]).toBe(2);
  });

  test("goes down by who leaves for another stream, and up there", async () => {
    const other = await viewer(server, "other", { streamId: "other" });
    const client = await viewer(server, "v");
    client.send(init("viewer", "v", { streamId: "other" }));
    await client.next("stream:status");
    clock.advance(1_000);
    expect((await shown()).at(-1)?.["viewerCount"]).toBe(0);
    await drain(other);
    expect(statuses(other.frames).at(-1)?.["viewerCount"]).toBe(2);
  });
});

describe("a change", () => {
  test("is shown at once, further ones once a second, and then only the last; no change is not", async () => {
    for (let n = 1; n <= 5; n++) await setStatus(server, { isLive: true, currentGoal: goal("likes", n) });
    expect((await shown()).map(({ currentGoal }) => currentGoal.current)).toEqual([1]);
    clock.advance(999);
    expect(await shown()).toEqual([]);
    clock.advance(1);
    expect((await shown()).map(({ currentGoal }) => currentGoal.current)).toEqual([5]);
    await setStatus(server, { isLive: true });
    clock.advance(5_000);
    expect(await shown()).toEqual([]);
  });

  test("keeps what the backend leaves out; null takes it away", async () => {
    const startedAt = "2025-10-28T23:59:59.999Z";
    for (const status of [
      { isLive: true, startedAt, currentGoal: goal("likes", 3), viewerCount: 9_999 },
      { isLive: false },
      { isLive: false, startedAt: null, currentGoal: null },
    ]) {
      await setStatus(server, status);
      clock.advance(1_000);
    }
    const currentGoal = { ...goal("likes", 3), description: "A goal" };
    expect(await shown()).toEqual([
      { isLive: true, viewerCount: 0, startedAt, currentGoal },
      { isLive: false, viewerCount: 0, startedAt, currentGoal },
      { isLive: false, viewerCount: 0, startedAt: null, currentGoal: null },
    ]);
  });

  test("is that a backend removes the stream: nothing is left of its status", async () => {
    await setStatus(server, { isLive: true, currentGoal: goal("likes", 3) });
    await shown();
    expect((await server.http("DELETE", "/v1/rooms/stream:s1")).status).toBe(204);
    clock.advance(1_000);
    expect(await shown()).toEqual([{ isLive: false, viewerCount: 0, startedAt: null, currentGoal: null }]);
  });

  test("is shown to a newcomer at once, and to the others in its turn", async () => {
    await setStatus(server, { isLive: true });
    const client = await viewer(server, "v");
    expect(statuses(client.frames)).toMatchObject([{ isLive: true, viewerCount: 1 }]);
    expect((await shown()).map(({ viewerCount }) => viewerCount)).toEqual([0]);
    clock.advance(1_000);
    expect((await shown()).map(({ viewerCount }) => viewerCount)).toEqual([1]);
  });

  test("that is taken back before the others were shown it is taken back for a newcomer too", async () => {
    const leaving = await viewer(server, "v");
    clock.advance(2_000);
    await setStatus(server, { isLive: true });
    const client = await viewer(server, "w");
    expect(statuses(client.frames).at(-1)?.["viewerCount"]).toBe(2);
    leaving.close();
    await leaving.closed;
    clock.advance(1_000);
    expect(statuses(await drain(client)).at(-1)?.["viewerCount"]).toBe(1);
  });

  test("that a viewer makes by coming is not shown to it twice", async () => {
    const client = await viewer(server, "v");
    expect((await shown()).map(({ viewerCount }) => viewerCount)).toEqual([1]);
    clock.advance(5_000);
    expect(await drain(client)).toEqual([]);
  });

  test("that is over before a viewer comes to an empty stream is not told to it", async () => {
    const stream = { streamId: "other" };
    const gone = await viewer(server, "v", stream);
    gone.close();
    await gone.closed;
    const client = await viewer(server, "v", stream);
    clock.advance(5_000);
    expect(await drain(client)).toEqual([]);
  });
});

for (const [what, clientId] of [
  ["again", "v"],
  ["under another clientId", "w"],
] as const) {
  test(`a viewer that enters its stream ${what} was never away`, async () => {
    const client = await viewer(server, "v");
    clock.advance(5_000);
    await shown();
    await drain(client);
    client.send(init("viewer", clientId));
    const status = await client.next("stream:status");
    expect(status.payload.viewerCount).toBe(1);
    clock.advance(5_000);
    expect(await shown()).toEqual([]);
  });
}

describe("a goal", () => {
  const progress = async () => {
    clock.advance(1_000);
    return (await shown()).at(-1)?.["currentGoal"].current;
  };

  test("of viewers is as far as there are viewers", async () => {
    await setStatus(server, { isLive: true, currentGoal: goal("viewers") });
    expect(await progress()).toBe(0);
    await viewer(server, "v");
    await viewer(server, "w");
    expect(await progress()).toBe(2);
  });

  test("of gifts begins where the backend says and counts their quantities, waiting ones too", async () => {
    await give(server, gift({ quantity: 50 }));
    await setStatus(server, { isLive: true, currentGoal: goal("gifts", 40) });
    await give(server, ...Array.from({ length: 20 }, () => gift({ quantity: 2 })));
    expect(await progress()).toBe(80);
    clock.advance(5_000);
    expect(await shown()).toEqual([]);
    await setStatus(server, { isLive: true, currentGoal: goal("gifts", 7) });
    expect(await progress()).toBe(7);
  });

  test("of revenue counts what gifts are worth", async () => {
    await setStatus(server, { isLive: true, currentGoal: goal("revenue") });
    await give(server, gift({ totalValue: 0.1 }), gift({ totalValue: 0.2 }), from("u2", { quantity: 2 }));
    expect(await progress()).toBe(0.7);
  });

  test("of anything else is as far as the backend says", async () => {
    await setStatus(server, { isLive: true, currentGoal: goal("likes", 5) });
    await give(server, gift());
    expect(await progress()).toBe(5);
  });

  test("does not count a repeated gift again", async () => {
    await setStatus(server, { isLive: true, currentGoal: goal("gifts", 0) });
    await give(server, gift({ giftId: "g" }));
    await give(server, gift({ giftId: "g" }));
    expect(await progress()).toBe(1);
  });
});
