import { expect, test } from "bun:test";
import { Ajv } from "ajv";
import { z } from "zod";
import { startTestServer, stopAfterAll } from "../support/server.ts";

const document = z.object({
  channels: z.record(z.string(), z.object({ messages: z.record(z.string(), z.unknown()) })),
  components: z.object({ messages: z.record(z.string(), z.object({ payload: z.looseObject({}) })) }),
});
const server = stopAfterAll(await startTestServer());
const { channels, components } = document.parse(await (await server.http("GET", "/asyncapi.json")).json());

test("frames with offsets, the place of a room and the verdict about it are as they are described", async () => {
  const ada = await server.chat("ada", { query: "&offsets=1" });
  ada.say("chat_update", { action: "join", chatId: "c" });
  const placed = await ada.next("placed");
  ada.say("message", { chatId: "c", content: "Hello" });
  const message = await ada.next("message");
  const again = await server.chat("ada", { query: `&resume=${encodeURIComponent("chat:c@0")}` });
  again.say("chat_update", { action: "join", chatId: "c" });
  const ajv = new Ajv({ validateFormats: false });
  for (const frame of [placed, message, await again.next("resumed")]) {
    const payload = components.messages[`gurukul.send.${frame["type"]}`]?.payload ?? false;
    expect([frame, ajv.validate(payload, frame)]).toEqual([frame, true]);
  }
});

test("they are on every channel", () => {
  for (const [key, { messages }] of Object.entries(channels)) {
    const [protocol] = key.split(".");
    expect(Object.keys(messages)).toEqual(
      expect.arrayContaining([`${protocol}.send.placed`, `${protocol}.send.resumed`]),
    );
  }
});
