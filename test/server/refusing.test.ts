import { afterAll, expect, test } from "bun:test";
import { readConfig } from "../../src/config.ts";
import { type Endpoint, listen } from "../../src/server.ts";
import { expectProblem } from "../support/problem.ts";

/** The listener of a server that stops, and waits for the answers to earlier requests. */
const stopping = {
  config: readConfig({ HOST: "127.0.0.1" }),
  ...{ protocols: [], direct: {}, largestFrame: 1_000_000 },
  ...{ draining: () => true, refusing: () => true, stopping: () => true },
  fetch: (request: Request) => Response.json({ path: new URL(request.url).pathname }, { status: 503 }),
  dress: (answer: Response) => answer,
} as unknown as Endpoint;
const server = listen(stopping, 0, undefined);
afterAll(() => server.stop(true));

const ask = (path: string) => fetch(`http://127.0.0.1:${server.port}${path}`);

test("a server that stops refuses a request with a problem, as the last one on its connection", async () => {
  for (const path of ["/v1/rooms", "/v1/feed?after=/health/live", "/health/nothing"]) {
    const answer = await ask(path);
    expect(answer.headers.get("connection")).toBe("close");
    await expectProblem(answer, 503);
  }
});

test("and still says how it is", async () => {
  for (const path of ["/health/live", "/health/ready", "/ws/health"]) {
    const answer = await ask(`${path}?x`);
    expect(await answer.json()).toEqual({ path });
    expect(answer.headers.get("connection")).toBe("close");
  }
});
