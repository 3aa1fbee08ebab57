import { describe, expect, spyOn, test } from "bun:test";
import { expectProblem } from "../support/problem.ts";
import { RawSocket } from "../support/raw-socket.ts";
import { API_KEY, startTestServer, stopAfterAll } from "../support/server.ts";

const LARGEST = 4 * 1024 * 1024;

const server = stopAfterAll(await startTestServer());

test("where nothing is, a problem says so", async () => {
  for (const path of ["/nothing", "/v1/nothing", "/ws/health/", "/v1/rooms/chat:a/nothing"])
    await expectProblem(await server.http("GET", path), 404);
});

test.each([
  ["POST", "/health/live", "GET, HEAD"],
  ["POST", "/ws/health", "GET, HEAD"],
  ["OPTIONS", "/metrics", "GET, HEAD"],
  ["PUT", "/", "GET, HEAD"],
  ["GET", "/dev/token", "POST"],
  ["PATCH", "/v1/rooms/chat:a", "DELETE, GET, HEAD, PUT"],
  ["POST", "/v1/rooms/chat:a/members/ada", "DELETE, PUT"],
  ["POST", "/v1/users/ada", "DELETE, GET, HEAD"],
  ["GET", "/v1/users/ada/connections", "DELETE"],
  ["GET", "/v1/gurukul/events", "POST"],
])("%s is not for %s, and the answer says what is: %s", async (method, path, allow) => {
  const answer = await server.http(method, path);
  expect(answer.headers.get("allow")).toBe(allow);
  await expectProblem(answer, 405);
});

test.each(["/ws", "/api/ws", "/api/chat/ws"])("POST is not for the WebSocket at %s", async (path) => {
  const answer = await server.http("POST", path);
  expect([answer.status, answer.headers.get("allow")]).toEqual([405, "GET"]);
});

describe("bytes that are not what JSON is made of are refused, and nothing is stored:", () => {
  const event = (content: string) =>
    `{"room":"chat:bytes","type":"message","data":{"chatId":"bytes","message":{"id":"m","chatId":"bytes",` +
    `"userId":"u","content":"${content}","role":"user","timestamp":"2024-01-01T00:00:00Z"}}}`;
  const utf16 = (text: string, mark: number[]) =>
    Buffer.concat([Buffer.from(mark), Buffer.from(text, "utf16le")]);
  const routes = [
    ["POST", "/v1/gurukul/events", event("M\xfcller")],
    ["POST", "/dev/gurukul/events", event("M\xfcller")],
    ["PUT", "/v1/rooms/chat:bytes", `{"title":"M\xfcller"}`],
    ["PUT", "/v1/rooms/chat:bytes/members/ada", `{"role":"M\xfcller"}`],
    ["POST", "/dev/token", `{"user":"M\xfcller"}`],
  ] as const;
  const send = (method: string, path: string, body: Uint8Array, headers: Record<string, string> = {}) =>
    fetch(`http://127.0.0.1:${server.port}${path}`, {
      method,
      headers: { authorization: `Bearer ${API_KEY}`, ...headers },
      body: new Uint8Array(body),
    });

  test.each(routes)("%s %s", async (method, path, text) => {
    const latin1 = Buffer.from(text, "latin1");
    await expectProblem(await send(method, path, latin1), 400);
    for (const bytes of [utf16(text, [0xff, 0xfe]), utf16(text, []), utf16(text, [0xff, 0xfe]).swap16()])
      await expectProblem(await send(method, path, bytes), 415);
    const good = Buffer.from(text);
    for (const charset of ["utf-16", "iso-8859-1", `"windows-1252"`]) {
      const headers = { "content-type": `application/json; charset=${charset}` };
      await expectProblem(await send(method, path, good, headers), 415);
    }
    for (const coding of ["gzip", "br", "identity, gzip"]) {
      const answer = await send(method, path, good, { "content-encoding": coding });
      expect(answer.headers.get("accept-encoding")).toBe("identity");
      await expectProblem(answer, 415);
    }
    expect((await server.http("GET", "/v1/rooms/chat:bytes")).status).toBe(404);
  });

  test("as UTF-8 all of it is taken, with a charset and a mark too", async () => {
    const headers = { "content-type": `application/json; Charset="UTF-8"`, "content-encoding": "identity" };
    const body = Buffer.from(`\ufeff{"title":"Müller"}`);
    const answer = await send("PUT", "/v1/rooms/chat:utf8", body, headers);
    expect(await answer.json()).toMatchObject({ title: "Müller" });
  });

  test.each([
    "/v1/rooms/chat:M%FCller",
    "/v1/users/M%FCller",
    "/v1/rooms/chat:a/messages?before=%FC",
    "/v1/users/%EF%BF%BD",
  ])("a URL with them: %s", async (path) => {
    expect((await server.http("PUT", path, {})).status).toBe(400);
  });
});

