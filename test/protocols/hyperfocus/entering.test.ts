import { describe, expect, test } from "bun:test";
import { startTestServer, stopAfterAll } from "../../support/server.ts";
import { ack, dial, drain, error, frame, gift, gifts, give, host, init, viewer } from "./frames.ts";

const server = stopAfterAll(await startTestServer());

const token = (stream = "s1", userId = "ada") => server.token(userId, { rooms: [`stream:${stream}`] });

describe("before connection:init", () => {
  test.each([
    frame("heartbeat:pong", {
      timestamp: "2025-10-28T23:59:59.999Z",
      sequence: 1,
      stats: { latency: 1, memory: 1, queueSize: 0 },
    }),
    ack("g1"),
    frame("error", { code: "X", message: "", details: null, retryable: false, retryAfter: null }),
  ])("$type gets NOT_INITIALIZED, and the connection lives", async (message) => {
    const client = await dial(server);
    client.send(message);
    expect(await client.next()).toEqual(error("NOT_INITIALIZED"));
    client.send(init("viewer", "v"));
    expect(await client.next()).toMatchObject({ type: "connection:ack" });
  });

  test("nothing of any stream is heard", async () => {
    const client = await dial(server);
    await give(server, gift());
    expect(await drain(client)).toEqual([]);
  });

  test("what is sent right behind it is not too early", async () => {
    const [giftId] = await give(server, gift());
    const client = await dial(server);
    client.send(init("viewer", "v"));
    client.send(ack(giftId!));
    await client.next("stream:status");
    expect(await drain(client)).toEqual([]);
  });
});

describe("a viewer", () => {
  test("needs no token, is shown the status after the ack, and then what comes", async () => {
    const client = await dial(server);
    client.send(init("viewer", "v"));
    expect((await client.next())["type"]).toBe("connection:ack");
    expect((await client.next())["type"]).toBe("stream:status");
    const [giftId] = await give(server, gift());
    expect((await client.next())["payload"].giftId).toBe(giftId);
  });

  test("hears nothing of another stream", async () => {
    const client = await viewer(server, "v", { streamId: "other" });
    await give(server, gift());
    expect(gifts(await drain(client))).toEqual([]);
  });

  test("with a bad token is no guest", async () => {
    const inUrl = await dial(server, "?token=nonsense");
    expect(await inUrl.next()).toEqual(error("UNAUTHORIZED"));
    expect((await inUrl.closed).code).toBe(1008);
    const inInit = await dial(server);
    inInit.send(init("viewer", "v", { token: "nonsense" }));
    expect(await inInit.next()).toEqual(error("UNAUTHORIZED"));
    expect((await inInit.closed).code).toBe(1008);
  });

  test("with a token that does not open the stream may watch it all the same, also when the room is removed", async () => {
    const client = await dial(server, `?token=${await token("other", "eve")}`);
    client.send(init("viewer", "v", { streamId: "public" }));
    await client.next("stream:status");
    await server.http("PUT", "/v1/rooms/stream:public", { title: "A stream", open: false });
    await server.http("PUT", "/v1/rooms/stream:public/members/eve");
    await server.http("DELETE", "/v1/rooms/stream:public/members/eve");
    const event = { room: "stream:public", type: "gift:received", data: gift() };
    await server.http("POST", "/v1/hyperfocus/events", event);
    expect(await drain(client)).toMatchObject([{ type: "gift:received" }]);
  });
});

