import { expect, test } from "bun:test";
import { RawSocket, upgradeRequest } from "./support/raw-socket.ts";
import { API_KEY, startTestServer, stopAfterAll } from "./support/server.ts";

const server = stopAfterAll(await startTestServer({ env: { MAX_CONNECTIONS: "1" } }));

/** The server gives ten seconds, which no clock of ours counts but Bun's, in steps of four. */
const PATIENCE_MS = 15_000;

test(
  "peers that never finish their HTTP request are cut off, and cost the others nothing",
  async () => {
    const half = upgradeRequest("/ws?token=none").slice(0, 60);
    const body = `PUT /v1/rooms/chat:a HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${API_KEY}\r\nContent-Length: 9\r\n\r\n{`;
    const dial = async (bytes: string): Promise<RawSocket> => {
      const peer = await RawSocket.dial(server.port);
      if (bytes !== "") peer.write(bytes);
      return peer;
    };
    const peers = await Promise.all(["", half, body].map(dial));
    const dripping = await dial("");
    const drops = upgradeRequest("/ws?token=none")[Symbol.iterator]();
    const tap = setInterval(() => dripping.write(drops.next().value ?? ""), 1_000);

    // The one place is not taken by any of them.
    const client = await server.chat("ada");
    await client.join("chat-1");
    for (const peer of [...peers, dripping]) await peer.ended;
    clearInterval(tap);
    expect(await client.drain()).toEqual([]);
    for (const peer of [...peers, dripping]) expect(peer.head).toBe("");
  },
  PATIENCE_MS,
);
