import { afterEach, beforeAll, describe, expect, test } from "bun:test";
import { catalogue } from "../../../src/protocols/diet/catalogue.ts";
import {
  createMessages,
  type EventType,
  events,
  type MessageType,
} from "../../../src/protocols/diet/schema.ts";
import type { Frame } from "../../support/client.ts";
import { AT, type DietClient, dietClient, message } from "../../support/diet.ts";
import { startTestServer, stopAfterAll } from "../../support/server.ts";
import { CONTRACT, ERROR_CODES, FRAMES } from "./contract.ts";
import { no } from "./fields.ts";
import { error, failed, succeeded } from "./samples.ts";
import { changed, exampleOf } from "./variants.ts";

// What is wrong with a message is said by its response, or where it has no id by an `error` event.

const messages = createMessages(60);
const types = Object.keys(messages) as MessageType[];

let u1: DietClient;
let u2: DietClient;
const server = stopAfterAll(await startTestServer({ env: { MAX_CONTENT_LENGTH: "60" } }));
beforeAll(async () => {
  u1 = await dietClient(server, "u1", { rooms: ["group:g1"] });
  u2 = await dietClient(server, "u2", { rooms: ["group:g1"] });
  await u1.befriend(u2);
});

/** The connection lives, and nothing of it came to anybody. */
let before: readonly string[] = [];
afterEach(async () => {
  const data = { userId: "u1", status: "online", lastSeen: AT };
  const frame = message("user.presence", data);
  expect(await u1.askFrame(frame)).toEqual(succeeded(frame, data));
});
const heardBy = async (client: DietClient) =>
  (await client.types()).filter((type) => !["user.presence", "error"].includes(type));

const fieldsOf = (answer: Frame): string[] =>
  (answer["error"] ?? answer["data"]).details?.errors.map(({ field }: Frame) => field) ?? [];

describe.each(types)("%s", (type) => {
  test("names the one field that is wrong", async () => {
    before = await heardBy(u2);
    const full = {
      ...(exampleOf(messages[type]) as Frame),
      ...(type === "ai.coach.message" && { suggestions: ["Why?"] }),
    };
    const fields = type === "ai.coach.message" ? { ...CONTRACT[type], isFromAI: no } : CONTRACT[type];
    for (const [path, { wrong, optional }] of Object.entries(fields)) {
      const keys = path.split(".");
      // What is no JSON arrives as null.
      const values = [...wrong, ...(optional || keys.at(-1) === "0" ? [] : [undefined])];
      for (const value of values) {
        const frame = message(type, changed(full, keys, value) as Frame);
        const answer = await u1.askFrame(frame);
        const named = fieldsOf(answer);
        const forThis = named.length > 0 && named.every((one) => `${one}.`.startsWith(`data.${path}.`));
        const { isValid } = answer["error"]?.details ?? {};
        expect({ path, value, code: answer["error"]?.code, forThis, isValid }).toEqual({
          ...{ path, value, code: "INVALID_MESSAGE_FORMAT", forThis: true, isValid: false },
        });
      }
    }
    expect(await heardBy(u2)).toEqual([...before]);
  });

  test("is refused in another's name", async () => {
    before = await heardBy(u2);
    const { user } = catalogue[type];
    const data = { ...(exampleOf(messages[type]) as Frame), [user as string]: "u2" };
    const frame = message(type, data);
    expect(await u1.askFrame(frame)).toEqual(failed(frame, "FORBIDDEN"));
    const unknown = message(type, { ...data, [user as string]: "nobody" });
    expect(await u1.askFrame(unknown)).toEqual(failed(unknown, "FORBIDDEN"));
    expect(await heardBy(u2)).toEqual([...before]);
  });

  test("is refused with a metadata.userId of another's", async () => {
    const frame = message(type, exampleOf(messages[type]) as Frame, { metadata: { userId: "u2" } });
    expect(await u1.askFrame(frame)).toMatchObject({ success: false, error: { code: "FORBIDDEN" } });
  });
});

const forbidden = (Object.keys(events) as EventType[]).filter((type) => catalogue[type].from !== "client");
test.each(forbidden)("%s is FORBIDDEN to clients, with any data", async (type) => {
  for (const data of [exampleOf(events[type]) as Frame, {}, { userId: "u2" }]) {
    const frame = message(type, data);
    expect(await u1.askFrame(frame)).toEqual(failed(frame, "FORBIDDEN"));
  }
  expect(await u2.types()).not.toContain(type);
});

test.each([
  "no.such.type",
  "__proto__",
  "constructor",
  "toString",
  "hasOwnProperty",
  "",
  "encryption.ready",
  "auth_response",
  "connected",
])("a message of the unknown type %p is refused as wrong", async (type) => {
  const frame = message(type, {});
  expect(await u1.askFrame(frame)).toEqual(failed(frame, "INVALID_MESSAGE_FORMAT"));
});

