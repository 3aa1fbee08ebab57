import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import type { Frame, TestClient } from "../../support/client.ts";
import { startTestServer, type TestServer } from "../../support/server.ts";

const MARK = "s3cret-text";
const CHAT = "den";
const LIMIT = 4_096;

let server: TestServer;
let ada: TestClient;
let bob: TestClient;

beforeAll(async () => {
  server = await startTestServer({ env: { LOG_LEVEL: "trace", MAX_MESSAGE_BYTES: String(LIMIT) } });
  bob = await server.chat("bob");
  await bob.join(CHAT);
});
beforeEach(async () => {
  ada = await server.chat("ada");
  await ada.join(CHAT);
});
afterAll(async () => {
  expect(server.lines.join("")).not.toContain(MARK);
  expect(server.lines.join("")).not.toMatch(/"level":[56]0/);
  await server.stop();
});

/** The one answer, after which the connection lives and nobody else has heard of it. */
async function refusal(frame: string | Uint8Array): Promise<Frame> {
  ada.socket.send(frame);
  const { type, data } = await ada.next();
  expect(type).toBe("error");
  for (const client of [ada, bob]) expect(await client.drain()).toEqual([]);
  return data;
}

const levels = (count: number): string => `${'{"a":'.repeat(count)}1${"}".repeat(count)}`;
const pingWith = (extra: string): string => `{"type":"ping","data":{"timestamp":1},"timestamp":1${extra}}`;

describe("'Invalid JSON'", () => {
  test.each([
    ["an empty frame", ""],
    ["a word", MARK],
    ["half a frame", `{"type":"ping","data":{"mark":"${MARK}`],
    ["two frames in one", pingWith("") + pingWith("")],
    ["single quotes", `{'type':'ping','data':{'mark':'${MARK}'},'timestamp':1}`],
    ["a byte order mark", `\ufeff${pingWith("")}`],
    ["JSON with a comment", `/* ${MARK} */${pingWith("")}`],
    ["33 levels", pingWith(`,"deep":${levels(32)}`)],
    ["a thousand brackets", "[".repeat(1_000)],
    ["more brackets than a stack takes", "[".repeat(LIMIT)],
  ])("%s", async (_, frame) => expect(await refusal(frame)).toEqual({ code: 400, message: "Invalid JSON" }));
});

describe("'Invalid message format'", () => {
  test.each([
    ...["null", "true", "1", `"${MARK}"`, "[]", `[${pingWith("")}]`, "{}"],
    '{"data":{"timestamp":1},"timestamp":1}',
    '{"type":null,"data":{"timestamp":1},"timestamp":1}',
    '{"type":"","data":{"timestamp":1},"timestamp":1}',
    '{"type":5,"data":{"timestamp":1},"timestamp":1}',
    '{"type":["ping"],"data":{"timestamp":1},"timestamp":1}',
    '{"type":{"toString":"ping"},"data":{"timestamp":1},"timestamp":1}',
    '{"type":"ping","timestamp":1}',
    '{"type":"ping","data":null,"timestamp":1}',
    `{"type":"ping","data":"${MARK}","timestamp":1}`,
    '{"type":"ping","data":[{"timestamp":1}],"timestamp":1}',
    '{"type":"ping","data":{"timestamp":1}}',
    '{"type":"ping","data":{"timestamp":1},"timestamp":0}',
    '{"type":"ping","data":{"timestamp":1},"timestamp":null}',
    '{"type":"ping","data":{"timestamp":1},"timestamp":"2024-01-15T10:30:00Z"}',
    '{"__proto__":{"type":"ping","data":{"timestamp":1},"timestamp":1}}',
  ])("%s", async (frame) =>
    expect(await refusal(frame)).toEqual({ code: 400, message: "Invalid message format" }),
  );

  test.each([
    ["a ping as binary", new TextEncoder().encode(pingWith(""))],
    ["bytes", Uint8Array.of(0, 255, 128)],
    ["no bytes", new Uint8Array()],
  ])("%s", async (_, bytes) =>
    expect(await refusal(bytes)).toEqual({ code: 400, message: "Invalid message format" }),
  );
});

describe("'Unknown message type'", () => {
  test.each([
    ...["batch", "error", "pong", "MESSAGE", " ping", MARK, "x".repeat(1_000)],
    ...["__proto__", "constructor", "toString", "hasOwnProperty", "valueOf", "\ud800"],
  ])("%j", async (type) => {
    const frame = JSON.stringify({ type, data: { chatId: CHAT, content: MARK }, timestamp: 1 });
    expect(await refusal(frame)).toEqual({ code: 400, message: "Unknown message type" });
  });
});

describe("names of the prototype", () => {
  test("in a frame change nothing, for this message and all later ones", async () => {
    const poison = `{"isTyping":true,"chatId":"${CHAT}","content":"${MARK}"}`;
    const frame = `{"type":"message","data":{"chatId":"${CHAT}","__proto__":${poison},"constructor":{"prototype":${poison}}},"timestamp":1,"__proto__":${poison}}`;
    expect(await refusal(frame)).toEqual({
      code: 400,
      message: "content: Invalid input: expected string, received undefined",
    });
    expect("chatId" in {} || "content" in {} || "isTyping" in {}).toBe(false);
  });

  test.each(["__proto__", "constructor", "hasOwnProperty"])("are ordinary ids: %s", async (name) => {
    await ada.join(name);
    await bob.join(name);
    ada.say("message", { chatId: name, content: "Hello", messageId: name });
    const confirmation = await ada.next("message");
    expect(confirmation["data"]).toMatchObject({ chatId: name, messageId: name });
    expect(await bob.next("message")).toEqual(confirmation);
  });
});

describe("size", () => {
  const sized = (bytes: number): string =>
    pingWith(`,"pad":"${"é".repeat((bytes - pingWith(',"pad":""').length) / 2)}"`);

  test("a frame as large as the limit is read, and keys that nobody knows are passed over", async () => {
    const frame = sized(LIMIT - ((LIMIT - pingWith(',"pad":""').length) % 2));
    ada.send(frame);
    expect((await ada.next())["data"]).toEqual({ timestamp: 1 });
  });

  test("a larger one closes its connection with 1009, and costs the others nothing", async () => {
    ada.socket.send(sized(LIMIT + 100));
    expect((await ada.closed).code).toBe(1009);
    expect(await bob.drain()).toEqual([]);
    expect(server.lines.at(-1)).toMatch(/"userId":"ada".*too big/);
  });
});

test("a flood of broken frames runs into the rate limit, like any flood", async () => {
  const limited = await startTestServer({ env: { MESSAGE_RATE_LIMIT: "5" } });
  const flooder = await limited.chat("flooder");
  for (const frame of ["{", "[]", "null", "{}", '{"type":"x","data":{},"timestamp":1}', "{", "[]"])
    flooder.send(frame);
  const codes: number[] = [];
  while (codes.length < 7) codes.push((await flooder.next("error"))["data"].code);
  expect(codes).toEqual([400, 400, 400, 400, 400, 429, 429]);
  expect(await flooder.drain()).toEqual([]);
  await limited.stop();
});
