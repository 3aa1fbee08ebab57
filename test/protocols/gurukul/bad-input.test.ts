import { beforeAll, describe, expect, test } from "bun:test";
import type { Frame, TestClient } from "../../support/client.ts";
import { startTestServer, stopAfterAll } from "../../support/server.ts";

/** In every text of these tests, to be found nowhere but where it belongs. */
const MARK = "s3cret-text";
const CHAT = "den";
const LENGTH = 200;

let ada: TestClient;
/** In the chat. */
let bob: TestClient;
/** A member of the chat who has not joined it. */
let eve: TestClient;
let token: string;

const server = stopAfterAll(
  await startTestServer({ env: { LOG_LEVEL: "trace", MAX_CONTENT_LENGTH: String(LENGTH) } }),
);
beforeAll(async () => {
  token = await server.token("ada", { rooms: [`chat:${CHAT}`] });
  ada = await server.connect(`/ws?token=${token}`);
  bob = await server.chat("bob", { rooms: [`chat:${CHAT}`] });
  eve = await server.chat("eve", { rooms: [`chat:${CHAT}`] });
  await Promise.all([ada.join(CHAT), bob.join(CHAT), eve.drain()]);
});

/** One error comes back, the connection lives, and nobody else hears of it. */
async function expectRefused(
  type: string,
  data: Frame,
  code: number,
  message: string | RegExp,
): Promise<void> {
  ada.say(type, data);
  const error = await ada.next();
  expect(error).toEqual({
    type: "error",
    data: { code, message: typeof message === "string" ? message : expect.stringMatching(message) },
    timestamp: expect.any(Number),
  });
  expect(error["data"].message).not.toContain(MARK);
  for (const client of [ada, bob, eve]) expect(await client.drain()).toEqual([]);
}

const messages: Record<string, Frame> = {
  message: { chatId: CHAT, content: MARK, messageId: "temp-1" },
  typing: { chatId: CHAT, userId: "ada", isTyping: true },
  read_receipt: { chatId: CHAT, messageIds: ["msg-1"], userId: "ada" },
  chat_update: { chatId: CHAT, action: "join" },
  ping: { timestamp: 1 },
};
const without = (data: Frame, field: string): Frame =>
  Object.fromEntries(Object.entries(data).filter(([name]) => name !== field));

const noString = /: Invalid input: expected string, received (undefined|null|number|boolean|array|object)$/;
const noId = /: must be .*1 to 128 visible characters$/;
const badIds: [what: string, value: unknown, message: RegExp][] = [
  ["null", null, noString],
  ["a number", 5, noString],
  ["true", true, noString],
  ["a list", [MARK], noString],
  ["an object", { [MARK]: MARK }, noString],
  ["an empty text", "", noId],
  ["a blank", " ", noId],
  ["a text with a blank", `${MARK} ${MARK}`, noId],
  ["a text with a line break", `${MARK}\n`, noId],
  ["a text with a control character", `${MARK}\0`, noId],
  ["a text with an invisible character", `${MARK}\u200b`, noId],
  ["half a surrogate pair", `${MARK}\ud83d`, noId],
  ["129 characters", MARK.padEnd(129, "x"), noId],
];

const ids: [type: string, field: string, required: boolean][] = [
  ["message", "chatId", true],
  ["message", "agentId", false],
  ["message", "messageId", false],
  ["typing", "chatId", true],
  ["typing", "userId", true],
  ["typing", "agentId", false],
  ["read_receipt", "chatId", true],
  ["read_receipt", "userId", true],
  ["chat_update", "chatId", true],
];
describe.each(ids)("%s with a wrong %s", (type, field, required) => {
  const data = messages[type]!;
  const naming = (message: RegExp): RegExp => new RegExp(`^${field}${message.source}`);

  test.each(badIds)("%s", (_, value, message) =>
    expectRefused(type, { ...data, [field]: value }, 400, naming(message)),
  );
  if (required) test("none", () => expectRefused(type, without(data, field), 400, naming(noString)));
});

