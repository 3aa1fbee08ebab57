import { beforeAll, expect, test } from "bun:test";
import { forge } from "../auth/forge.ts";
import type { Frame, TestClient } from "../support/client.ts";
import { endpoints } from "../support/endpoints.ts";
import { CLOSE } from "../support/raw-frames.ts";
import { RawSocket, upgradeRequest } from "../support/raw-socket.ts";
import { recordsOf } from "../support/records.ts";
import { API_KEY, SECRET, startTestServer, stopAfterAll, type TestServer } from "../support/server.ts";

/** In every text, name, path and header that a stranger can fill. */
const TEXT = "zebra-text";
/** As it would have to look to write lines of its own, or to speak to a terminal. */
const INJECTION = `${TEXT}\r\n{"level":50,"msg":"forged"}\u001b[31m\u009b31m\u2028`;

let tokens: string[];
let answers: string[];
/** What operators are shown. */
let shown: string[];
const server = stopAfterAll(await startTestServer({ env: { LOG_LEVEL: "trace", TRUST_PROXY: "on" } }));
beforeAll(async () => {
  tokens = [];
  answers = [];
  shown = [];
  await everything();
});

/** Every string of a frame, but for its type and its ids, made the stranger's text. */
const filled = (value: unknown, key = ""): unknown => {
  if (Array.isArray(value)) return value.map((one) => filled(one, key));
  if (typeof value === "object" && value !== null)
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, filled(inner, key)]));
  return typeof value === "string" && /content|name|message|error|description/i.test(key) ? INJECTION : value;
};

async function say(client: TestClient, frames: readonly unknown[]): Promise<void> {
  for (const frame of frames) client.socket.send(typeof frame === "string" ? frame : JSON.stringify(frame));
}

async function everything(): Promise<void> {
  const target: Pick<TestServer, "connect" | "token"> = {
    connect: server.connect.bind(server),
    async token(user, options) {
      const token = await server.token(user, { ...options, name: `Ada ${TEXT}` });
      tokens.push(token);
      return token;
    },
  };
  for (const endpoint of endpoints) {
    const client = await endpoint.enter(target, "ada");
    const frames = endpoint.frames.filter(({ type }) => !/^encryption/.test(type));
    await say(client, [...frames, ...frames.map((frame) => filled(frame))]);
    await say(client, [INJECTION, JSON.stringify(INJECTION), '{"type":', JSON.stringify({ [INJECTION]: 1 })]);
    await say(client, [JSON.stringify({ ...endpoint.probe, type: INJECTION }), endpoint.probe]);
    await client.next(endpoint.isAnswer);
    answers.push(JSON.stringify(client.frames));
    client.socket.close(1000, INJECTION.slice(0, 100).toWellFormed());
  }
  await strangers();
  await requests();
  for (const path of ["/metrics", "/v1/metrics", "/v1/errors"]) {
    shown.push(await (await server.http("GET", path)).text());
  }
}

/** Who is not let in, in every way. */
async function strangers(): Promise<void> {
  const forged = forge(
    { alg: "HS256", kid: INJECTION },
    { sub: INJECTION, exp: 4e9, name: INJECTION },
    SECRET,
  );
  const stolen = forge({ alg: "HS256" }, { sub: "ada", exp: 4e9, jti: TEXT }, "another secret");
  tokens.push(forged, stolen);
  for (const token of [forged, stolen, encodeURIComponent(INJECTION)]) {
    const headers = { "User-Agent": TEXT, Referer: TEXT, Cookie: TEXT, Origin: TEXT };
    const query = `/ws?token=${token}&name=${TEXT}`;
    const peer = await RawSocket.upgrade(server.port, query, { headers });
    await peer.ended;
    answers.push(peer.head, JSON.stringify(peer.texts));
  }
  for (const [name, value] of Object.entries({
    "Sec-WebSocket-Protocol": `${TEXT}, ${tokens[0]}`,
    "X-Forwarded-For": `${TEXT}\u009b31m`,
    Upgrade: TEXT,
    "Sec-WebSocket-Extensions": TEXT,
    Host: `${TEXT}:99999`,
  })) {
    const request = upgradeRequest(`/ws?token=${tokens[0]}`, { [name]: value });
    const peer = await RawSocket.ask(server.port, Buffer.from(request, "latin1"));
    answers.push(peer.head);
    peer.send(Buffer.concat([Buffer.from([3, 232]), Buffer.from(TEXT)]), { opcode: CLOSE });
    peer.destroy();
  }
}

