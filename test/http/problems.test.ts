import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { expectProblem } from "../support/problem.ts";
import { API_KEY, startTestServer, type TestServer } from "../support/server.ts";

const LARGEST = 4 * 1024 * 1024;

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.stop());

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