describe("a host", () => {
  test("comes in with a token in the URL, or in connection:init", async () => {
    const inUrl = await dial(server, `?token=${await token()}`);
    inUrl.send(init("host", "h"));
    expect((await inUrl.next())["type"]).toBe("connection:ack");
    const inInit = await dial(server);
    inInit.send(init("host", "h", { token: await token() }));
    expect((await inInit.next())["type"]).toBe("connection:ack");
  });

  test.each(["", "nonsense"])("with the token %j gets UNAUTHORIZED and 1008", async (token) => {
    for (const query of [`?token=${token}`, ""]) {
      const client = await dial(server, query);
      client.send(init("host", "h", query ? {} : { token }));
      expect(await client.next()).toEqual(error("UNAUTHORIZED"));
      expect((await client.closed).code).toBe(1008);
    }
  });

  test("who has come with a token stays who he is", async () => {
    const client = await dial(server, `?token=${await token()}`);
    client.send(init("host", "h", { token: "nonsense" }));
    expect((await client.next())["type"]).toBe("connection:ack");
  });

  test("without a token gets UNAUTHORIZED and 1008", async () => {
    const client = await dial(server);
    client.send(init("host", "h"));
    expect(await client.next()).toEqual(error("UNAUTHORIZED"));
    expect((await client.closed).code).toBe(1008);
    expect(client.frames).toHaveLength(1);
  });

  test("without access to the stream gets FORBIDDEN and hears nothing, and may try another", async () => {
    const inUrl = await dial(server, `?token=${await token("mine")}`);
    inUrl.send(init("host", "h"));
    const inInit = await dial(server);
    inInit.send(init("host", "h", { token: await token("mine") }));
    for (const client of [inUrl, inInit]) {
      expect(await client.next()).toEqual(error("FORBIDDEN"));
      await give(server, gift());
      expect(await drain(client)).toEqual([]);
      client.send(init("host", "h", { streamId: "mine" }));
      expect((await client.next())["type"]).toBe("connection:ack");
    }
  });

  test("who is a member of the stream needs no grant; out of it he hears nothing more and acknowledges nothing", async () => {
    await server.http("PUT", "/v1/rooms/stream:s1/members/member");
    const client = await host(server, { userId: "member", rooms: ["stream:none"] });
    const [giftId] = await give(server, gift());
    await client.next("gift:received");
    await server.http("DELETE", "/v1/rooms/stream:s1/members/member");
    expect(await client.next()).toEqual(error("FORBIDDEN"));
    await give(server, gift());
    client.send(ack(giftId!));
    expect(await client.next()).toEqual(error("FORBIDDEN"));
    expect(gifts(await drain(client))).toEqual([]);
  });
});

describe("connection:ack", () => {
  test("has the features that both sides have, and a session id of its own each time", async () => {
    const client = await dial(server);
    const ids = new Set<string>();
    for (const [capabilities, features] of [
      [
        ["notifications", "webgl", "webgl", "smell-o-vision"],
        ["webgl", "notifications"],
      ],
      [[], []],
    ]) {
      client.send(init("viewer", "v", { capabilities }));
      const { payload } = await client.next("connection:ack");
      expect(payload.config.features).toEqual(features);
      ids.add(payload.sessionId);
    }
    expect(ids.size).toBe(2);
  });

  test("tells the operator's interval and pace; no limit is a number too", async () => {
    const env = { HEARTBEAT_INTERVAL_MS: "20000", MAX_GIFTS_PER_SECOND: "0" };
    const other = await startTestServer({ env });
    const client = await dial(other);
    client.send(init("viewer", "v"));
    const { config } = (await client.next())["payload"];
    expect(config).toMatchObject({ pingInterval: 20_000, maxGiftsPerSecond: Number.MAX_SAFE_INTEGER });
    await other.stop();
  });
});

describe("a second connection:init", () => {
  test("leaves the old stream and enters the new one", async () => {
    const client = await viewer(server, "v", { streamId: "old" });
    const neighbour = await viewer(server, "neighbour", { streamId: "old" });
    client.send(init("viewer", "v", { streamId: "new" }));
    await client.next("stream:status");
    const post = (streamId: string, giftId: string) =>
      server.http("POST", "/v1/hyperfocus/events", {
        room: `stream:${streamId}`,
        type: "gift:received",
        data: gift({ giftId }),
      });
    await post("old", "to-old");
    await post("new", "to-new");
    expect(gifts(await drain(client)).map(({ giftId }) => giftId)).toEqual(["to-new"]);
    expect(gifts(await drain(neighbour)).map(({ giftId }) => giftId)).toEqual(["to-old"]);
  });

  test("that is refused leaves everything as it was", async () => {
    const client = await host(server, { rooms: ["stream:s1"] });
    client.send(init("host", "host-1", { streamId: "not-mine" }));
    expect(await client.next("error")).toEqual(error("FORBIDDEN"));
    await give(server, gift());
    expect(gifts(await drain(client))).toHaveLength(1);
  });
});
