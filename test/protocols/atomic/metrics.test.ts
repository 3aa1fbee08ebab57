import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import type { Frame } from "../../support/client.ts";
import { startTestServer, type TestServer } from "../../support/server.ts";
import {
  ANALYTICS,
  CHAT,
  drain,
  enter,
  error,
  frame,
  post,
  ROOM,
  setMetric,
  subscribe,
  values,
} from "./clients.ts";

let server: TestServer;
beforeEach(async () => {
  server = await startTestServer();
});
afterEach(() => server.stop());

const update = (metric: string, value: unknown, more: Frame = {}, room = ROOM): Frame => ({
  ...{ room, type: "metric_update", data: { metric, value } },
  ...more,
});

describe("a subscription", () => {
  test("is answered at once for each metric, and null is no value yet", async () => {
    const client = await enter(server, ANALYTICS, "ada");
    client.send({ type: "subscribe", id: "s-1", data: { metrics: ["performance", "grade", "performance"] } });
    const data = { value: null, timestamp: expect.any(String) };
    expect(await drain(client)).toEqual([
      frame("metric_update", { metric: "performance", ...data }, "s-1"),
      frame("metric_update", { metric: "grade", ...data }, "s-1"),
    ]);
  });

  test("brings every value that a backend posts, in order, each once", async () => {
    const client = await enter(server, ANALYTICS, "ada");
    await setMetric(server, "performance", 1);
    expect(await subscribe(client, "performance")).toEqual([1]);
    const posted = [2, 3, 3, "<b>high</b>", true, null, -0.5];
    await post(
      server,
      posted.map((value) => update("performance", value)),
    );
    expect(values(await drain(client), "performance")).toEqual([2, 3, 3, "high", true, null, -0.5]);
  });

  test("brings no other metric, and none of another context", async () => {
    const client = await enter(server, ANALYTICS, "ada");
    const other = await enter(server, ANALYTICS, "ada", { contextId: "other" });
    const chat = await enter(server, CHAT, "ada");
    await subscribe(client, "performance");
    await subscribe(other, "performance");
    await setMetric(server, "grade", 1);
    await setMetric(server, "performance.", 1);
    expect(await drain(client)).toEqual([]);
    await setMetric(server, "performance", 1);
    expect(await drain(other)).toEqual([]);
    expect(await drain(chat)).toEqual([]);
    expect(values(await drain(client), "performance")).toEqual([1]);
  });

  test("once more is answered once more, and changes nothing else", async () => {
    const client = await enter(server, ANALYTICS, "ada");
    await setMetric(server, "performance", 1);
    expect(await subscribe(client, "performance")).toEqual([1]);
    expect(await subscribe(client, "performance", "grade")).toEqual([1, null]);
    await setMetric(server, "performance", 2);
    expect(values(await drain(client), "performance")).toEqual([2]);
  });

  test("ends with unsubscribe, which says nothing", async () => {
    const client = await enter(server, ANALYTICS, "ada");
    await subscribe(client, "performance", "grade");
    client.send({ type: "unsubscribe", data: { metrics: ["performance", "never-heard-of"] } });
    expect(await drain(client)).toEqual([]);
    await setMetric(server, "performance", 1);
    await setMetric(server, "grade", 2);
    expect((await drain(client)).map(({ data }) => data.metric)).toEqual(["grade"]);
    expect(await subscribe(client, "performance")).toEqual([1]);
  });

  test("and its end keep their place", async () => {
    const client = await enter(server, ANALYTICS, "ada");
    await setMetric(server, "performance", 1);
    for (const type of ["subscribe", "unsubscribe", "subscribe", "unsubscribe"]) {
      client.send({ type, data: { metrics: ["performance"] } });
    }
    expect(values(await drain(client), "performance")).toEqual([1, 1]);
    await setMetric(server, "performance", 2);
    expect(await drain(client)).toEqual([]);
  });

  test("names metrics, no more than a hundred on a connection", async () => {
    const client = await enter(server, ANALYTICS, "ada");
    const many = (n: number) => Array.from({ length: n }, (_, index) => `m-${index}`);
    for (const metrics of [[], ["a b"], [""], ["*"], [7], "activity", undefined, many(101)]) {
      client.send({ type: "subscribe", data: { metrics } });
      expect(await client.next()).toEqual(error(expect.stringMatching(/^metrics/)));
    }
    await subscribe(client, ...many(100));
    client.send({ type: "subscribe", data: { metrics: ["one more"] } });
    client.send({ type: "subscribe", data: { metrics: ["another"] } });
    expect((await drain(client)).map((one) => one["error"])).toEqual([
      expect.stringMatching(/^metrics.0: /),
      "metrics: must be at most 100 together with the earlier subscriptions",
    ]);
    client.send({ type: "unsubscribe", data: { metrics: ["m-0"] } });
    expect(await subscribe(client, "another", "m-1")).toEqual([null, null]);
  });
});

