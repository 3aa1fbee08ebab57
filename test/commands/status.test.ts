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
  expect(stopped.out).toStartWith(`http://localhost:${server.port}: no Switchboard answers (`);
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
