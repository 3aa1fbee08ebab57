import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { commandDirectory, serve } from "../support/command.ts";
import { serveInTerminal } from "../support/terminal.ts";

const directory = commandDirectory();
const dataIn = (name: string): string => `file:${join(directory, name, "switchboard.db")}`;
const STARTED = / start\b.*port/;

describe("the log of serve", () => {
  test("in a terminal it is for people: a time, a level in words, no JSON", async () => {
    const seen = await serveInTerminal({ directory, env: { DATABASE_URL: dataIn("terminal") } });
    expect(seen).toMatch(/\[\d\d:\d\d:\d\d\.\d{3}\] .*INFO.*: .*start/);
    expect(seen).not.toContain('{"level":30');
    // The last line of all is out before the process is.
    expect(seen).toMatch(/INFO.*: .*stop/);
  });

  test("LOG_FORMAT=json keeps JSON in a terminal", async () => {
    const env = { DATABASE_URL: dataIn("json"), LOG_FORMAT: "json" };
    expect(await serveInTerminal({ directory, env })).toContain('{"level":30');
  });

  test("LOG_FORMAT=pretty is for people in a pipe too, without colours", async () => {
    const server = await serve({ directory, env: { DATABASE_URL: dataIn("pretty"), LOG_FORMAT: "pretty" } });
    const { err, code } = await server.end("SIGTERM");
    expect(code).toBe(0);
    expect(err).toMatch(STARTED);
    expect(err).not.toContain("\u001b[");
    expect(err).not.toContain('{"level"');
  });
});

test("the banner says where the console is, how to get a token, and one curl that works", async () => {
  const server = await serve({ directory });
  const said = server.lines.join("\n");
  expect(said).toContain(`  console http://127.0.0.1:${server.port}/`);
  expect(said).toContain("  token   bun run token --user <id>");
  const curl = /^ {2}post {4}(curl .*)$/m.exec(said)?.[1] ?? "";
  const sent = Bun.spawn(["sh", "-c", `${curl} -s -o /dev/null -w '%{http_code}'`], { cwd: directory });
  expect(await new Response(sent.stdout).text()).toBe("200");
  await server.end("SIGTERM");
});