describe("a backend's metric", () => {
  test("has the time that it says, or else that of its coming", async () => {
    const client = await enter(server, ANALYTICS, "ada");
    await subscribe(client, "performance");
    const timestamp = "2024-01-01T12:00:00+02:00";
    const data = { metric: "performance", value: 1, timestamp };
    await post(server, update("performance", 1, { data }));
    expect(await client.next()).toEqual(frame("metric_update", data));
    const before = Date.now();
    await setMetric(server, "performance", 2);
    const { data: said } = await client.next();
    expect(Date.parse(said.timestamp)).toBeWithin(before, Date.now() + 1);
  });

  test("survives a restart, the last value of each", async () => {
    await setMetric(server, "performance", 1);
    await post(server, [update("grade", "A", { id: "p-1" }), update("performance", 2, { id: "p-2" })]);
    server = await server.restart();
    expect(await subscribe(await enter(server, ANALYTICS, "ada"), "performance", "grade")).toEqual([2, "A"]);
  });

  test("is one of a thousand at most, and makes room for another when its value is null", async () => {
    const many = Array.from({ length: 999 }, (_, index) => update(`m-${index}`, index));
    expect((await post(server, many)).status).toBe(200);
    await setMetric(server, "last", 1);
    const refused = await post(server, [update("m-1", "again"), update("one-more", 1)]);
    expect(refused.status).toBe(400);
    expect(((await refused.json()) as Frame)["errors"]).toEqual([
      {
        path: "1.data.metric",
        message: "must be one of at most 1000 metrics of its context; a value of null removes a metric",
      },
    ]);
    const client = await enter(server, ANALYTICS, "ada");
    // All of a request is stored, or none.
    expect(await subscribe(client, "m-1", "m-2", "one-more")).toEqual([1, 2, null]);
    await setMetric(server, "m-1", "again");
    await setMetric(server, "never", null);
    await setMetric(server, "m-2", null);
    await setMetric(server, "one-more", 1);
    expect(await subscribe(client, "m-1", "m-2", "one-more")).toEqual(["again", null, 1]);
    server = await server.restart();
    const later = await enter(server, ANALYTICS, "ada");
    expect(await subscribe(later, "m-1", "m-2", "one-more")).toEqual(["again", null, 1]);
    expect((await post(server, update("two-more", 1))).status).toBe(400);
    await setMetric(server, "m-3", null);
    await setMetric(server, "two-more", 1);
  });

  test("goes with its context", async () => {
    await setMetric(server, "performance", 1);
    expect((await server.http("DELETE", `/v1/rooms/${ROOM}`)).status).toBe(204);
    expect(await subscribe(await enter(server, ANALYTICS, "ada"), "performance")).toEqual([null]);
  });

  test("that goes with its context is null for its subscribers, who count its messages no more", async () => {
    const [client, chat] = [await enter(server, ANALYTICS, "ada"), await enter(server, CHAT, "bob")];
    await setMetric(server, "performance", 1);
    chat.send({ type: "message", data: { content: "Hello" } });
    await chat.next("message");
    expect(await subscribe(client, "performance", "activity")).toEqual([1, 1]);
    expect((await server.http("DELETE", `/v1/rooms/${ROOM}`)).status).toBe(204);
    const told = (await drain(client)).map(({ data }) => [data.metric, data.value]);
    expect(told.toSorted()).toEqual([
      ["activity", 0],
      ["performance", null],
    ]);
  });

  test("that is posted twice under one id is told once", async () => {
    const client = await enter(server, ANALYTICS, "ada");
    const chat = await enter(server, CHAT, "bob");
    await subscribe(client, "performance");
    for (let n = 0; n < 2; n++) {
      const answer = await post(server, update("performance", 1, { id: "p-1" }));
      expect(await answer.json()).toEqual({ accepted: 1, ids: ["p-1"] });
    }
    expect(await drain(client)).toEqual([
      frame("metric_update", { metric: "performance", value: 1, timestamp: expect.any(String) }),
    ]);
    expect(await drain(chat)).toEqual([]);
    expect(await subscribe(client, "performance")).toEqual([1]);
  });

  test("is none of those that the server derives, and for a context only", async () => {
    const wrong: [Frame, string][] = [
      [update("activity", 1), "data.metric"],
      [update("engagement", 1), "data.metric"],
      [update("a b", 1), "data.metric"],
      [update("performance", {}), "data.value"],
      [update("performance", "x".repeat(1_001)), "data.value"],
      [update("performance", undefined), "data.value"],
      [
        update("performance", 1, { data: { metric: "performance", value: 1, timestamp: "noon" } }),
        "data.timestamp",
      ],
      [update("performance", 1, {}, "session:s"), "room"],
      [update("performance", 1, { room: undefined, everyone: true }), "room"],
    ];
    for (const [event, path] of wrong) {
      const answer = await post(server, event);
      expect([path, answer.status]).toEqual([path, 400]);
      expect(((await answer.json()) as Frame)["errors"]).toMatchObject([{ path }]);
    }
  });
});