// biome-ignore format: one line a case
const badFields: [type: string, field: string, what: string, value: unknown, code: number, message: string | RegExp][] = [
  ["message", "content", "none", undefined, 400, "content: Invalid input: expected string, received undefined"],
  ["message", "content", "null", null, 400, "content: Invalid input: expected string, received null"],
  ["message", "content", "a number", 5, 400, "content: Invalid input: expected string, received number"],
  ["message", "content", "an object", { text: MARK }, 400, "content: Invalid input: expected string, received object"],
  ["message", "content", "an empty text", "", 400, "content: must not be empty"],
  ["message", "content", "half a surrogate pair", `${MARK}\udc69`, 400, "content: must not have lone surrogates"],
  ["message", "content", "one character too many", "x".repeat(LENGTH + 1), 413, `content: must have at most ${LENGTH} characters`],
  ["message", "content", "one emoji too many", "👩".repeat(LENGTH + 1), 413, `content: must have at most ${LENGTH} characters`],
  ["message", "chatId", "one without access", "elsewhere", 403, "Access denied to chat"],
  ["message", "chatId", "a star", "*", 400, /^chatId: must be .*1 to 128 visible characters$/],
  ["typing", "isTyping", "none", undefined, 400, "isTyping: Invalid input: expected boolean, received undefined"],
  ["typing", "isTyping", "a text", "true", 400, "isTyping: Invalid input: expected boolean, received string"],
  ["typing", "isTyping", "a number", 1, 400, "isTyping: Invalid input: expected boolean, received number"],
  ["typing", "isTyping", "null", null, 400, "isTyping: Invalid input: expected boolean, received null"],
  ["typing", "userId", "another user's", "bob", 403, "userId: must be your own"],
  ["typing", "chatId", "one without access", "elsewhere", 403, "Access denied to chat"],
  ["read_receipt", "chatId", "one without access", "elsewhere", 403, "Access denied to chat"],
  ["read_receipt", "userId", "another user's", "bob", 403, "userId: must be your own"],
  ["read_receipt", "messageIds", "none", undefined, 400, "messageIds: Invalid input: expected array, received undefined"],
  ["read_receipt", "messageIds", "a text", MARK, 400, "messageIds: Invalid input: expected array, received string"],
  ["read_receipt", "messageIds", "an object", { 0: MARK }, 400, "messageIds: Invalid input: expected array, received object"],
  ["read_receipt", "messageIds", "an empty list", [], 400, "messageIds: must name a message"],
  ["read_receipt", "messageIds", "a list with a number", ["msg-1", 5], 400, "messageIds.1: Invalid input: expected string, received number"],
  ["read_receipt", "messageIds", "a list with a blank", [" "], 400, /^messageIds\.0: must be .*1 to 128 visible characters$/],
  ["read_receipt", "messageIds", "201 ids", Array(201).fill(MARK), 400, "messageIds: must name at most 200"],
  ["read_receipt", "messageIds", "ids of no message", [MARK, "__proto__", "msg-x-99999999999999999999"], 404, "Message not found"],
  ["chat_update", "action", "none", undefined, 400, "action: must be join or leave"],
  ["chat_update", "action", "one that is none", MARK, 400, "action: must be join or leave"],
  ["chat_update", "action", "a name of the prototype", "constructor", 400, "action: must be join or leave"],
  ["chat_update", "chatId", "one without access", "elsewhere", 403, "Access denied to chat"],
  ["ping", "timestamp", "a text", "now", 400, "timestamp: Invalid input: expected number, received string"],
  ["ping", "timestamp", "null", null, 400, "timestamp: Invalid input: expected number, received null"],
];
test.each(badFields)("%s with a wrong %s: %s", (type, field, _, value, code, message) =>
  expectRefused(type, { ...messages[type]!, [field]: value }, code, message),
);

test("a messageId beside the data is checked like one in it", async () => {
  ada.send({
    type: "message",
    data: { chatId: CHAT, content: MARK },
    timestamp: 1,
    messageId: { [MARK]: 1 },
  });
  const { data } = await ada.next("error");
  expect(data).toEqual({ code: 400, message: "messageId: Invalid input: expected string, received object" });
});

test("several wrong fields are all named, but a list of wrong ids does not make an endless error", async () => {
  await expectRefused("message", { agentId: 5 }, 400, /^chatId: .+; content: .+; agentId: .+$/);
  await expectRefused(
    "read_receipt",
    { ...messages["read_receipt"], messageIds: Array(200).fill(1) },
    400,
    /^.{1,500}$/,
  );
});

test("what was refused was not stored", async () => {
  const late = await server.chat("late");
  expect((await late.join(CHAT))["data"].updates).toEqual({ title: CHAT, messageCount: 0, lastMessage: "" });
  expect(await late.drain()).toEqual([]);
});

test("neither a text nor a token is in the log, and no fault of the server's", () => {
  const log = server.lines.join("");
  expect(log).toContain('"msg":"connect"');
  expect(log).not.toContain(MARK);
  expect(log).not.toContain(token.split(".")[2]!);
  expect(log).not.toMatch(/"level":[56]0/);
});
