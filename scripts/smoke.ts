import { ok, deepStrictEqual as same } from "node:assert/strict";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import packageJson from "../package.json" with { type: "json" };
import { connect, type TestClient } from "../test/support/client.ts";

// Uses the built binary as somebody does who has nothing else: `bun run scripts/smoke.ts dist/switchboard`.
// Its working directory is new and empty, its environment has only what a step names.
const [path] = process.argv.slice(2);
if (!path) throw new Error("usage: bun run scripts/smoke.ts <binary>");
const binary = resolve(path);
const directory = mkdtempSync(join(tmpdir(), "switchboard-smoke-"));
const children = new Set<Bun.Subprocess>();
const LIMIT_MS = 90_000;

function spawn(args: string[], env: Record<string, string> = {}) {
  const child = Bun.spawn([binary, ...args], { cwd: directory, env, stdout: "pipe", stderr: "pipe" });
  children.add(child);
  return { child, out: child.stdout, err: new Response(child.stderr).text() };
}

/** Runs a command to its end. */
async function run(args: string[], env: Record<string, string> = {}) {
  const { child, out, err } = spawn(args, env);
  return { out: (await new Response(out).text()).trim(), err: await err, code: await child.exited };
}

async function firstLine(stream: ReadableStream<Uint8Array>): Promise<string> {
  let text = "";
  const decoder = new TextDecoder();
  for await (const chunk of stream.values({ preventCancel: true })) {
    text += decoder.decode(chunk, { stream: true });
    if (text.includes("\n")) break;
  }
  return text.split("\n")[0] ?? "";
}

async function commandLine(): Promise<string> {
  const version = await run(["--version"]);
  same([version.out, version.code], [packageJson.version, 0]);
  const help = await run(["--help"]);
  ok(help.code === 0 && help.out.includes("Usage: switchboard"), help.out + help.err);
  return "--version, --help";
}

async function production(): Promise<string> {
  const refused = await run(["serve"], { NODE_ENV: "production", WS_PORT: "0" });
  same(refused.code, 1);
  ok(refused.err.includes("JWT_SECRET") && refused.err.includes("API_KEYS"), refused.err);
  return "NODE_ENV is read at run time: production without secrets is refused";
}

async function serve(): Promise<string> {
  const { out: token, code, err } = await run(["token", "--user", "ada"]);
  ok(code === 0 && token.split(".").length === 3, err);

  const server = spawn(["serve"], { WS_PORT: "0", MESSAGE_RATE_LIMIT: "0" });
  const line = await firstLine(server.out);
  const [, version, port] = /^Switchboard (\S+) listening on http:\/\/localhost:(\d+)$/.exec(line) ?? [];
  ok(port && version === packageJson.version, `${line}\n${port ? "" : await server.err}`);
  const health = await fetch(`http://localhost:${port}/ws/health`);
  same(health.status, 200);
  const { status, connections } = (await health.json()) as Record<string, unknown>;
  same({ status, connections }, { status: "healthy", connections: 0 });

  const origin = `http://localhost:${port}`;
  const example = await fetch(`${origin}/examples/chat.html`);
  same([example.status, (await example.text()).includes("<title>Chat")], [200, true]);
  for (const path of ["/asyncapi.json", "/openapi.json", "/docs"]) {
    const description = await fetch(origin + path);
    same(description.status, 200);
    ok((await description.text()).length > 10_000, `${path} says next to nothing`);
  }
  for (const path of ["/", "/console/app.js"]) same((await fetch(origin + path)).status, 200);

  const second = await run(["serve"], { WS_PORT: "0" });
  ok(second.code === 1 && second.err.includes("in use by another server"), second.err);

  const checked = await run(["checkconfig"], { WS_PORT: "0" });
  ok(checked.code === 0 && checked.out.includes("WS_PORT=0"), checked.err);
  const client = await chat(`ws://localhost:${port}/ws?token=${token}`);
  const backup = await run(["backup", "copy.db"]);
  ok(backup.code === 0 && statSync(join(directory, "copy.db")).size > 4_000_000, backup.err);
  server.child.kill("SIGTERM");
  same((await client.closed).code, 1012);
  same(await server.child.exited, 0);
  const log = (await server.err).split("\n").filter((entry) => /"level":(50|60)/.test(entry));
  same(log, []);
  // Closed as it should be, the database is whole without its log.
  same(statSync(join(directory, "data/switchboard.db-wal")).size, 0);
  return "token, serve, /ws/health, /asyncapi.json, /openapi.json, /docs, the console, a second server refused, chat, checkpoints, checkconfig, backup, SIGTERM";
}

async function logForPeople(): Promise<string> {
  const env = { WS_PORT: "0", LOG_FORMAT: "pretty", DATABASE_URL: "file:./pretty/switchboard.db" };
  const server = spawn(["serve"], env);
  await firstLine(server.out);
  server.child.kill("SIGTERM");
  const log = await server.err;
  ok(/INFO: start .*"port"/.test(log) && /INFO: stop/.test(log), log);
  return "LOG_FORMAT=pretty";
}

async function chat(url: string): Promise<TestClient> {
  const client = await connect(url);
  const joined = await client.join("chat-1");
  same(joined["data"].updates.messageCount, 0);
  // Enough that the worker, which is a file of its own in the binary, has something to move.
  const content = "Hello. ".repeat(1_000);
  for (let n = 1; n <= 1_000; n++) {
    client.say("message", { chatId: "chat-1", content, messageId: `m-${n}` });
    const { data } = await client.next("message");
    same([data.messageId, data.message.userId], [`m-${n}`, "ada"]);
    ok(data.message.content === content, "the text came back changed");
  }
  const database = join(directory, "data", "switchboard.db");
  const deadline = Date.now() + 15_000;
  while (statSync(database).size < 4_000_000) {
    ok(Date.now() < deadline, "nothing is moved from the log into the database: no checkpoint worker?");
    await Bun.sleep(50);
  }
  return client;
}

let failed = false;
const limit = setTimeout(() => end(new Error(`not done after ${LIMIT_MS / 1_000} s`)), LIMIT_MS);
function end(error?: unknown): void {
  clearTimeout(limit);
  failed ||= error !== undefined;
  if (error !== undefined) console.error("smoke: failed:", error);
  for (const child of children) child.kill("SIGKILL");
  rmSync(directory, { recursive: true, force: true });
  process.exit(failed ? 1 : 0);
}

try {
  for (const step of [commandLine, production, serve, logForPeople]) console.log(`smoke: ${await step()}`);
  end();
} catch (error) {
  end(error);
}