/** The `error` event that answers a frame. */
async function errorFor(frame: unknown): Promise<Frame> {
  const seen = u1.client.frames.length;
  u1.client.socket.send(
    typeof frame === "string" || frame instanceof Uint8Array ? frame : JSON.stringify(frame),
  );
  await u1.events();
  const events = u1.client.frames.slice(seen).filter(({ success }) => success === undefined);
  expect(events).toHaveLength(1);
  expect(ERROR_CODES).toContain(events[0]?.["data"].code);
  expect(events[0]).toEqual(error(events[0]?.["data"].code, expect.any(String), events[0]?.["data"].details));
  return events[0]?.["data"];
}

const example = message("water.intake", exampleOf(messages["water.intake"]) as Frame);

test("a message without an id, or with one that is none, gets an error event that names it", async () => {
  for (const id of [undefined, ...FRAMES.envelope["id"]!.wrong]) {
    const data = await errorFor({ ...example, id });
    expect([id, data["code"], fieldsOf({ data })]).toEqual([id, "INVALID_MESSAGE_FORMAT", ["id"]]);
  }
});

test("a forbidden or unknown type without an id gets an error event", async () => {
  for (const type of ["level.up", "error", "constructor", "__proto__", 7, null, undefined]) {
    expect((await errorFor({ ...example, id: undefined, type }))["code"]).toBe("INVALID_MESSAGE_FORMAT");
  }
  const frame = { ...example, id: undefined, data: { ...example["data"], userId: "u2" } };
  expect((await errorFor(frame))["code"]).toBe("INVALID_MESSAGE_FORMAT");
});

test("wrong fields of the envelope are named in a response", async () => {
  for (const path of ["timestamp", "data", "metadata", "metadata.userId", "metadata.requestId"]) {
    for (const value of FRAMES.envelope[path]!.wrong) {
      const frame = { ...(changed(example, path.split("."), value) as Frame), id: `wrong-${path}` };
      const seen = u1.client.frames.length;
      u1.client.send(frame);
      await u1.events();
      const answer = u1.client.frames.slice(seen).find(({ id }) => id === frame.id) ?? {};
      const named = fieldsOf(answer);
      const forThis = named.length > 0 && named.every((one) => `${one}.`.startsWith(`${path}.`));
      expect([path, value, answer["error"]?.code, forThis]).toEqual([
        path,
        value,
        "INVALID_MESSAGE_FORMAT",
        true,
      ]);
    }
  }
});

test("a text that is too long is called so", async () => {
  const data = { ...(exampleOf(messages["direct.message"]) as Frame), content: "x".repeat(61) };
  expect(await u1.ask("direct.message", data)).toMatchObject({
    error: {
      code: "INVALID_MESSAGE_FORMAT",
      message: "Too long",
      details: { errors: [{ field: "data.content", message: "must have at most 60 characters" }] },
    },
  });
});

test("names of properties as fields do nothing", async () => {
  const text = JSON.stringify({ ...example, id: "proto" }).replace(
    '"data":{',
    '"__proto__":{"id":"x"},"constructor":1,"data":{"__proto__":{"userId":"u2"},"constructor":{"prototype":1},',
  );
  u1.client.send(text);
  expect(await u1.answerTo("proto")).toEqual(succeeded({ ...example, id: "proto" }, example["data"]));
});

test("bytes, broken JSON and what is nested too deeply get an error event", async () => {
  const deep = `${"[".repeat(40)}${"]".repeat(40)}`;
  const text = JSON.stringify(example);
  for (const frame of [
    ...["", "{", text.slice(0, -1), "null", "7", '"x"', "[]", text.replace(/}$/, `,"more":${deep}}`)],
    ...[Buffer.from(text), new Uint8Array([0, 255])],
  ]) {
    expect((await errorFor(frame))["code"]).toBe("INVALID_MESSAGE_FORMAT");
  }
});

test("a second auth is an error event, and changes nothing", async () => {
  const token = await server.token("u2", { rooms: [] });
  const auth = { type: "auth", token, userId: "u2", sessionId: "s" };
  expect((await errorFor(auth))["code"]).toBe("INVALID_MESSAGE_FORMAT");
  expect((await errorFor({ type: "auth", token: "garbage", userId: "u1", sessionId: "s" }))["code"]).toBe(
    "INVALID_MESSAGE_FORMAT",
  );
});

test("nothing of a message is in the log", async () => {
  const data = { ...(exampleOf(messages["direct.message"]) as Frame), content: "private words", toUserId: 7 };
  await u1.ask("direct.message", data);
  expect(server.lines.join()).not.toContain("private words");
});
