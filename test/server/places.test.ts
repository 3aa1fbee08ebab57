import { expect, test } from "bun:test";
import { eventually } from "../support/eventually.ts";
import { RawSocket } from "../support/raw-socket.ts";
import { startTestServer, stopAfterAll } from "../support/server.ts";

const PLACES = 3;

const server = stopAfterAll(await startTestServer({ env: { MAX_CONNECTIONS: String(PLACES) } }));
const path = `/ws?token=${await server.token("ada")}`;

const ask = () => RawSocket.upgrade(server.port, path);
async function connections(): Promise<number> {
  const health = await server.http("GET", "/ws/health");
  return Number(/"connections":(\d+)/.exec(await health.text())?.[1]);
}

test("of more who come at once than there are places, the rest get a 503 before the upgrade", async () => {
  const peers = await Promise.all(Array.from({ length: 10 }, ask));
  const statuses = peers.map(({ status }) => status).sort();
  expect(statuses).toEqual([101, 101, 101, 503, 503, 503, 503, 503, 503, 503]);
  expect(await connections()).toBe(PLACES);

  const [first, ...others] = peers.filter(({ status }) => status === 101);
  first?.destroy();
  await eventually(async () => (await connections()) === PLACES - 1);
  const next = await ask();
  expect(next.status).toBe(101);
  expect((await ask()).status).toBe(503);
  for (const peer of [...others, next]) {
    peer.say("ping", { timestamp: 1 });
    expect((await peer.hear("pong"))["data"]).toEqual({ timestamp: 1 });
    peer.destroy();
  }
  await eventually(async () => (await connections()) === 0);
});

test("a connection that is refused gives its place back", async () => {
  for (let n = 0; n < 3 * PLACES; n++) {
    const peer = await RawSocket.upgrade(server.port, "/ws?token=bad");
    expect(peer.status).toBe(101);
    expect(await peer.closing()).toMatchObject({ code: 1008 });
    await peer.ended;
  }
});

test("MAX_CONNECTIONS 0 is no limit", async () => {
  const unlimited = await startTestServer({ env: { MAX_CONNECTIONS: "0" } });
  try {
    const peer = await RawSocket.upgrade(unlimited.port, `/ws?token=${await unlimited.token("ada")}`);
    expect(peer.status).toBe(101);
  } finally {
    await unlimited.stop();
  }
});
