import { describe, expect, test } from "bun:test";
import type { Frame } from "../support/client.ts";
import { contractOf } from "../support/contracts.ts";
import { AT, endpoints, sayAll } from "../support/endpoints.ts";
import { API_KEY, startTestServer, stopAfterAll } from "../support/server.ts";

const server = stopAfterAll(await startTestServer({ env: { MAX_GIFTS_PER_SECOND: "0" } }));

/** All that hangs on the prototypes that everything inherits from. */
const prototypes = (): string =>
  [Object, Array, String, Function, Map, Set, Promise]
    .flatMap(({ name, prototype }) => Reflect.ownKeys(prototype).map((key) => `${name}.${String(key)}`))
    .join();
const before = prototypes();

/** Put into an object's JSON: each would pollute what merges, copies or looks up carelessly. */
const POISONS = [
  '"__proto__":{"polluted":true,"type":"polluted","userId":"polluted","isTyping":true}',
  '"__proto__":null',
  '"__proto__":[]',
  '"constructor":{"prototype":{"polluted":true}}',
  '"constructor":null,"prototype":{"polluted":true}',
  '"toString":null,"valueOf":null,"hasOwnProperty":0,"toJSON":"x","then":{}',
];

/** The JSON of a value once for each of its objects, which begins, or ends, with the poison. */
function* poisoned(value: unknown): Generator<string> {
  const json = JSON.stringify(value);
  for (const poison of POISONS) {
    for (let at = json.indexOf("{"); at !== -1; at = json.indexOf("{", at + 1)) {
      const rest = json.slice(at + 1);
      yield `${json.slice(0, at + 1)}${poison}${rest.startsWith("}") ? "" : ","}${rest}`;
    }
    yield json.replace(/\}$/, `,${poison}}`);
  }
}
/** The same with names of the prototype in the place of values. */
function* named(frame: Frame): Generator<string> {
  const json = JSON.stringify(frame);
  for (const word of ["__proto__", "constructor", "prototype", "toString", "hasOwnProperty"]) {
    for (const { 0: text, index } of json.matchAll(/(?<=:)"[^"]*"/g)) {
      yield `${json.slice(0, index)}"${word}"${json.slice(index + text.length)}`;
    }
  }
}

const clean = (): void => {
  expect(prototypes()).toBe(before);
  expect(({} as Frame)["polluted"]).toBeUndefined();
};

describe.each(endpoints.map((endpoint) => [endpoint.name, endpoint] as const))("%s", (_, endpoint) => {
  test("answers messages with names of the prototype in them, at every level, in its contract's words", async () => {
    const check = contractOf(endpoint.protocol);
    for (const frame of endpoint.frames) {
      const texts = [...poisoned(frame), ...named(frame)];
      // What it answers afterwards would be encrypted.
      if (frame["type"] === "encryption.init") continue;
      const client = await endpoint.enter(server, "ada");
      const heard = await sayAll(endpoint, client, texts);
      heard.forEach(check);
      expect(client.isOpen).toBe(true);
      client.close();
    }
    clean();
  });
});

test("diet answers encryption.init with names of the prototype in it like any other", async () => {
  const diet = endpoints.find(({ protocol }) => protocol === "diet")!;
  const init = diet.frames.find(({ type }) => type === "encryption.init")!;
  for (const text of [...poisoned(init), ...named(init)]) {
    const client = await diet.enter(server, "ada");
    client.send(text);
    const answer = await client.next(({ success, type }) => success !== undefined || type === "error");
    contractOf("diet")(answer);
    client.close();
  }
  clean();
});

describe("over HTTP", () => {
  const ask = (method: string, path: string, body: string) =>
    fetch(`http://127.0.0.1:${server.port}${path}`, {
      method,
      headers: { authorization: `Bearer ${API_KEY}` },
      body,
    });
  const metadata = { a: { b: {} } };
  const message = { id: "m", chatId: "a", userId: "u", content: "x", role: "user", timestamp: AT, metadata };
  const event = { room: "chat:a", type: "message", data: { chatId: "a", message } };

  test.each<[string, string, unknown]>([
    ["PUT", "/v1/rooms/chat:a", { title: "A", open: false }],
    ["PUT", "/v1/rooms/chat:a/members/ada", { role: "reader" }],
    ["POST", "/v1/gurukul/events", event],
    ["POST", "/v1/gurukul/events", [event, event]],
  ])(
    "%s %s answers bodies with names of the prototype in them like any other",
    async (method, path, body) => {
      for (const text of poisoned(body)) {
        const answer = await ask(method, path, text);
        expect([text, answer.status]).toEqual([text, expect.any(Number)]);
        // A repeat of a post under its id that differs from it is a conflict.
        expect([200, 400, 409]).toContain(answer.status);
        expect(await answer.text()).not.toContain("polluted");
      }
      clean();
    },
  );

  test("names of the prototype are rooms, protocols and types that are not there", async () => {
    for (const word of ["__proto__", "constructor", "toString", "hasOwnProperty"]) {
      expect((await ask("POST", `/v1/${word}/events`, JSON.stringify(event))).status).toBe(404);
      expect((await ask("PUT", `/v1/rooms/${word}:a`, "{}")).status).toBe(404);
      const typed = JSON.stringify({ ...event, type: word });
      expect((await ask("POST", "/v1/gurukul/events", typed)).status).toBe(404);
      // A user and a chat may have any name.
      expect((await ask("PUT", `/v1/rooms/chat:${word}/members/${word}`, "{}")).status).toBe(200);
      const page = `/v1/rooms/chat:a/messages?${word}=1&limit=1&__proto__[limit]=x`;
      expect((await server.http("GET", page)).status).toBe(200);
    }
    clean();
  });
});

test("none of it was an error of the server's", () => {
  expect(server.lines.filter((line) => /"level":[56]0/.test(line))).toEqual([]);
});
