import { heapStats } from "bun:jsc";
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { TestClient } from "../support/client.ts";
import { contractOf } from "../support/contracts.ts";
import { endpoints, sayAll, type WireEndpoint } from "../support/endpoints.ts";
import { eventually } from "../support/eventually.ts";
import { startTestServer, stopAfterAll } from "../support/server.ts";
import { anyFrom, patience, runs, seed } from "./mutations.ts";

const server = stopAfterAll(
  await startTestServer({ env: { LOG_LEVEL: "trace", MAX_GIFTS_PER_SECOND: "0" } }),
);

const condition = async () => (await server.http("GET", "/ws/health")).json();
const isSealing = ({ type }: { type?: unknown }) => type === "encryption.init";
/** Whose version is another's, a client of hyperfocus is told so and closed. */
const mayClose = ({ protocol }: WireEndpoint, code: number) => protocol === "hyperfocus" && code === 1008;

describe.each(endpoints.map((endpoint) => [endpoint.name, endpoint] as const))("%s", (_, endpoint) => {
  const check = contractOf(endpoint.protocol);
  const frames = endpoint.frames.filter((frame) => !isSealing(frame));

  test(
    `answers any input in its contract's words, and stays up (seed ${seed})`,
    async () => {
      const other = await endpoint.enter(server, "bob");
      let client = await endpoint.enter(server, "ada");
      const lots = fc.array(anyFrom(frames), { minLength: 1, maxLength: 30 });
      await fc.assert(
        fc.asyncProperty(lots, async (lot) => {
          for (const frame of await sayAll(endpoint, client, lot)) check(frame);
          if (client.socket.readyState < WebSocket.CLOSING) return;
          const { code } = await client.closed;
          expect([code, mayClose(endpoint, code)]).toEqual([code, true]);
          client = await endpoint.enter(server, "ada");
        }),
        { numRuns: runs, seed },
      );
      // What the others in the room have heard of it is in the contract too.
      for (const frame of [...other.frames, ...(await sayAll(endpoint, other, []))]) check(frame);
      expect(other.isOpen).toBe(true);
      for (const one of [client, other]) {
        one.close();
        await one.closed;
      }
    },
    patience,
  );

  test(
    `says nothing to strangers but that they are (seed ${seed})`,
    async () => {
      const protocols = endpoint.subprotocol === undefined ? [] : [endpoint.subprotocol];
      await fc.assert(
        fc.asyncProperty(anyFrom(endpoint.frames), async (frame) => {
          const client = await server.connect(endpoint.path, protocols.length > 0 ? { protocols } : {});
          if (endpoint.protocol === "hyperfocus") await sayAll(endpoint, client, [frame]);
          else {
            client.socket.send(frame);
            expect([1008, 4003]).toContain((await client.closed).code);
            expect(client.frames).toHaveLength(1);
          }
          for (const one of client.frames) check(one);
          client.close();
        }),
        { numRuns: Math.ceil(runs / 2), seed },
      );
    },
    patience,
  );
});

test(
  `diet survives any input when frames are encrypted (seed ${seed})`,
  async () => {
    const diet = endpoints.find(({ protocol }) => protocol === "diet")!;
    const check = contractOf("diet");
    const init = diet.frames.filter(isSealing);
    const sealed = {
      ...{ encryptedData: "AAAA", iv: "AAAAAAAAAAAAAAAA", authTag: "AAAAAAAAAAAAAAAAAAAAAA==" },
      ...{ timestamp: "2026-03-02T08:30:00.000Z", keyId: "key" },
    };
    const lots = fc.tuple(anyFrom(init), fc.array(anyFrom([...diet.frames, sealed]), { maxLength: 10 }));
    await fc.assert(
      fc.asyncProperty(lots, async ([first, lot]) => {
        const client = await diet.enter(server, "ada");
        const before = client.frames.length;
        for (const frame of [first, ...lot]) client.socket.send(frame);
        // Each is answered, encrypted or not.
        while (client.frames.length < before + 1 + lot.length) await client.next();
        for (const frame of client.frames) check(frame);
        expect(client.isOpen).toBe(true);
        client.close();
      }),
      { numRuns: Math.ceil(runs / 2), seed },
    );
  },
  patience,
);

/** So many connections, each in a room of its own and with something said there, come and go. */
async function comeAndGo(lot: string, count: number): Promise<void> {
  const enter = async (endpoint: WireEndpoint, n: number): Promise<TestClient> => {
    const client = await endpoint.enter(server, `${lot}-${n}`, `${lot}-${n}`);
    await sayAll(endpoint, client, [JSON.stringify(endpoint.probe), "broken", "{}"]);
    return client;
  };
  for (let n = 0; n < count; n++) {
    const clients = await Promise.all(endpoints.map((endpoint) => enter(endpoint, n)));
    for (const client of clients) client.close();
    await Promise.all(clients.map(({ closed }) => closed));
  }
  await eventually(async () => ((await condition()) as { connections: number }).connections === 0);
}

const collections = (): number => {
  Bun.gc(true);
  const counts = heapStats().objectTypeCounts;
  return (counts["Map"] ?? 0) + (counts["Set"] ?? 0) + (counts["Timeout"] ?? 0);
};

test(
  "afterwards nothing is left of those who came and went",
  async () => {
    for (const line of server.lines) expect(line).not.toMatch(/"level":[56]0/);
    await comeAndGo("warm", 20);
    const before = collections();
    const rounds = 40;
    await comeAndGo("more", rounds);
    expect(await condition()).toMatchObject({ status: "healthy", connections: 0, activeChats: 0 });
    expect(await (await server.http("GET", "/v1/connections")).json()).toEqual({
      ...{ connections: [], hasMore: false },
    });
    // Loosely: one set for each room that was joined would be seven a round.
    expect(collections() - before).toBeLessThan(2 * rounds);
  },
  patience,
);
