import { expect, test } from "bun:test";
import type { Frame } from "../support/client.ts";
import { eventually } from "../support/eventually.ts";
import { expectProblem } from "../support/problem.ts";
import { startTestServer, stopAfterAll } from "../support/server.ts";

const server = stopAfterAll(await startTestServer());

const connections = async (query = "") =>
  (await (await server.http("GET", `/v1/connections${query}`)).json()) as Frame;

test("GET /v1/connections has each connection's state, in pages", async () => {
  const [ada, bob] = [await server.chat("ada"), await server.chat("bob")];
  await ada.join("c-1");
  await bob.drain();
  const all = await connections();
  expect(all).toEqual({
    connections: [
      {
        id: expect.any(String),
        protocol: "gurukul",
        userId: "ada",
        address: "127.0.0.1",
        connectedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
        lastSeen: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
        rooms: ["chat:c-1"],
        unsentBytes: 0,
      },
      expect.objectContaining({ userId: "bob", rooms: [] }),
    ],
    hasMore: false,
  });
  const [first, second] = all["connections"];
  expect(await connections("?limit=1")).toEqual({ connections: [first], hasMore: true });
  expect(await connections(`?limit=1&after=${first.id}`)).toEqual({ connections: [second], hasMore: false });
  ada.close();
  await ada.closed;
  await eventually(async () => (await connections())["connections"].length === 1);
  await expectProblem(await server.http("GET", `/v1/connections?after=${first.id}`), 400, ["after"]);
  bob.close();
});

test("a limit that is none is a problem that names it", async () => {
  for (const limit of ["0", "1001", "many", "1.5"])
    await expectProblem(await server.http("GET", `/v1/connections?limit=${limit}`), 400, ["limit"]);
});
