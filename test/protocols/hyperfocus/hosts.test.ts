import { Database } from "bun:sqlite";
import { afterEach, beforeEach, expect, test } from "bun:test";
import { databaseOf } from "../../support/child.ts";
import type { TestClient } from "../../support/client.ts";
import { startTestServer, type TestServer } from "../../support/server.ts";
import { ack, dial, drain, error, from, gift, gifts, give, host, init, ROOM, viewer } from "./frames.ts";

let server: TestServer;
beforeEach(async () => {
  server = await startTestServer({ env: { MAX_GIFTS_PER_SECOND: "0" } });
});
afterEach(() => server.stop());

const ids = async (client: TestClient) => gifts(await drain(client)).map(({ giftId }) => giftId);
const giveIds = (...giftIds: string[]) => give(server, ...giftIds.map((giftId) => from("u", { giftId })));

async function leave(client: TestClient): Promise<void> {
  await drain(client);
  client.close();
  await client.closed;
}

test("a host that comes back is sent what it has not acknowledged, oldest first, as it was sent before", async () => {
  const before = await host(server);
  await giveIds("a", "b", "c");
  const shown = [await before.next(), await before.next(), await before.next()];
  before.send(ack("b"));
  await leave(before);
  await giveIds("d");
  const again = await host(server);
  expect(again.frames.map(({ type }) => type).slice(0, 2)).toEqual(["connection:ack", "stream:status"]);
  const missed = [await again.next(), await again.next(), await again.next()];
  expect(missed.slice(0, 2)).toEqual([shown[0]!, shown[2]!]);
  expect(missed[2]!["payload"].giftId).toBe("d");
  expect(await ids(again)).toEqual([]);
});

test("what it acknowledges then is sent no more", async () => {
  await leave(await host(server));
  await giveIds("a", "b");
  const second = await host(server);
  expect(await ids(second)).toEqual(["a", "b"]);
  for (const giftId of ["a", "b"]) second.send(ack(giftId, { rendered: false, error: "No WebGL context" }));
  await leave(second);
  expect(await ids(await host(server))).toEqual([]);
});

test("a host that is new is sent nothing of before", async () => {
  await host(server);
  await giveIds("a");
  expect(await ids(await host(server, { clientId: "host-2" }))).toEqual([]);
  // Another user's client of the same name is another host.
  expect(await ids(await host(server, { userId: "bob" }))).toEqual([]);
});

test("nobody acknowledges in a host's name", async () => {
  await leave(await host(server));
  await giveIds("a");
  const impostors = [await viewer(server, "host-1"), await host(server, { userId: "bob" })];
  for (const impostor of impostors) {
    impostor.send(ack("a"));
    await drain(impostor);
  }
  expect(await ids(await host(server))).toEqual(["a"]);
});

test("a host that stays while its stream is removed owes what is shown from then on, and acknowledges it for free", async () => {
  await server.stop();
  const env = { MAX_GIFTS_PER_SECOND: "0", MESSAGE_RATE_LIMIT: "5" };
  server = await startTestServer({ env });
  await giveIds(...Array.from({ length: 8 }, (_, n) => `old-${n}`));
  const before = await host(server);
  expect((await server.http("DELETE", `/v1/rooms/${ROOM}`)).ok).toBe(true);
  const all = Array.from({ length: 8 }, (_, n) => `new-${n}`);
  await giveIds(...all);
  for (const giftId of all.slice(0, 6)) before.send(ack(giftId));
  expect((await drain(before)).filter(({ type }) => type === "error")).toEqual([]);
  await leave(before);
  expect(await ids(await host(server))).toEqual(all.slice(6));
});

test("there is neither a gap nor a repeat where what was missed meets what comes live", async () => {
  await leave(await host(server));
  const all = Array.from({ length: 300 }, (_, n) => `g${n}`);
  const giving = (async () => {
    for (let n = 0; n < all.length; n += 3) await giveIds(...all.slice(n, n + 3));
  })();
  const client = await dial(server, `?token=${await server.token("ada")}`);
  client.send(init("host", "host-1"));
  await giving;
  expect(await ids(client)).toEqual(all);
});

test("a viewer acknowledges what it renders too, is sent nothing again, and nothing of it is stored", async () => {
  const client = await viewer(server);
  await giveIds("a");
  const sizes = () => {
    using database = new Database(databaseOf(server.directory), { readonly: true });
    const count = (table: string) =>
      database.query<{ n: number }, []>(`select count(*) n from ${table}`).get()?.n;
    return ["events", "receipts", "state"].map(count);
  };
  const before = sizes();
  client.send(ack("a"));
  await drain(client);
  expect(sizes()).toEqual(before);
  client.send(ack("never given"));
  const details = [{ path: "payload.giftId", message: expect.any(String) }];
  expect(await client.next("error")).toEqual(error("INVALID_MESSAGE", { details }));
  await leave(client);
  expect(await ids(await viewer(server))).toEqual([]);
});

test("what was missed fits, however large the gifts are", async () => {
  await server.stop();
  const env = { MAX_GIFTS_PER_SECOND: "0", MAX_BUFFERED_BYTES: "40000" };
  server = await startTestServer({ env });
  await leave(await host(server));
  const url = `https://cdn.example/${"x".repeat(2_000)}`;
  const animation = { ...gift()["animation"], assetUrl: url, soundUrl: url };
  const large = Array.from({ length: 40 }, (_, n) => from("u", { giftId: `g${n}`, animation }));
  await give(server, ...large);
  const client = await host(server);
  const missed = await ids(client);
  expect(missed.length).toBeGreaterThan(3);
  expect(missed).toEqual(large.slice(-missed.length).map(({ giftId }) => giftId));
  expect(client.isOpen).toBe(true);
});

test("a host that acknowledges every gift is never too fast; one that does more than that is", async () => {
  await server.stop();
  const env = { MAX_GIFTS_PER_SECOND: "0", MESSAGE_RATE_LIMIT: "5", MAX_CONNECTIONS_PER_USER: "0" };
  server = await startTestServer({ env });
  await leave(await host(server));
  const all = Array.from({ length: 30 }, (_, n) => `g${n}`);
  await giveIds(...all.slice(0, 10));
  const client = await host(server);
  await giveIds(...all.slice(10));
  for (const giftId of all) {
    expect((await client.next("gift:received"))["payload"].giftId).toBe(giftId);
    client.send(ack(giftId));
  }
  for (let n = 0; n < 4; n++) client.send(ack("g0"));
  client.send(ack("g0"));
  const limit = error("RATE_LIMIT", { retryable: true, retryAfter: expect.any(Number) });
  expect(await client.next("error")).toEqual(limit);

  const guest = await viewer(server);
  await giveIds(...all.map((giftId) => `${giftId}-more`));
  for (const giftId of all.slice(0, 5)) guest.send(ack(giftId));
  expect(await guest.next("error")).toEqual(limit);

  // While the other is connected this one has a rate of its own.
  const again = await host(server);
  again.send(ack("g0"));
  again.send(ack("none"));
  expect((await again.next("error"))["payload"].message).toBe("Unknown gift");
  expect(gifts(again.frames)).toHaveLength(all.length);
});
