import { expect, test } from "bun:test";
import type { Frame } from "../support/client.ts";
import { metricOf } from "../support/exposition.ts";
import { failWrites } from "../support/failing-writes.ts";
import { expectProblem } from "../support/problem.ts";
import { startTestServer, stopAfterAll } from "../support/server.ts";

const server = stopAfterAll(await startTestServer());

const errors = async (query = "") => (await (await server.http("GET", `/v1/errors${query}`)).json()) as Frame;

test("GET /v1/errors is empty while all is well, and for backends only", async () => {
  expect(await errors()).toEqual({ errors: [], hasMore: false });
  await expectProblem(await fetch(`http://127.0.0.1:${server.port}/v1/errors`), 401);
});

test("what goes wrong is there: when, where and what, newest first, and no word of a message", async () => {
  const ada = await server.chat("ada");
  await ada.join("c-1");
  using trouble = failWrites(server, "events");
  for (const messageId of ["m-1", "m-2"]) {
    ada.say("message", { chatId: "c-1", content: "private words", messageId });
    await ada.next("error");
  }
  trouble.mend();
  const all = await errors();
  expect(all["hasMore"]).toBe(false);
  expect(all["errors"].map(({ where }: Frame) => where)).toEqual(["commit", "commit", "store"]);
  expect(all["errors"][0]).toEqual({
    id: 3,
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
    where: "commit",
    message: expect.stringContaining("trouble"),
    code: expect.stringMatching(/^SQLITE_/),
  });
  expect(JSON.stringify(all)).not.toContain("private words");
  expect(await metricOf(server, "switchboard_errors_total")).toBe(3);

  const [newest, next, oldest] = all["errors"];
  expect(await errors("?limit=1")).toEqual({ errors: [newest], hasMore: true });
  expect(await errors(`?limit=1&before=${newest.id}`)).toEqual({ errors: [next], hasMore: true });
  expect(await errors(`?before=${next.id}`)).toEqual({ errors: [oldest], hasMore: false });
  ada.close();
});

test("a limit or an id that is none is a problem that names it", async () => {
  for (const query of ["limit=0", "limit=1001", "limit=many", "limit=1.5"])
    await expectProblem(await server.http("GET", `/v1/errors?${query}`), 400, ["limit"]);
  await expectProblem(await server.http("GET", "/v1/errors?limit=x&before=y"), 400, ["limit", "before"]);
  for (const before of ["", "0", "-1"])
    await expectProblem(await server.http("GET", `/v1/errors?before=${before}`), 400, ["before"]);
});
