import { describe, expect, test } from "bun:test";
import {
  type ClientOptions,
  type ConnectionEvent,
  ConnectionFailed,
  VoiceChannelClient,
} from "../../packages/client/src/index.ts";
import { FakeClock } from "../support/fake-clock.ts";
import { Random } from "../support/random.ts";
import { fakeSockets, settled } from "./support.ts";

/** A voice client whose server and time are the test's. */
function stage(options: Partial<ClientOptions> = {}) {
  const clock = new FakeClock(0);
  const { create, next, all } = fakeSockets();
  const events: ConnectionEvent[] = [];
  const client = new VoiceChannelClient({
    url: "ws://voice/api/ws",
    token: () => "a token",
    clock,
    random: () => 0.5,
    createSocket: create,
    ...options,
  });
  client.onConnectionEvent((event) => events.push(event));
  const connected = client.connect();
  connected.catch(() => {});
  /** Lets the next connection in. */
  const admit = async () => {
    const socket = await next();
    socket.open();
    socket.say({ v: 1, type: "ack", event: "auth.ok", guildId: "1", ts: 1 });
    return socket;
  };
  return { admit, all, client, clock, connected, events, next };
}
const delays = (events: readonly ConnectionEvent[]) =>
  events.filter(({ type }) => type === "reconnecting").map(({ data }) => data?.nextAttemptIn);

describe("a lost connection", () => {
  test("is tried again after 1, 2, 4, 8 and 16 s at most, and then given up", async () => {
    const { client, clock, connected, events, next } = stage({ random: () => 1 });
    for (let attempt = 0; attempt < 6; attempt++) {
      (await next()).end();
      clock.advance(1_000 * 2 ** attempt);
    }
    await expect(connected).rejects.toThrow(ConnectionFailed);
    expect(delays(events)).toEqual([1_000, 2_000, 4_000, 8_000, 16_000]);
    expect(client.getConnectionState()).toBe("error");
  });

  test("begins to count anew once the server has let it in", async () => {
    const { admit, client, clock, events, next } = stage();
    (await next()).end();
    clock.advance(500);
    (await next()).end();
    clock.advance(1_000);
    (await admit()).end();
    expect(delays(events)).toEqual([500, 1_000, 500]);
    expect(client.getConnectionState()).toBe("connecting");
  });

  test("asks for a fresh token each time", async () => {
    let asked = 0;
    const { admit, clock, next } = stage({ token: async () => `token ${++asked}` });
    (await admit()).end();
    clock.advance(500);
    const socket = await next();
    socket.open();
    expect(socket.sent).toMatchObject([{ type: "auth", token: "token 2" }]);
  });

  test("of a server that restarts is tried again", async () => {
    const { admit, client, clock } = stage();
    (await admit()).end(1012, "Server restart");
    clock.advance(500);
    await admit();
    expect(client.isConnected()).toBe(true);
  });

  test.each(["disconnect", "begin anew"])("can be ended where its loss is told: %s", async (what) => {
    const { admit, all, client, clock, events } = stage();
    const first = await admit();
    const stop = client.onConnectionEvent(({ type }) => {
      if (type !== "disconnected") return;
      stop();
      void client.disconnect();
      if (what === "begin anew") void client.connect();
    });
    first.end(1012, "Server restart");
    if (what === "begin anew") await admit();
    clock.advance(60_000);
    await settled();
    expect(all).toEqual([]);
    const more = what === "begin anew" ? (["connected"] as const) : [];
    expect(events.map(({ type }) => type)).toEqual(["connected", "disconnected", "disconnected", ...more]);
    expect(client.getConnectionState()).toBe(what === "begin anew" ? "connected" : "disconnected");
    void client.disconnect();
  });

  test("is not tried again when the user has ended it", async () => {
    const { admit, all, client, clock, events } = stage();
    await admit();
    await client.disconnect();
    clock.advance(60_000);
    await settled();
    expect(all).toEqual([]);
    expect(events.map(({ type }) => type)).toEqual(["connected", "disconnected"]);
  });
});

