import { expect, test } from "bun:test";
import { dietClient } from "../support/diet.ts";
import { startTestServer, stopAfterAll } from "../support/server.ts";

const server = stopAfterAll(await startTestServer());
/** Each but for the last names a kind of room by all but its last letter. */
const rooms = ["groups", "guilds", "chats", ":", "group:", "guild:", "nothing"];

test("grants that are no kind:id open nothing in diet, and disturb nothing", async () => {
  const ada = await dietClient(server, "ada", { rooms });
  expect(await ada.types()).toEqual([]);
  expect(server.lines.filter((line) => JSON.stringify(line).includes("error"))).toEqual([]);
});

test("grants that are no kind:id open nothing in discord: the acknowledgement names no guild", async () => {
  const viewer = await server.connect("/api/ws");
  viewer.send({ v: 1, type: "auth", token: await server.token("ada", { rooms }), ts: 1 });
  expect(await viewer.next()).toEqual({ v: 1, type: "ack", event: "auth.ok", ts: expect.any(Number) });
});
