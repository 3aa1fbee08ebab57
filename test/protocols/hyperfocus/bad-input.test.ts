import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import type { Frame, TestClient } from "../../support/client.ts";
import { startTestServer, type TestServer } from "../../support/server.ts";
import { ack, drain, error, frame, gift, gifts, give, init, viewer } from "./frames.ts";

let server: TestServer;
let client: TestClient;
beforeAll(async () => {
  server = await startTestServer({ env: { LOG_LEVEL: "trace", MAX_GIFTS_PER_SECOND: "0" } });
});
beforeEach(async () => {
  client = await viewer(server);
});
afterAll(async () => {
  expect(server.lines.join("")).not.toMatch(/"level":[56]0/);
  await server.stop();
});

/** The paths that the error's details name. The connection lives on. */
async function wrongFields(message: Frame): Promise<string[]> {
  client.send(message);
  const answer = await client.next("error");
  expect(answer).toEqual(error("INVALID_MESSAGE", { details: expect.any(Array) }));
  await give(server, gift());
  expect(gifts(await drain(client))).toHaveLength(1);
  return answer["payload"].details.map(({ path }: Frame) => path).sort();
}

describe("an error names the wrong fields", () => {
  const good = init("viewer", "v");
  const without = (field: string) => {
    const { [field]: _, ...rest } = good["payload"];
    return frame("connection:init", rest);
  };

  test.each(["clientId", "streamId", "clientType", "capabilities", "version"])(
    "%s is missing",
    async (field) => expect(await wrongFields(without(field))).toEqual([`payload.${field}`]),
  );

  test.each([
    ["clientId", ""],
    ["clientId", "two words"],
    ["streamId", "x".repeat(129)],
    ["streamId", "*"],
    ["clientType", "moderator"],
    ["capabilities", "webgl"],
    ["version", "x".repeat(65)],
    ["token", 5],
  ])("%s is %j", async (field, value) =>
    expect(await wrongFields(init("viewer", "v", { [field]: value }))).toEqual([`payload.${field}`]),
  );

  test("all of them at once", async () => {
    const { capabilities: _, ...payload } = init("spectator" as never, "v")["payload"];
    expect(await wrongFields(frame("connection:init", payload))).toEqual([
      "payload.capabilities",
      "payload.clientType",
    ]);
    expect(await wrongFields(frame("heartbeat:pong", { timestamp: "now", stats: { latency: "1" } }))).toEqual(
      [
        "payload.sequence",
        "payload.stats.latency",
        "payload.stats.memory",
        "payload.stats.queueSize",
        "payload.timestamp",
      ],
    );
    expect(await wrongFields(ack("g", { receivedAt: 5, rendered: "yes", error: 7 }))).toEqual([
      "payload.error",
      "payload.receivedAt",
      "payload.rendered",
    ]);
    expect(await wrongFields(frame("error", {}))).toContain("payload.code");
  });

  test("in a capability by its place", async () => {
    const message = init("viewer", "v", { capabilities: ["webgl", 7] });
    expect(await wrongFields(message)).toEqual(["payload.capabilities.1"]);
  });

  test.each([
    [{ type: "gift:ack", payload: {} }, ["timestamp"]],
    [{ type: "gift:ack", payload: {}, timestamp: 5 }, ["timestamp"]],
    [{ type: "gift:ack", payload: {}, timestamp: "yesterday" }, ["timestamp"]],
    [{ type: "gift:ack", timestamp: "2025-10-28T23:59:59.999Z" }, ["payload"]],
    [{ type: 5, payload: [], timestamp: "2025-10-28T23:59:59.999Z" }, ["payload", "type"]],
    [{}, ["payload", "timestamp", "type"]],
    [frame("gift:received", gift()), ["type"]],
    [frame("connection:ack", {}), ["type"]],
    [frame("__proto__", {}), ["type"]],
  ])("of the frame %j", async (message, paths) => expect(await wrongFields(message)).toEqual(paths));
});

test("a client cannot give a gift, nor change the status", async () => {
  for (const type of ["gift:received", "stream:status"]) client.send(frame(type, gift()));
  for (const _ of [1, 2]) expect(await client.next()).toMatchObject({ type: "error" });
  expect(await drain(client)).toEqual([]);
});
