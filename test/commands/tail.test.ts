import { afterEach, expect, test } from "bun:test";
import { join } from "node:path";
import { command, commandDirectory } from "../support/command.ts";
import { API_KEY, startTestServer, type TestServer } from "../support/server.ts";

const MAIN = join(import.meta.dir, "../../src/main.ts");
const directory = commandDirectory();
const ended: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ended.splice(0)) await end();
});

function tail(url: string, ...args: string[]) {
  const child = Bun.spawn([process.execPath, "run", MAIN, "tail", url, "--api-key", API_KEY, ...args], {
    cwd: directory,
    env: { PATH: process.env["PATH"] ?? "" },
    stdout: "pipe",
    stderr: "pipe",
  });
  ended.push(() => child.kill("SIGKILL"));
  const decoder = new TextDecoder();
  const reader = child.stdout.getReader();
  let text = "";
  return {
    child,
    async line(): Promise<string> {
      for (;;) {
        const end = text.indexOf("\n");
        if (end >= 0) {
          const line = text.slice(0, end);
          text = text.slice(end + 1);
          return line;
        }
        const { done, value } = await reader.read();
        if (done) throw new Error(`tail ended: ${await new Response(child.stderr).text()}`);
        text += decoder.decode(value, { stream: true });
      }
    },
  };
}

const left = async (server: TestServer, guildId: string, userId: string) => {
  const event = { room: `guild:${guildId}`, type: "voice.left", data: { guildId, channelId: null, userId } };
  expect((await server.http("POST", "/v1/discord/events", event)).status).toBe(200);
};

test("prints one line for each event, and only those that are wanted", async () => {
  const server = await startTestServer();
  ended.push(server.stop);
  await left(server, "a", "u1");
  await left(server, "b", "u2");
  const { line } = tail(`http://127.0.0.1:${server.port}`, "--after", "0", "--room", "guild:b");
  expect(await line()).toMatch(
    /^\d\d:\d\d:\d\d guild:b voice\.left - \{"guildId":"b","channelId":null,"userId":"u2"\}$/,
  );
  await left(server, "a", "u3");
  await left(server, "b", "u4");
  expect(await line()).toContain('"u4"');
});

test("--json is for programs, and --since begins in the past", async () => {
  const server = await startTestServer();
  ended.push(server.stop);
  await left(server, "a", "u1");
  const { line } = tail(`http://127.0.0.1:${server.port}`, "--since", "1h", "--json");
  expect(JSON.parse(await line())).toMatchObject({ protocol: "discord", data: { userId: "u1" } });
});

test("prints an event with a text of two lines, as Unicode separates them, and goes on after it", async () => {
  const server = await startTestServer();
  ended.push(server.stop);
  const ada = await server.chat("ada");
  await ada.join("one");
  ada.say("message", { chatId: "one", content: "one\u2028two\u2029three" });
  await ada.next("message");
  await left(server, "a", "u1");
  const lines = tail(`http://127.0.0.1:${server.port}`, "--after", "0");
  expect(await lines.line()).toContain('"content":"one\\u2028two\\u2029three"');
  expect(await lines.line()).toContain('"u1"');
  const { line } = tail(`http://127.0.0.1:${server.port}`, "--after", "0", "--json");
  expect(JSON.parse(await line()).data.message.content).toBe("one\u2028two\u2029three");
});

test("goes on where it was when the server comes back", async () => {
  const server = await startTestServer();
  const { port } = server;
  await left(server, "a", "u1");
  const { line } = tail(`http://127.0.0.1:${port}`, "--after", "0");
  expect(await line()).toContain('"u1"');
  const again = await server.restart({ WS_PORT: String(port) });
  ended.push(again.stop);
  await left(again, "a", "u2");
  expect(await line()).toContain('"u2"');
});

test("ends when its reader has ended, as head does", async () => {
  const server = await startTestServer();
  ended.push(server.stop);
  // More than a pipe holds.
  const data = { guildId: "a", channelId: null, userId: "u".repeat(100) };
  const events = Array.from({ length: 1_000 }, () => ({ room: "guild:a", type: "voice.left", data }));
  expect((await server.http("POST", "/v1/discord/events", events)).status).toBe(200);
  const args = ["tail", `http://127.0.0.1:${server.port}`, "--api-key", API_KEY, "--after", "0"];
  const through = ["bash", "-c", 'set -o pipefail; "$@" | head -n 2 | wc -l', "tail"];
  expect(await command(args, { directory, through })).toEqual({ code: 0, out: "2\n", err: "" });
});

test("begins with the oldest event where --since reaches back behind the epoch", async () => {
  const server = await startTestServer();
  ended.push(server.stop);
  await left(server, "a", "u1");
  const { line } = tail(`http://127.0.0.1:${server.port}`, "--since", "999999999d");
  expect(await line()).toContain('"u1"');
});

test("a --since that is no time is wrong usage, and no crash", async () => {
  const since = `${"9".repeat(20)}d`;
  const { code, err } = await command(["tail", "--api-key", API_KEY, "--since", since], { directory });
  expect([code, err]).toEqual([2, expect.stringContaining("--since: must be a time")]);
});

test("a wrong key, a wrong option and a wrong place are told in words", async () => {
  const server = await startTestServer();
  ended.push(server.stop);
  const url = `http://127.0.0.1:${server.port}`;
  const asked = (...args: string[]) => command(["tail", url, ...args], { directory });
  const key = ["--api-key", API_KEY];
  expect(await asked("--api-key", "a-wrong-key-of-tests")).toMatchObject({
    ...{ code: 1, err: expect.stringContaining("An API key is needed") },
  });
  expect(await asked()).toMatchObject({ code: 2, err: expect.stringContaining("--api-key") });
  expect(await asked(...key, "--since", "soon")).toMatchObject({
    code: 2,
    err: expect.stringContaining("90s"),
  });
  expect(await asked(...key, "--room", "nothing")).toMatchObject({
    ...{ code: 1, err: expect.stringContaining("chat:*") },
  });
});
