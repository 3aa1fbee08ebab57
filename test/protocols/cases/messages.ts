import { expect } from "bun:test";
import type { Frame } from "../../support/client.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { endingsOf } from "../../support/records.ts";
import type { Samples } from "../samples.ts";
import { type Case, expectAlive, expectRefusal, member, nextDelivery, onServer } from "./stage.ts";

type BadFrame = readonly [frame: string | Uint8Array, error: Frame];

/** Frames that are none of this protocol's, by what is wrong with them. */
function badFrames({ bad, frameOf }: Samples): Record<string, BadFrame> {
  const deep = `${"[".repeat(100)}${"]".repeat(100)}`;
  return {
    "half a frame": ['{"type":', bad.notJson],
    "no frame": ["", bad.notJson],
    "two frames": [frameOf("x").repeat(2), bad.notJson],
    array: ["[]", bad.notAnEnvelope],
    null: ["null", bad.notAnEnvelope],
    number: ["42", bad.notAnEnvelope],
    string: ['"type"', bad.notAnEnvelope],
    "random bytes": [new Uint8Array([0, 255, 128]), bad.binary],
    "text as bytes": [Buffer.from(frameOf("x")), bad.binary],
    "unknown kind": [frameOf("no.such-kind"), bad.unknownKind],
    "kind __proto__": [frameOf("__proto__"), bad.unknownKind],
    "kind constructor": [frameOf("constructor"), bad.unknownKind],
    "kind hasOwnProperty": [frameOf("hasOwnProperty"), bad.unknownKind],
    "100 arrays deep": [deep, bad.tooDeep],
    "100 objects deep": [`${'{"a":'.repeat(100)}1${"}".repeat(100)}`, bad.tooDeep],
    "100 deep inside": [frameOf("x").replace(/}$/, `,"more":${deep}}`), bad.tooDeep],
  };
}

/** Text of fewer characters than bytes. */
const ofBytes = (bytes: number): string => "é".repeat(bytes / 2) + "x".repeat(bytes % 2);

export const messages = {
  async "delivers what is published in a room to its members, in order, and to nobody else"(samples) {
    await onServer({}, async (server) => {
      const [ada, bob] = [await member(samples, server, "ada"), await member(samples, server, "bob")];
      const eve = await member(samples, server, "eve", samples.otherRoom);
      const texts = ["one", "two", "three"];
      await samples.publish(server, samples.room, texts);
      await samples.publish(server, samples.otherRoom, ["to the other room"]);
      for (const text of texts) {
        expect(await nextDelivery(samples, ada)).toEqual(samples.delivery(samples.room, text));
        expect(await nextDelivery(samples, bob)).toEqual(samples.delivery(samples.room, text));
      }
      const delivery = samples.delivery(samples.otherRoom, "to the other room");
      expect(await nextDelivery(samples, eve)).toEqual(delivery);
      expect(JSON.stringify(eve.frames)).not.toMatch(/"(one|two|three)"/);
    });
  },

  async "answers a bad frame in its words, and the connection lives"(samples) {
    await onServer({}, async (server) => {
      const client = await member(samples, server, "ada");
      for (const [what, [frame, error]] of Object.entries(badFrames(samples))) {
        client.socket.send(frame);
        expect([what, await client.next(samples.isError)]).toEqual([what, error]);
      }
      await expectAlive(samples, server, client);
      expect(client.frames.filter(samples.isError)).toHaveLength(Object.keys(badFrames(samples)).length);
    });
  },

  async "takes a frame of MAX_MESSAGE_BYTES, and not one of more: unless it says so, it closes 1009"(
    samples,
  ) {
    await onServer({ env: { MAX_MESSAGE_BYTES: "5000" } }, async (server) => {
      const client = await member(samples, server, "ada");
      client.send(ofBytes(5_000));
      expect(await client.next(samples.isError)).toEqual(samples.bad.notJson);
      client.send(ofBytes(5_001));
      if (samples.tooLong) return;
      const ending = { code: 1009, reason: "Message too big" };
      expect(await client.closed).toEqual(ending);
      expect(endingsOf(server, "ada")).toEqual([ending]);
    });
  },

  async "closes 1009 on a frame of more than twice MAX_MESSAGE_BYTES, no matter how it answers a shorter one"(
    samples,
  ) {
    await onServer({ env: { MAX_MESSAGE_BYTES: "5000" } }, async (server) => {
      const client = await member(samples, server, "ada");
      for (const bytes of samples.tooLong ? [5_001, 10_000] : []) {
        client.send(ofBytes(bytes));
        expect(await client.next(samples.isError)).toEqual(samples.tooLong!);
        await expectAlive(samples, server, client);
      }
      client.send(ofBytes(10_001));
      expect((await client.closed).code).toBe(1009);
    });
  },

  async "refuses one message more than MESSAGE_RATE_LIMIT in its words, and only the sender's"(samples) {
    const clock = new FakeClock();
    const env = { MESSAGE_RATE_LIMIT: "5", HEARTBEAT_INTERVAL_MS: "3600000" };
    await onServer({ clock, env }, async (server) => {
      const client = await member(samples, server, "ada");
      const refusal = samples.refused.rate.frame;
      for (let n = samples.opening; n < 5; n++) {
        client.send(samples.say(n));
        expect(await samples.answer(client)).not.toEqual(refusal);
      }
      client.send(samples.say(5));
      await expectRefusal(samples, client, samples.refused.rate);

      const other = await member(samples, server, "bob");
      other.send(samples.say(6));
      expect(await samples.answer(other)).not.toEqual(refusal);
      if (samples.refused.rate.close !== undefined) return;
      clock.advance(60_000);
      client.send(samples.say(7));
      expect(await samples.answer(client)).not.toEqual(refusal);
    });
  },

  async "refuses a flood of broken frames like any other"(samples) {
    const clock = new FakeClock();
    await onServer({ clock, env: { MESSAGE_RATE_LIMIT: "5" } }, async (server) => {
      const client = await member(samples, server, "ada");
      for (let n = 0; n < 6; n++) client.send("broken");
      for (let n = samples.opening; n < 5; n++) {
        expect(await client.next(samples.isError)).toEqual(samples.bad.notJson);
      }
      await expectRefusal(samples, client, samples.refused.rate);
    });
  },
} satisfies Record<string, Case>;
