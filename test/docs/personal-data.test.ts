import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { temporaryDirectory } from "../support/directory.ts";
import { post } from "../support/personal.ts";
import { API_KEY, startTestServer, stopAfterAll } from "../support/server.ts";
import { blocksOf } from "./blocks.ts";

const server = stopAfterAll(await startTestServer());
const directory = temporaryDirectory();
const blocks = await blocksOf("docs/personal-data.md");

async function run(name: string): Promise<string> {
  const block = blocks.find(({ path }) => path === name);
  if (!block) throw new Error(`docs/personal-data.md has no block sh ${name}`);
  const script = block.text.replaceAll("localhost:3001", `127.0.0.1:${server.port}`);
  const child = Bun.spawn(["bash", "-c", script], {
    cwd: directory,
    env: { PATH: process.env["PATH"] ?? "", KEY: API_KEY },
    stdout: "pipe",
  });
  const printed = await new Response(child.stdout).text();
  expect(await child.exited).toBe(0);
  return printed;
}

test("the commands of the page export a user, erase them, and list the erasure", async () => {
  const said = { guildId: "g", channelId: "v", userId: "mira", username: "Mira", avatar: null };
  await post(server, "discord", { room: "guild:g", type: "voice.joined", data: said });
  expect(JSON.parse(await run("export"))).toEqual({ type: "end", lines: 2 });
  const [, event] = readFileSync(join(directory, "mira.ndjson"), "utf8").split("\n");
  expect(JSON.parse(event ?? "")).toMatchObject({ type: "event", room: "guild:g", data: said });
  expect(await run("erase")).toMatch(/"finishedAt":"/);
  await run("list");
  const { erasures } = JSON.parse(readFileSync(join(directory, "erasures.json"), "utf8"));
  expect(erasures).toEqual([expect.objectContaining({ id: "mira", redacted: 1 })]);
});
