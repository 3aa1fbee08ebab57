import { beforeAll, expect, test } from "bun:test";
import fc from "fast-check";
import type { SealedFrame } from "../../support/diet-cipher.ts";
import { agreed, expectNotOpened, NOW, received } from "./encrypted.ts";

const BYTES = ["encryptedData", "iv", "authTag"] as const;
const PLAIN = JSON.stringify({ type: "direct.message", data: { content: "Only for you" } });

let server: Awaited<ReturnType<typeof agreed>>["server"];
let frame: SealedFrame;
beforeAll(async () => {
  const connection = await agreed();
  server = connection.server;
  frame = await connection.client.seal(PLAIN);
});

/** Which bit, of as many as there are. */
const anyBit = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

function flip(bytes: Buffer, where: number): Buffer {
  const bit = Math.floor(where * bytes.length * 8);
  const flipped = Buffer.from(bytes);
  flipped[bit >> 3]! ^= 1 << (bit & 7);
  return flipped;
}

test("a frame with any bit of its bytes flipped never opens", () => {
  fc.assert(
    fc.property(fc.constantFrom(...BYTES), anyBit, (field, where) => {
      const bytes = flip(Buffer.from(frame[field], "base64"), where);
      expectNotOpened(server, { ...frame, [field]: bytes.toString("base64") });
    }),
    { numRuns: 1_000 },
  );
});

test("a frame with any bit of its base64 flipped never opens, nor under another key id", () => {
  fc.assert(
    fc.property(fc.constantFrom(...BYTES, "keyId" as const), anyBit, (field, where) => {
      // Every bit of the text, those that base64 leaves unused in its last letter included.
      expectNotOpened(server, {
        ...frame,
        [field]: flip(Buffer.from(frame[field]), where).toString("latin1"),
      });
    }),
    { numRuns: 1_000 },
  );
});

test("a frame cut short, or longer, never opens", () => {
  const length = fc.integer({ min: 0, max: 200 });
  fc.assert(
    fc.property(fc.constantFrom(...BYTES), length, (field, length) => {
      const bytes = Buffer.from(frame[field], "base64");
      fc.pre(length !== bytes.length);
      const other = Buffer.alloc(length);
      bytes.copy(other);
      expectNotOpened(server, { ...frame, [field]: other.toString("base64") });
    }),
    { numRuns: 500 },
  );
});

test("any JSON is refused in the same words", () => {
  const anyFrame = fc.record(
    {
      encryptedData: fc.oneof(fc.base64String(), fc.jsonValue()),
      iv: fc.oneof(fc.constant("AAAAAAAAAAAAAAAA"), fc.jsonValue()),
      authTag: fc.oneof(fc.constant(Buffer.alloc(16).toString("base64")), fc.jsonValue()),
      timestamp: fc.oneof(fc.constant("2026-01-01T12:00:00Z"), fc.jsonValue()),
      keyId: fc.oneof(fc.constant(server.ready.keyId), fc.jsonValue()),
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(fc.oneof(anyFrame, fc.jsonValue()), (any) => expectNotOpened(server, any)),
    {
      numRuns: 1_000,
    },
  );
});

test("nothing vouches for the timestamp, so it is neither believed nor returned", async () => {
  const other = await agreed();
  const sealed = await other.client.seal(PLAIN);
  expectNotOpened(other.server, { ...sealed, timestamp: "yesterday" });
  expect(other.server.open({ ...sealed, timestamp: "1999-01-01T00:00:00+01:00" })).toBe(PLAIN);
});

test("after all that, the frame itself opens, and the client can read the answer", async () => {
  expect(server.open(frame)).toBe(PLAIN);
  expect(received(server.seal("{}", NOW)).keyId).toBe(server.ready.keyId);
});
