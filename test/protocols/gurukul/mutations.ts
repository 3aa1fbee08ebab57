import fc, { type Arbitrary } from "fast-check";
import type { Frame } from "../../support/client.ts";

export const CHAT = "den";

const text = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.constantFrom("Hello", "<b>bold</b>", "👩‍👩‍👧", "\ud83d", "\u202e", "a\u0301"),
);

/** Frames of every message that a client may send, most of them good. `messageId`: of a message in the chat. */
function frames(messageId: string): Arbitrary<Frame> {
  const id = fc.constantFrom(messageId, "temp-1", "temp-2", "__proto__", "constructor");
  const chatId = fc.constantFrom(CHAT, CHAT, CHAT, CHAT, "elsewhere");
  const userId = fc.constantFrom("ada", "ada", "ada", "ada", "bob");
  const agentId = fc.constant("therapist");
  const types: Record<string, Arbitrary<Frame>> = {
    message: fc.record(
      { chatId, content: text, messageId: id, agentId },
      { requiredKeys: ["chatId", "content"] },
    ),
    typing: fc.record({ chatId, userId, isTyping: fc.boolean() }),
    read_receipt: fc.record({ chatId, userId, messageIds: fc.array(id, { maxLength: 3 }) }),
    chat_update: fc.record({ chatId, action: fc.constantFrom("join", "leave") }),
    ping: fc.record({ timestamp: fc.double() }),
  };
  const timestamp = 1_703_123_456_789;
  return fc.oneof(
    ...Object.entries(types).map(([type, body]) => body.map((data) => ({ type, data, timestamp }))),
  );
}

const nested = fc
  .tuple(fc.constantFrom("[", '{"a":'), fc.integer({ min: 1, max: 2_000 }))
  .map(([open, levels]) => {
    const close = open === "[" ? "]" : "}";
    return `${open.repeat(levels)}0${close.repeat(levels)}`;
  });
// biome-ignore format: they are read as one list
const oddValue = fc.oneof(
  fc.json(),
  text.map((value) => JSON.stringify(value)),
  // As JSON text, for some of them are no JavaScript value.
  fc.constantFrom("null", "true", "0", "-0", "-1", "1e308", "1e999", "-1e999", "9007199254740993", `1${"0".repeat(400)}`, "0.1e-400"),
  fc.constantFrom('""', '" "', '"den "', '"assistant"', '"\\ud800"', '"\\u0000"', '"*"', "[]", "{}", '{"__proto__":{}}'),
  fc.integer({ min: 100, max: 20_000 }).map((length) => JSON.stringify("x".repeat(length))),
  nested,
);
// biome-ignore format: they are read as one list
const oddKey = fc.oneof(
  fc.constantFrom("type", "data", "timestamp", "messageId", "chatId", "userId", "content", "isTyping", "__proto__", "constructor", ""),
  fc.string(),
);

/** The frame as JSON, with one key or value, on top or in its data, replaced, added or left out. */
const changed = (frame: Arbitrary<Frame>): Arbitrary<string> =>
  fc
    .tuple(frame, fc.boolean(), fc.nat(), oddKey, oddValue, fc.constantFrom("value", "key", "more", "less"))
    .map(([frame, inside, nth, key, value, change]) => {
      const entries = Object.entries(inside ? frame["data"] : frame).map((entry) =>
        entry.map((part) => JSON.stringify(part)),
      );
      const at = nth % entries.length;
      if (change === "value") entries[at]![1] = value;
      else if (change === "key") entries[at]![0] = JSON.stringify(key);
      else
        entries.splice(
          at,
          change === "less" ? 1 : 0,
          ...(change === "more" ? [[JSON.stringify(key), value]] : []),
        );
      const json = `{${entries.map((entry) => entry.join(":")).join(",")}}`;
      return inside
        ? JSON.stringify({ ...frame, data: 0 }).replace('"data":0', () => `"data":${json}`)
        : json;
    });

/** The bytes, with some of them changed, added or left out. */
const scratched = (json: Arbitrary<string>): Arbitrary<Uint8Array<ArrayBuffer>> =>
  fc
    .tuple(json, fc.array(fc.tuple(fc.nat(), fc.nat(255), fc.nat(2)), { minLength: 1, maxLength: 4 }))
    .map(([text, scratches]) => {
      const bytes = [...Buffer.from(text)];
      for (const [nth, byte, removed] of scratches) bytes.splice(nth % bytes.length, removed, byte);
      return Uint8Array.from(bytes);
    });

/** Frames, text and binary, as strangers might send them; none too big. `messageId`: of a message in the chat. */
export function anyFrame(messageId: string): Arbitrary<string | Uint8Array<ArrayBuffer>> {
  const good = frames(messageId);
  const json = good.map((frame) => JSON.stringify(frame));
  const truncated = fc.tuple(json, fc.nat()).map(([text, length]) => text.slice(0, length % text.length));
  return fc.oneof(
    { weight: 3, arbitrary: json },
    { weight: 6, arbitrary: changed(good) },
    { weight: 3, arbitrary: scratched(json).map((bytes) => new TextDecoder().decode(bytes)) },
    { weight: 1, arbitrary: scratched(json) },
    { weight: 1, arbitrary: truncated },
    { weight: 1, arbitrary: json.map((text) => text + text) },
    { weight: 1, arbitrary: fc.oneof(fc.json(), fc.string({ unit: "binary" }), nested, fc.uint8Array()) },
  );
}
