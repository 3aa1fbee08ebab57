import { expect, test } from "bun:test";
import { databaseOf } from "../support/child.ts";
import type { Frame } from "../support/client.ts";
import { recordsOf } from "../support/records.ts";
import { startTestServer, stopAfterAll } from "../support/server.ts";

const server = stopAfterAll(await startTestServer());

/** Another process that holds SQLite's write lock, as a person does who types `BEGIN IMMEDIATE` into a shell. */
async function holdLock() {
  const program = `
    const { Database } = require("bun:sqlite");
    const held = new Database(${JSON.stringify(databaseOf(server.directory))});
    held.run("BEGIN IMMEDIATE");
    console.log("held");
    setInterval(() => {}, 1000);`;
  const child = Bun.spawn([process.execPath, "--eval", program], { stdout: "pipe", stderr: "inherit" });
  await child.stdout.getReader().read();
  return {
    pid: child.pid,
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await child.exited;
    },
  };
}

const post = (id: string) => ({
  room: "guild:1",
  type: "room.deleted",
  data: { guildId: "1", channelId: id },
});

test("while another process holds the write lock nobody waits for it: clients hear busy, and liveness answers", async () => {
  const ada = await server.chat("ada");
  await ada.join("c-1");
  const webhook = { url: "http://127.0.0.1:1/", paused: true };
  expect((await server.http("PUT", "/v1/webhooks/kept", webhook)).status).toBe(200);
  let holder: number;
  {
    await using held = await holdLock();
    holder = held.pid;
    // Turns of their own: were each to wait as long as SQLite does by default, this would take minutes.
    for (let n = 0; n < 40; n++) {
      ada.say("message", { chatId: "c-1", content: `m-${n}`, messageId: `m-${n}` });
      expect((await ada.next("error"))["data"]).toEqual({ code: 503, message: "Server busy, try again" });
    }
    expect((await server.http("GET", "/health/live")).status).toBe(200);
    expect((await server.http("GET", "/health/ready")).status).toBe(503);
    for (const [method, path, body] of [
      ["POST", "/v1/discord/events", post("1")],
      ["PUT", "/v1/rooms/chat:c-1", { title: "Chess" }],
      ["PUT", "/v1/rooms/chat:c-1/members/eve", {}],
      ["DELETE", "/v1/users/eve/connections", undefined],
      ["PUT", "/v1/webhooks/kept", { paused: false }],
      ["PUT", "/v1/webhooks/new", { url: "http://127.0.0.1:1/" }],
      ["DELETE", "/v1/webhooks/kept", undefined],
    ] as const) {
      const answer = await server.http(method, path, body);
      expect([path, answer.status]).toEqual([path, 503]);
      expect(answer.headers.get("content-type")).toBe("application/problem+json");
    }
  }
  const { webhooks } = (await (await server.http("GET", "/v1/webhooks")).json()) as Frame;
  expect(webhooks).toMatchObject([{ name: "kept", status: "paused" }]);
  ada.say("message", { chatId: "c-1", content: "at last", messageId: "m-0" });
  expect((await ada.next("message"))["data"].message.content).toBe("at last");
  expect((await server.http("GET", "/health/ready")).status).toBe(200);

  const logged = recordsOf(server, "error");
  expect(logged).toHaveLength(1);
  expect(logged[0]!["err"].message).toContain("another process writes to");
  if (process.platform === "linux") {
    expect(logged[0]!["err"].message).toMatch(new RegExp(`process ${holder} \\(.+\\) holds it`));
  }
});

test("a lock that is let go within a moment costs nobody anything", async () => {
  const ada = await server.chat("ada");
  await ada.join("c-2");
  for (let n = 0; n < 5; n++) {
    await (await holdLock())[Symbol.asyncDispose]();
    ada.say("message", { chatId: "c-2", content: "hello", messageId: `m-${n}` });
    expect((await ada.next("message"))["data"].messageId).toBe(`m-${n}`);
  }
});
