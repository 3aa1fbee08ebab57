import { afterEach, beforeEach, expect, test } from "bun:test";
import { CHAT, enter } from "../protocols/atomic/clients.ts";
import { ack, init } from "../protocols/hyperfocus/frames.ts";
import type { Frame, TestClient } from "../support/client.ts";
import { dietClient, message } from "../support/diet.ts";
import { eventually } from "../support/eventually.ts";
import { FakeClock } from "../support/fake-clock.ts";
import { startTestServer, type TestServer } from "../support/server.ts";

const LIMIT = 30;
const clock = new FakeClock();
let server: TestServer;
beforeEach(async () => {
  const env = { MESSAGE_RATE_LIMIT: String(LIMIT), MESSAGE_BURST_LIMIT: "0", TRUST_PROXY: "on" };
  server = await startTestServer({ clock, env });
});
afterEach(() => server.stop());

interface Visitor {
  /** A connection that may speak. */
  come(): Promise<TestClient>;
  say(n: number): Frame;
  /** Whether this is the answer to a message, and not a refusal for speaking too fast. */
  passed(frame: Frame): boolean;
  tooFast(frame: Frame): boolean;
}

const limited = (frame: Frame) => JSON.stringify(frame).match(/RATE_LIMIT|rate_limit|Rate limit/) !== null;

async function hyperfocus(address: string, query = ""): Promise<TestClient> {
  const client = await server.connect(`/ws${query}`, {
    protocols: ["hyperfocus-protocol-v1"],
    headers: { "x-forwarded-for": address },
  } as Bun.WebSocketOptions);
  client.send(init("viewer", "v"));
  await client.next(({ type }) => type === "stream:status" || type === "error");
  return client;
}

const visitors: Readonly<Record<string, Visitor>> = {
  "a user of diet": {
    come: async () => (await dietClient(server, "eve")).client,
    say: () => message("message.read", { messageId: "m", userId: "eve", readAt: "2026-03-02T08:30:00.000Z" }),
    passed: ({ success }) => success === true,
    tooFast: limited,
  },
  "a user of atomic": {
    come: () => enter(server, CHAT, "eve"),
    say: (n) => ({ type: "history", id: `h-${n}`, data: {} }),
    passed: ({ type }) => type === "history",
    tooFast: limited,
  },
  "a user of discord": {
    async come() {
      const client = await server.connect("/api/ws");
      client.send({ v: 1, type: "auth", token: await server.token("eve"), ts: 1 });
      await client.next("ack");
      return client;
    },
    say: () => ({ v: 1, type: "auth", token: "", ts: 1 }),
    passed: ({ error }) => error === "Already authenticated",
    tooFast: limited,
  },
  "a user of hyperfocus": {
    come: async () => hyperfocus("10.0.0.1", `?token=${await server.token("eve")}`),
    say: () => ack("no-such-gift"),
    passed: ({ payload }) => payload?.message === "Unknown gift",
    tooFast: limited,
  },
  "guests of one address": {
    come: () => hyperfocus("10.0.0.1"),
    say: () => ack("no-such-gift"),
    passed: ({ payload }) => payload?.message === "Unknown gift",
    tooFast: limited,
  },
};

test.each(Object.keys(visitors))(
  "%s who come and go in turn pass no more than one who stays",
  async (name) => {
    const { come, passed, say, tooFast } = visitors[name]!;
    const isAnswer = (frame: Frame) => passed(frame) || tooFast(frame);
    let all = 0;
    for (let turn = 0; turn < 5; turn++) {
      const client = await come();
      for (let n = 0; n < LIMIT + 1 && client.isOpen; n++) {
        client.send(say(n));
        const answer = await client.next(isAnswer).catch(() => undefined);
        if (!answer || !passed(answer)) break;
        all++;
      }
      client.close();
      await client.closed;
      const connections = async () =>
        ((await (await server.http("GET", "/v1/connections")).json()) as Frame)["connections"].length;
      await eventually(async () => (await connections()) === 0);
    }
    expect(all).toBeGreaterThan(LIMIT / 2);
    expect(all).toBeLessThanOrEqual(LIMIT);
  },
);

test("guests of another address have a rate of their own", async () => {
  const { passed, say, tooFast } = visitors["guests of one address"]!;
  const eve = await hyperfocus("10.0.0.1");
  for (let n = 0; n < LIMIT; n++) eve.send(say(n));
  await eve.next(tooFast);
  eve.close();
  await eve.closed;
  const ada = await hyperfocus("10.0.0.2");
  ada.send(say(0));
  expect(passed(await ada.next("error"))).toBe(true);
});
