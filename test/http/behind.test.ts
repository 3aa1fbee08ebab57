import { expect, test } from "bun:test";
import { Hono } from "hono";
import { judgedByCurrent } from "../../src/http/nodes.ts";
import { Problem } from "../../src/http/problem.ts";

/** A node that knows of a room `old` and, once it has caught up, of a room `new`. */
function createNode(isCaughtUpInTime: boolean) {
  let isBehind = true;
  const rooms = new Set(["old"]);
  const app = new Hono().onError((error) => (error as Problem).response());
  const catchUp = () => {
    if (!isBehind) return undefined;
    return Promise.resolve(isCaughtUpInTime).then((inTime) => {
      if (inTime) rooms.add("new");
      isBehind = !inTime;
      return inTime;
    });
  };
  app.use(judgedByCurrent(catchUp));
  app.all("/:room", (c) => {
    if (!rooms.has(c.req.param("room"))) throw new Problem(404, "There is no such room");
    return c.text("found");
  });
  const ask = async (method: string, room: string) => {
    const answer = await app.request(`/${room}`, { method });
    return [answer.status, answer.headers.get("retry-after")];
  };
  return { ask };
}

test("a node that is behind catches up before it changes anything, or says that there is no such thing", async () => {
  for (const method of ["GET", "DELETE"]) {
    const { ask } = createNode(true);
    expect(await ask(method, "new")).toEqual([200, null]);
    expect(await ask(method, "none")).toEqual([404, null]);
  }
});

test("a node that does not catch up shows what it has, changes nothing, and denies nothing", async () => {
  const { ask } = createNode(false);
  expect(await ask("GET", "old")).toEqual([200, null]);
  for (const [method, room] of [
    ["GET", "new"],
    ["DELETE", "old"],
    ["DELETE", "new"],
  ] as const)
    expect(await ask(method, room)).toEqual([503, "1"]);
});
