import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { databaseOf } from "../support/child.ts";
import { command, commandDirectory } from "../support/command.ts";
import { startTestServer } from "../support/server.ts";

const directory = commandDirectory();
const LOG = /^ {2}log {10}local-[\da-f-]{36}, position (\d+), hash ([\da-f]{12})$/m;

test("status shows a running server, then without it the same of its database, and exits with 1", async () => {
  const own = join(directory, "own");
  mkdirSync(own);
  const server = await startTestServer({ directory: own });
  const env = { WS_PORT: `${server.port}`, DATABASE_URL: `file:${databaseOf(own)}` };
  const ada = await server.chat("ada");
  await ada.join("c");
  ada.say("message", { chatId: "c", content: "Hello" });
  await ada.next("message");
  const running = await command(["status"], { directory, env });
  expect(running).toMatchObject({ code: 0, err: "" });
  const [first, version, connections] = running.out.split("\n");
  expect(first).toBe(`http://localhost:${server.port}: ready`);
  expect(version).toMatch(/^ {2}version {6}\d+\.\d+\.\d+, up \d+ s$/);
  expect(connections).toBe("  connections  1");
  const [, position, hash] = LOG.exec(running.out) ?? [];
  expect(Number(position)).toBeGreaterThan(0);
  expect(hash).not.toBe("0".repeat(12));
  await server.stop();

  const stopped = await command(["status"], { directory, env });
  expect(stopped).toMatchObject({ code: 1, err: "" });
  expect(stopped.out).toMatch(/^http:\/\/localhost:\d+: no Switchboard answers \(.*Unable to connect\.\)\n/);
  expect(stopped.out).toContain(`${databaseOf(own)}: the database\n`);
  expect(LOG.exec(stopped.out)?.slice(1)).toEqual([`${position}`, `${hash}`]);
});

test("a server that cannot store is shown with why, and what is no server is told apart from one", async () => {
  using other = Bun.serve({
    port: 0,
    fetch: ({ url }) =>
      url.endsWith("/health/ready")
        ? Response.json({ status: "not ready", reason: "the store cannot be written" }, { status: 503 })
        : url.endsWith("/ws/health")
          ? Response.json({ status: "unhealthy", connections: 0, uptime: 1 }, { status: 503 })
          : new Response("switchboard_log_position 12345\nswitchboard_log_hash 255\n"),
  });
  const url = `http://localhost:${other.port}`;
  const unwell = await command(["status", url], { directory });
  expect(unwell).toMatchObject({ code: 1, err: "" });
  expect(unwell.out).toStartWith(`${url}: not ready (the store cannot be written)\n`);
  expect(unwell.out).toContain("position 12,345, hash 0000000000ff\n");
  using none = Bun.serve({ port: 0, fetch: () => new Response("nothing") });
  const wrong = await command(["status", `http://localhost:${none.port}`], { directory });
  expect(wrong.code).toBe(1);
  expect(wrong.out).toContain("no Switchboard answers");
  expect(await command(["status", "nowhere"], { directory })).toMatchObject({ code: 2 });
  const nothing = await command(["status"], { directory, env: { WS_PORT: `${none.port}` } });
  expect(nothing.out).toEndWith("/data/switchboard.db\n");
});

test("a file that is no database of this version is told in a line", async () => {
  const [text, later] = [join(directory, "text.db"), join(directory, "later.db")];
  await Bun.write(text, "no database, but a text that is longer than the header of one".repeat(20));
  using database = new Database(later);
  database.run("PRAGMA user_version = 9999");
  for (const [file, why] of [
    [text, "file is not a database"],
    [later, "the database is of a later version"],
    [directory, "unable to open database file"],
  ]) {
    const { code, err } = await command(["status"], {
      directory,
      env: { WS_PORT: "1", DATABASE_URL: file! },
    });
    expect([code, err.split("\n").length]).toEqual([1, 2]);
    expect(err).toStartWith(`switchboard: DATABASE_URL: ${file} cannot be used (${why}`);
  }
});

test("of several nodes every one is shown, with a key", async () => {
  const node = { version: "1.2.3", uptime: 1, connections: 7, lagSeconds: 0, position: 1_234, writeLevel: 1 };
  const state = {
    cluster: "switchboard",
    log: {
      ...{ id: "l", leader: "log-1", first: 1, last: 1_234, bytes: 10, maxBytes: 100 },
      replicas: [
        { name: "log-2", current: true, behind: 0 },
        { name: "log-3", current: false, behind: 5 },
      ],
    },
    nodes: [
      {
        ...{ ...node, name: "a", ready: true, reason: null, hash: "0123456789abcdef", leases: ["snapshots"] },
        warning: "settings differ",
      },
      {
        ...{ ...node, name: "long", ready: false, reason: "it gives no answer", hash: "fedcba9876543210" },
        ...{ version: null, connections: null, lagSeconds: null, leases: [] },
        warning: null,
      },
    ],
  };
  using one = Bun.serve({
    port: 0,
    fetch({ url, headers }) {
      if (url.endsWith("/health/ready")) return Response.json({ status: "ready" });
      if (url.endsWith("/ws/health")) return Response.json({ connections: 7, uptime: 1 });
      if (!url.endsWith("/v1/cluster")) return new Response("switchboard_cluster_nodes 2\n");
      return headers.get("authorization") === "Bearer 0123456789abcdef"
        ? Response.json(state)
        : Response.json({}, { status: 403 });
    },
  });
  const url = `http://localhost:${one.port}`;
  const shown = async (keys?: string) =>
    (await command(["status", url], { directory, env: keys === undefined ? {} : { API_KEYS: keys } })).out;
  expect(await shown("0123456789abcdef,another-key-of-16")).toEndWith(`  cluster      switchboard, 2 nodes
  log servers  leader log-1, replicas log-2 and log-3 (5 behind), positions 1 to 1,234, 10 % of its room used
    a     ready, warning (settings differ), position 1,234, lag 0.0 s, hash 0123456789ab, connections 7, version 1.2.3, leases snapshots
    long  not ready (it gives no answer), position 1,234, hash fedcba987654
`);
  expect(await shown()).toContain("2 nodes are alive; set API_KEYS to see them");
  // As after `adopt`, or when everything was purged.
  Object.assign(state.log, { first: 1_235, last: 1_234 });
  expect(await shown("0123456789abcdef,another-key-of-16")).toContain("(5 behind), empty, 10 % of its");
});
