import { afterEach, expect, test } from "bun:test";
import { builtProtocols } from "../support/built-protocols.ts";
import { FakeClock } from "../support/fake-clock.ts";
import { RawSocket } from "../support/raw-socket.ts";
import { startTestServer, type TestServer } from "../support/server.ts";

let server: TestServer;
afterEach(() => server.stop());

test("one address opens so many connections a minute to all endpoints together; then each says when to come again", async () => {
  const clock = new FakeClock();
  server = await startTestServer({ clock, env: { ADDRESS_RATE_LIMIT: "12", TRUST_PROXY: "on" } });
  const endpoints = builtProtocols().flatMap(({ paths, subprotocol = "" }) =>
    paths.map((path) => ({ path, subprotocol })),
  );
  const attempt = async (n: number, address: string) => {
    const { path, subprotocol } = endpoints[n % endpoints.length]!;
    const peer = await RawSocket.upgrade(server.port, path, {
      headers: { "X-Forwarded-For": address, ...(subprotocol && { "Sec-WebSocket-Protocol": subprotocol }) },
    });
    peer.destroy();
    return [peer.status, /retry-after: (\d+)/i.exec(peer.head)?.[1]];
  };
  for (let n = 0; n < 12; n++) expect((await attempt(n, "10.0.0.1"))[0]).toBe(101);
  for (let n = 0; n < endpoints.length; n++) expect(await attempt(n, "10.0.0.1")).toEqual([429, "5"]);
  expect((await attempt(0, "10.0.0.2"))[0]).toBe(101);
  clock.advance(5_000);
  expect((await attempt(0, "10.0.0.1"))[0]).toBe(101);
  expect((await attempt(1, "10.0.0.1"))[0]).toBe(429);
});
