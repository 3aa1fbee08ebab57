import { describe, expect, test } from "bun:test";
import { expectProblem } from "../support/problem.ts";
import { API_KEY, startTestServer, stopAfterAll } from "../support/server.ts";

const LARGEST = 4 * 1024 * 1024;

const server = stopAfterAll(await startTestServer());

test("where nothing is, a problem says so", async () => {
  for (const [method, path] of [
    ["GET", "/nothing"],
    ["POST", "/ws/health"],
    ["GET", "/v1/nothing"],
    ["PATCH", "/v1/rooms/chat:a"],
    ["POST", "/v1/users/ada"],
  ] as const) {
    await expectProblem(await server.http(method, path), 404);
  }
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
