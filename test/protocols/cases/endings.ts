import { expect } from "bun:test";
import { eventually } from "../../support/eventually.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { startRelay } from "../../support/relay.ts";
import { type Case, expectAlive, expectRefusal, health, member, nextDelivery, onServer } from "./stage.ts";

/** So rare that no heartbeat ends a connection for whom these cases let time pass. */
const env = { HEARTBEAT_INTERVAL_MS: "3600000" };

export const endings = {
  async "ends a connection whose token has run out at its next message"(samples) {
    const clock = new FakeClock();
    await onServer({ clock, env }, async (server) => {
      const token = await server.token("ada", { rooms: [samples.room], ttl: "10s" });
      const client = await samples.open(server, samples.room, token);
      await samples.entered(client);
      clock.jump(9_000 - (clock.now() % 1_000));
      client.send(samples.say(1));
      expect(await samples.answer(client)).not.toEqual(samples.refused.expired.frame);
      clock.jump(1_000);
      client.send(samples.say(2));
      await expectRefusal(samples, client, samples.refused.expired);
    });
  },

  async "ends a connection whose token has run out within 30 seconds, should it say nothing"(samples) {
    const clock = new FakeClock();
    await onServer({ clock, env }, async (server) => {
      const token = await server.token("ada", { rooms: [samples.room], ttl: "10s" });
      const client = await samples.open(server, samples.room, token);
      await samples.entered(client);
      const other = await member(samples, server, "bob");
      clock.advance(8_500);
      await expectAlive(samples, server, client);
      clock.advance(1_500 + 30_000);
      await expectRefusal(samples, client, samples.refused.expired);
      await expectAlive(samples, server, other);
    });
  },

  async "ends a revoked user's connections and refuses the old token, but not a new one"(samples) {
    const clock = new FakeClock();
    await onServer({ clock, env }, async (server) => {
      const token = await server.token("ada", { rooms: [samples.room] });
      const clients = [await member(samples, server, "ada"), await member(samples, server, "ada")];
      const other = await member(samples, server, "bob");
      clock.advance(2_000);
      expect((await server.http("DELETE", "/v1/users/ada/connections")).ok).toBe(true);
      for (const client of clients) await expectRefusal(samples, client, samples.refused.revoked);
      const again = await samples.open(server, samples.room, token);
      await expectRefusal(samples, again, samples.refused.badToken);
      await expectAlive(samples, server, other);
      // An issuer's clock may be 2 s ahead, and `iat` has whole seconds.
      clock.advance(4_000);
      await expectAlive(samples, server, await member(samples, server, "ada"));
    });
  },

  async "closes 1008 on a reader that stops reading, while the others get everything in order"(samples) {
    const env = { MAX_BUFFERED_BYTES: "262144", ROOM_RATE_LIMIT: "0" };
    await onServer({ env }, async (server) => {
      const relay = await startRelay(server.port);
      const token = await server.token("stalled", { rooms: [samples.room] });
      const stalled = await samples.open(relay, samples.room, token);
      await samples.entered(stalled);
      const reader = await member(samples, server, "reader");
      const isStalled = (line: string) => line.includes('"disconnect"') && line.includes('"stalled"');

      relay.freeze();
      // For one who does not read, the kernel alone holds a few megabytes.
      for (let lot = 0; !server.lines.some(isStalled); lot++) {
        const texts = Array.from({ length: 80_000 / samples.longest }, (_, n) =>
          `${lot}.${n} `.padEnd(samples.longest, "x"),
        );
        await samples.publish(server, samples.room, texts);
        for (const text of texts) {
          expect(await nextDelivery(samples, reader)).toEqual(samples.delivery(samples.room, text));
        }
      }
      expect(JSON.parse(server.lines.find(isStalled) ?? "{}")).toMatchObject({ code: 1008 });
      await expectAlive(samples, server, reader);
      relay.stop();
    });
  },

  async "tells everybody of a shutdown after all that was published, and closes 1012"(samples) {
    await onServer({}, async (server) => {
      const clients = [await member(samples, server, "ada"), await member(samples, server, "bob")];
      await samples.publish(server, samples.room, ["last words"]);
      await server.shutdown();
      for (const client of clients) {
        expect(await nextDelivery(samples, client)).toEqual(samples.delivery(samples.room, "last words"));
        await expectRefusal(samples, client, { close: 1012, ...samples.refused.shutdown });
      }
    });
  },

  async "forgets a peer that has closed, or is simply gone"(samples) {
    await onServer({}, async (server) => {
      const relay = await startRelay(server.port);
      const token = await server.token("gone", { rooms: [samples.room] });
      const gone = await samples.open(relay, samples.room, token);
      await samples.entered(gone);
      const closes = await member(samples, server, "closes");
      expect(await health(server)).toMatchObject({ connections: 2 });
      closes.close();
      relay.breakOff();
      await eventually(async () => (await health(server)).connections === 0);
      expect(await health(server)).toMatchObject({ connections: 0, activeChats: 0 });
      for (const user of ["closes", "gone"]) {
        expect(await (await server.http("GET", `/v1/users/${user}`)).json()).toMatchObject({ online: false });
      }
      relay.stop();
    });
  },
} satisfies Record<string, Case>;