/** Backends' requests, good and bad. */
async function requests(): Promise<void> {
  const ask = async (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) => {
    const answer = await fetch(`http://127.0.0.1:${server.port}${path}`, {
      method,
      headers: { authorization: `Bearer ${API_KEY}`, "user-agent": TEXT, ...headers },
      ...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) }),
    });
    answers.push(JSON.stringify([...answer.headers]));
    await answer.text();
  };
  const inPath = encodeURIComponent(INJECTION);
  await ask("PUT", "/v1/rooms/chat:a", { title: INJECTION });
  await ask("PUT", `/v1/rooms/chat:${inPath}`, {});
  await ask("PUT", `/v1/rooms/chat:a/members/${inPath}`, { role: INJECTION });
  await ask("GET", `/v1/users/${inPath}`);
  await ask("GET", `/${inPath}?key=${API_KEY}&${inPath}=${inPath}`);
  await ask("POST", "/v1/gurukul/events", `{"room":"chat:a","type":"${TEXT}"`);
  await ask("POST", `/v1/${inPath}/events`, { room: "chat:a", type: INJECTION, data: INJECTION });
  const message = {
    id: "m",
    chatId: "a",
    userId: "u",
    content: INJECTION,
    role: "user",
    metadata: { INJECTION },
  };
  const data: Frame = { chatId: "a", message: { ...message, timestamp: "2026-03-02T08:30:00.000Z" } };
  await ask("POST", "/v1/gurukul/events", { room: "chat:a", type: "message", data, id: "m" });
  await ask("GET", "/v1/rooms/chat:a/messages", undefined, { authorization: `Bearer ${TEXT}` });
}

test("at the finest level there is a log", () => {
  expect(recordsOf(server, "connect").length).toBeGreaterThanOrEqual(endpoints.length);
  expect(recordsOf(server, "refused").length).toBeGreaterThanOrEqual(3);
});

test("each line of it is one JSON record of the server's own, without control characters", () => {
  for (const line of server.lines) {
    expect(line.endsWith("\n")).toBe(true);
    expect(line.slice(0, -1)).not.toMatch(/[\0-\x1f\x7f-\x9f\u2028\u2029]/);
    expect(JSON.parse(line)).not.toMatchObject({ msg: "forged" });
  }
});

test("no line holds a token or a part of one, a key, a secret, or what somebody has said", () => {
  const log = server.lines.join("");
  for (const secret of [API_KEY, SECRET, "token=", "Bearer"]) expect(log).not.toContain(secret);
  for (const part of tokens.flatMap((token) => token.split(".")))
    if (part.length > 12) expect(log).not.toContain(part);
  expect(log).not.toContain(TEXT);
});

test("nor do metrics and the list of errors", () => {
  expect(shown.join("").length).toBeGreaterThan(1_000);
  for (const secret of [API_KEY, SECRET, TEXT, "eyJ"]) expect(shown.join("")).not.toContain(secret);
});

test("none of it is an error of the server's", () => {
  expect(server.lines.filter((line) => /"level":[56]0/.test(line))).toEqual([]);
});

test("no answer holds a token, a key or a secret, and no header what came in", () => {
  const all = answers.join("\n");
  for (const secret of [API_KEY, SECRET, ...tokens]) expect(all).not.toContain(secret);
  const heads = answers.filter((answer) => answer.startsWith("HTTP/1.1"));
  expect(heads.length).toBeGreaterThan(5);
  for (const head of heads) expect(head).not.toContain(TEXT);
});
