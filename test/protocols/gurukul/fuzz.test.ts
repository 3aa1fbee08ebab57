import { beforeAll, expect, test } from "bun:test";
import fc from "fast-check";
import { z } from "zod";
import { events } from "../../../src/protocols/gurukul/schema.ts";
import type { Frame, TestClient } from "../../support/client.ts";
import { startTestServer, stopAfterAll } from "../../support/server.ts";
import { anyFrame, CHAT } from "./mutations.ts";

/** Run again with the seed of a failure: `FUZZ_SEED=… bun test fuzz`. */
const seed = Number(process.env["FUZZ_SEED"] ?? Math.trunc(Math.random() * 2 ** 31));

let ada: TestClient;
/** In the same chat. */
let bob: TestClient;
/** In a chat that is closed to ada. */
let eve: TestClient;
let messageId: string;

const server = stopAfterAll(await startTestServer({ env: { LOG_LEVEL: "trace" } }));
beforeAll(async () => {
  ada = await server.chat("ada", { rooms: [`chat:${CHAT}`] });
  [bob, eve] = await Promise.all([server.chat("bob"), server.chat("eve")]);
  await Promise.all([ada.join(CHAT), bob.join(CHAT), eve.join("elsewhere")]);
  bob.say("message", { chatId: CHAT, content: "Hello" });
  messageId = (await ada.next("message"))["data"].message.id;
  await bob.drain();
});

const timestamp = z.int().positive();
const single = Object.entries(events).map(([type, data]) =>
  z.strictObject({ type: z.literal(type), data, timestamp }),
);
const batched = z.strictObject({ type: z.literal("message"), data: events.message, timestamp });
const contract = z.union([
  ...single,
  z.strictObject({
    type: z.literal("batch"),
    data: z.strictObject({ messages: z.array(batched) }),
    timestamp,
  }),
]);

/** Who a room's frame is from. */
const authorOf = ({ data }: Frame): string | undefined => data.message?.userId ?? data.userId;
/** What comes in its own time, perhaps for the frame before: the agent's, and news of a chat that ada has left. */
const isBelated = (frame: Frame): boolean =>
  frame["type"] === "chat_update" || authorOf(frame) === "assistant";
const idsOf = (frames: Frame[]): string[] => frames.flatMap(({ data }) => data.message?.id ?? []);

test(`2,000 random and mutated frames leave the server answering (seed ${seed})`, async () => {
  const seen = new Set<string>();
  const delivered = new Set<string>();
  await fc.assert(
    fc.asyncProperty(anyFrame(messageId), async (frame) => {
      ada.socket.send(frame);
      const everything = await ada.drain();
      const heard = await bob.drain();
      for (const each of [...everything, ...heard]) contract.parse(each);
      for (const { type, data } of everything) seen.add(type === "error" ? `${data.code}` : type);

      const answers = everything.filter((each) => !isBelated(each));
      const events = heard.filter((each) => !isBelated(each));
      const error = answers.find(({ type }) => type === "error");
      if (error) {
        expect(error["data"].code).toBeOneOf([400, 403, 404, 409, 413, 503]);
        expect(answers).toEqual([error]);
        expect(events).toEqual([]);
      }
      for (const event of events) {
        expect(event["type"]).toBeOneOf(["message", "typing", "read_receipt"]);
        expect(authorOf(event)).toBe("ada");
      }
      // Each is confirmed to its sender; a repeated `messageId` is confirmed again and delivered to nobody twice.
      for (const id of idsOf(events)) {
        expect(idsOf(answers)).toContain(id);
        expect(delivered.has(id)).toBe(false);
        delivered.add(id);
      }
      expect(await eve.drain()).toEqual([]);
    }),
    { numRuns: 2_000, seed, timeout: 5_000 },
  );
  // Otherwise the frames were all of a kind, and the test says little.
  for (const kind of ["message", "read_receipt", "chat_update", "pong", "400", "403", "404"])
    expect(seen).toContain(kind);
  expect(server.lines.filter((line) => /"level":[4-6]0/.test(line))).toEqual([]);
  expect(ada.isOpen).toBe(true);
});
