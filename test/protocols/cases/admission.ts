import { expect } from "bun:test";
import { SignJWT } from "jose";
import { issueToken } from "../../../src/auth/issue.ts";
import { systemClock } from "../../../src/core/ports/clock.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { startRelay } from "../../support/relay.ts";
import { SECRET } from "../../support/server.ts";
import { type Case, expectAlive, expectRefusal, health, member, onServer } from "./stage.ts";

const signed = (claims: Record<string, unknown>) =>
  new SignJWT(claims).setProtectedHeader({ alg: "HS256" }).sign(new TextEncoder().encode(SECRET));
const unsigned = (part: unknown) => Buffer.from(JSON.stringify(part)).toString("base64url");

/** Tokens that must not open anything. */
async function badTokens(room: string): Promise<Record<string, string>> {
  const order = { secret: SECRET, userId: "eve", rooms: [room], roles: [], ttl: "1h", clock: systemClock };
  const claims = { sub: "eve", rooms: [room], exp: Math.floor(Date.now() / 1_000) + 60 };
  const good = await issueToken(order);
  return {
    garbage: "garbage",
    empty: "",
    "another secret's": await issueToken({ ...order, secret: "a secret of somebody else, long enough" }),
    expired: await issueToken({ ...order, clock: new FakeClock(Date.now() - 2 * 3_600_000) }),
    "without an end": await signed({ ...claims, exp: undefined }),
    "without a user": await signed({ ...claims, sub: undefined }),
    unsigned: `${unsigned({ alg: "none" })}.${unsigned(claims)}.`,
    "with other claims than signed": good.replace(/\.[^.]+\./, `.${unsigned({ ...claims, sub: "ada" })}.`),
  };
}

export const admission = {
  async "lets in a client with a good token"(samples) {
    await onServer({}, async (server) => {
      await expectAlive(samples, server, await member(samples, server, "ada"));
    });
  },

  async "refuses a bad token in its words, and says nothing else"(samples) {
    await onServer({}, async (server) => {
      for (const [kind, token] of Object.entries(await badTokens(samples.room))) {
        const client = await samples.open(server, samples.room, token);
        await expectRefusal(samples, client, samples.refused.badToken);
        expect([kind, client.frames.length]).toEqual([kind, samples.refused.badToken.frame ? 1 : 0]);
      }
    });
  },

  async "refuses a client without a token in its words, and says nothing else"(samples) {
    await onServer({}, async (server) => {
      const client = await samples.open(server, samples.room);
      await expectRefusal(samples, client, samples.refused.missingToken);
      expect(client.frames).toHaveLength(samples.refused.missingToken.frame ? 1 : 0);
    });
  },

  async "refuses a room that the token does not open"(samples) {
    await onServer({}, async (server) => {
      const token = await server.token("eve", { rooms: [samples.otherRoom, `${samples.room}4`] });
      const client = await samples.open(server, samples.room, token);
      await expectRefusal(samples, client, samples.refused.room);
      await samples.publish(server, samples.room, ["not for eve"]);
      if (client.isOpen) {
        client.send(samples.say(1));
        await samples.answer(client);
      }
      expect(client.frames.filter((frame) => samples.isDelivery(frame))).toEqual([]);
    });
  },

  async "refuses one connection more than a user may have, and keeps the others"(samples) {
    await onServer({ env: { MAX_CONNECTIONS_PER_USER: "2" } }, async (server) => {
      const [first, second] = [await member(samples, server, "ada"), await member(samples, server, "ada")];
      const token = await server.token("ada", { rooms: [samples.room] });
      const third = await samples.open(server, samples.room, token);
      await expectRefusal(samples, third, samples.refused.tooManyConnections);
      await member(samples, server, "bob");
      await expectAlive(samples, server, first);
      second.close();
      await second.closed;
      await expectAlive(samples, server, await member(samples, server, "ada"));
    });
  },

  async "gives up on a connection that never authenticates"(samples) {
    const clock = new FakeClock();
    const { server, client } = await samples.unauthenticated(clock);
    try {
      clock.advance(samples.authMs - 1_000);
      expect(await health(server)).toMatchObject({ connections: 1 });
      clock.advance(2_000);
      await expectRefusal(samples, client, samples.refused.authTimeout);
    } finally {
      await server.stop();
    }
  },

  async "gives up on a peer that is silent for two heartbeats, and on no other"(samples) {
    const clock = new FakeClock();
    await onServer({ clock, env: { HEARTBEAT_INTERVAL_MS: "10000" } }, async (server) => {
      const relay = await startRelay(server.port);
      const token = await server.token("silent", { rooms: [samples.room] });
      const silent = await samples.open(relay, samples.room, token);
      await samples.entered(silent);
      relay.freeze();
      const lively = await member(samples, server, "lively");
      for (let n = 0; n < 3; n++) {
        lively.send(samples.say(n));
        await samples.answer(lively);
        clock.advance(9_000);
      }
      const isGone = (line: string) => line.includes('"disconnect"') && line.includes('"silent"');
      expect(server.lines.filter(isGone)).toHaveLength(1);
      expect(server.lines.filter((line) => line.includes('"disconnect"'))).toHaveLength(1);
      await expectAlive(samples, server, lively);
      relay.stop();
    });
  },
} satisfies Record<string, Case>;
