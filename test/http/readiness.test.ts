import { Database } from "bun:sqlite";
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { databaseOf } from "../support/child.ts";
import type { Frame } from "../support/client.ts";
import { recordsOf } from "../support/records.ts";
import { startTestServer, type TestServer } from "../support/server.ts";

const READY = { status: 200, body: { status: "ready" } };
const BROKEN = {
  status: 503,
  body: { status: "not ready", reason: "the store cannot be written: see the server's log" },
};

let server: TestServer;
/** The server's own connection to its database. */
let client: Database;
const { run } = Database.prototype;

beforeEach(async () => {
  Database.prototype.run = function (this: Database, ...args) {
    if (/wal_autocheckpoint/.test(args[0])) client = this;
    return run.apply(this, args);
  } as typeof run;
  server = await startTestServer();
});
afterEach(async () => {
  Database.prototype.run = run;
  await server.stop();
});

async function ready() {
  const answer = await server.http("GET", "/health/ready");
  return { status: answer.status, body: (await answer.json()) as Frame };
}

/** Troubles of a store, each with what begins it and what ends it. */
const troubles: [string, RegExp, () => () => void][] = [
  [
    "is locked by somebody else",
    /database is locked/,
    () => {
      const beside = new Database(databaseOf(server.directory));
      beside.run("BEGIN IMMEDIATE");
      return () => beside.close();
    },
  ],
  [
    "is read-only",
    /readonly database/,
    () => {
      client.run("PRAGMA query_only = ON");
      return () => void client.run("PRAGMA query_only = OFF");
    },
  ],
];

describe.each(troubles)("a store that %s", (_, reason, begin) => {
  test("makes the server not ready before anybody has written, is logged once, and heals by itself", async () => {
    const end = begin();
    expect(await ready()).toEqual(BROKEN);
    expect(await ready()).toEqual(BROKEN);
    expect((await server.http("GET", "/health/live")).status).toBe(200);
    const health = await server.http("GET", "/ws/health");
    expect([health.status, ((await health.json()) as Frame)["status"]]).toEqual([503, "unhealthy"]);
    const logged = recordsOf(server, "error");
    expect(logged).toEqual([
      expect.objectContaining({
        where: "store",
        what: "the store cannot be written; not ready until it can",
        err: expect.objectContaining({ message: expect.stringMatching(reason) }),
      }),
    ]);
    end();
    expect(await ready()).toEqual(READY);
    expect(recordsOf(server, "the store can be written again")).toHaveLength(1);
    const ada = await server.chat("ada");
    await ada.join("c-1");
    ada.say("message", { chatId: "c-1", content: "hello" });
    await ada.next("message");
    expect(await ready()).toEqual(READY);
  });
});