describe("what cannot be helped", () => {
  test.each([
    [1008, "Closed by the server"],
    [1008, "Access denied"],
  ])("%i %s is not tried again", async (code, reason) => {
    const { admit, all, client, clock } = stage();
    (await admit()).end(code, reason);
    clock.advance(60_000);
    await settled();
    expect(client.getConnectionState()).toBe("error");
    expect(all).toEqual([]);
  });

  test.each([
    [4003, "Invalid token"],
    [4004, "Session expired"],
    [1008, "Authentication failed"],
  ])("%i %s is tried once with another token, where there may be one", async (code, reason) => {
    const { admit, client, clock, next } = stage();
    (await admit()).end(code, reason);
    expect(client.getConnectionState()).toBe("connecting");
    clock.advance(500);
    (await next()).end(code, reason);
    expect(client.getConnectionState()).toBe("error");

    const fixed = stage({ token: "always the same" });
    (await fixed.admit()).end(code, reason);
    expect(fixed.client.getConnectionState()).toBe("error");
  });

  test.each(["Backpressure", "Heartbeat timeout", "Rate limit exceeded"])(
    "1008 %s passes, and is tried again",
    async (reason) => {
      const { admit, client } = stage();
      (await admit()).end(1008, reason);
      expect(client.getConnectionState()).toBe("connecting");
    },
  );
});

describe("the network", () => {
  test("when it goes nothing is tried until it is back", async () => {
    const network = new EventTarget();
    const { admit, all, client, clock } = stage({ network });
    const socket = await admit();
    network.dispatchEvent(new Event("offline"));
    expect(socket.isClosed).toBe(true);
    clock.advance(600_000);
    await settled();
    expect(all).toEqual([]);
    expect(client.getConnectionState()).toBe("connecting");
    network.dispatchEvent(new Event("online"));
    clock.advance(500);
    await admit();
    expect(client.isConnected()).toBe(true);
  });

  test("when it is not there at the start the first attempt is made once it is", async () => {
    const network = Object.assign(new EventTarget(), { navigator: { onLine: false } });
    const { admit, all, client, clock, connected, events } = stage({ network });
    clock.advance(600_000);
    await settled();
    expect(all).toEqual([]);
    expect(events).toEqual([]);
    expect(client.getConnectionState()).toBe("connecting");
    network.dispatchEvent(new Event("online"));
    clock.advance(500);
    await admit();
    await connected;
  });

  test("when it is not there at the start the client can be told to stop waiting", async () => {
    const network = Object.assign(new EventTarget(), { navigator: { onLine: false } });
    const { all, client, clock, connected } = stage({ network });
    await settled();
    await client.disconnect();
    await expect(connected).rejects.toThrow("disconnected");
    network.dispatchEvent(new Event("online"));
    clock.advance(600_000);
    await settled();
    expect(all).toEqual([]);
  });

  test("when it goes before the last attempt nothing is given up", async () => {
    const network = new EventTarget();
    const { admit, client, clock, next } = stage({ network, reconnect: { maxAttempts: 1 } });
    (await next()).end();
    network.dispatchEvent(new Event("offline"));
    expect(client.getConnectionState()).toBe("connecting");
    network.dispatchEvent(new Event("online"));
    clock.advance(500);
    await admit();
    expect(client.isConnected()).toBe(true);
  });
});

test("five hundred clients that are cut at once come back spread out", async () => {
  const random = new Random(1);
  const stages = Array.from({ length: 500 }, () => stage({ random: () => random.next() }));
  const waits = await Promise.all(
    stages.map(async ({ admit, events }) => {
      (await admit()).end(1012, "Server restart");
      return delays(events)[0] ?? -1;
    }),
  );
  const perTenth = Array.from(
    { length: 10 },
    (_, tenth) => waits.filter((ms) => Math.floor(ms / 100) === tenth).length,
  );
  // Fifty each, were it perfectly even.
  expect(Math.min(...perTenth)).toBeGreaterThan(25);
  expect(Math.max(...perTenth)).toBeLessThan(80);
});