describe("a body that costs more than it says", () => {
  const post = (body: string) =>
    fetch(`http://127.0.0.1:${server.port}/v1/gurukul/events`, {
      method: "POST",
      headers: { authorization: `Bearer ${API_KEY}` },
      body,
    });
  const message = (metadata: string) =>
    `{"room":"chat:a","type":"message","data":{"chatId":"a","message":{"id":"m","chatId":"a","userId":"u",
    "content":"x","role":"user","timestamp":"2024-01-01T00:00:00Z","metadata":{"a":${metadata}}}}}`;
  const nested = (levels: number) => "[".repeat(levels) + "]".repeat(levels);

  test("is refused when it is nested more deeply than any frame may be, and stores nothing", async () => {
    for (const levels of [33, 1_000, 500_000]) await expectProblem(await post(message(nested(levels))), 400);
    await expectProblem(await post(`[${message(nested(500_000))}]`), 400);
    expect((await post(message(nested(20)))).status).toBe(200);
    const stored = await (await server.http("GET", "/v1/rooms/chat:a")).json();
    expect(stored).toMatchObject({ messageCount: 1 });
    expect(server.lines.filter((line) => line.includes('"level":50'))).toEqual([]);
  });

  test("is told of a hundred wrong fields, and no more", async () => {
    const answer = await post(
      `{"room":"chat:a","type":"read_receipt","data":{"messageIds":[${"0,".repeat(5_000)}0]}}`,
    );
    expect(answer.status).toBe(400);
    expect(((await answer.json()) as { errors: unknown[] }).errors).toHaveLength(100);
  });
});

describe("a peer that goes away before its body is complete causes no error:", () => {
  const head = `Host: a\r\nAuthorization: Bearer ${API_KEY}\r\n`;
  test.each([
    ["PUT /v1/rooms/chat:gone", "Content-Length: 20\r\n\r\n{"],
    ["POST /v1/gurukul/events", "Content-Length: 20\r\n\r\n{"],
    ["PUT /v1/rooms/chat:gone", "Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n"],
    ["POST /v1/gurukul/events", "Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n"],
  ])("%s %j", async (request, rest) => {
    const stderr = spyOn(console, "error").mockImplementation(() => {});
    try {
      const peer = await RawSocket.dial(server.port);
      peer.write(`${request} HTTP/1.1\r\n${head}${rest}`);
      // Another request shows that the server has read this one.
      await server.http("GET", "/v1/rooms");
      peer.halfClose();
      await peer.ended;
      expect(await (await server.http("GET", "/v1/errors")).json()).toEqual({ errors: [], hasMore: false });
      expect(stderr).not.toHaveBeenCalled();
    } finally {
      stderr.mockRestore();
    }
  });
});

describe("a body of more than 4 MiB", () => {
  const put = (body: RequestInit["body"], key = API_KEY) =>
    fetch(`http://127.0.0.1:${server.port}/v1/rooms/chat:large`, {
      method: "PUT",
      headers: { authorization: `Bearer ${key}` },
      body,
    });
  /** A valid body of this many bytes. */
  const sized = (bytes: number) => `{"title":"large"${" ".repeat(bytes - 17)}}`;

  test("is refused, and one of 4 MiB is not", async () => {
    expect((await put(sized(LARGEST))).status).toBe(200);
    await expectProblem(await put(sized(LARGEST + 1)), 413);
  });

  test("is refused when nobody has said how long it is", async () => {
    const chunk = Buffer.from(sized(LARGEST / 2));
    const chunks = (count: number) =>
      new ReadableStream({
        start(controller) {
          for (let n = 0; n < count; n++) controller.enqueue(chunk);
          controller.close();
        },
      });
    await expectProblem(await put(chunks(3)), 413);
  });

  test("is not even looked at without a key", async () => {
    await expectProblem(await put(sized(LARGEST + 1), "none"), 401);
  });
});
