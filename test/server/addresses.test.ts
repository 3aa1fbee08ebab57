import { afterEach, expect, test } from "bun:test";
import { builtProtocols } from "../support/built-protocols.ts";
import { FakeClock } from "../support/fake-clock.ts";
import { RawSocket } from "../support/raw-socket.ts";
import { startTestServer, type TestServer } from "../support/server.ts";

let server: TestServer;
afterEach(() => server.stop());

test("one address opens ADDRESS_RATE_LIMIT connections a minute to all endpoints; then each answer says when to try again", async () => {
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

test("without a limit on the connections of one address to atomic, all endpoints have none, unless theirs is set", async () => {
  const opened = async (env: Record<string, string>) => {
    server = await startTestServer({ clock: new FakeClock(), env: { CONNECTION_RATE_LIMIT: "0", ...env } });
    let count = 0;
    for (let n = 0; n < 601; n++) {
      const peer = await RawSocket.upgrade(server.port, "/ws");
      peer.destroy();
      if (peer.status === 101) count++;
    }
    return count;
  };
  expect(await opened({ ADDRESS_RATE_LIMIT: "" })).toBe(601);
  await server.stop();
  expect(await opened({ ADDRESS_RATE_LIMIT: "600" })).toBe(600);
});
