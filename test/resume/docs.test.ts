import { expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { blocksOf, ROOT } from "../docs/blocks.ts";
import type { Frame } from "../support/client.ts";
import { temporaryDirectory } from "../support/directory.ts";
import { startRelay } from "../support/relay.ts";
import { post, resumed, start, until } from "./stage.ts";

// The program of docs/resume.md is run, and its frames are compared with what a server sends.

const server = await start();
const directory = temporaryDirectory();
const blocks = await blocksOf("docs/resume.md");
const texts = (language: string, path?: string) =>
  blocks.filter((one) => one.language === language && one.path === path).map(({ text }) => text);

/** Runs a program that reads lines of a relay's port; resolves to each line that it prints. */
async function* run(program: string): AsyncGenerator<string> {
  const file = join(directory, "snippet.js");
  writeFileSync(file, program);
  const child = Bun.spawn([process.execPath, "run", file], { stdout: "pipe", stderr: "inherit" });
  try {
    let rest = "";
    const decoder = new TextDecoder();
    for await (const chunk of child.stdout) {
      const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
      rest = lines.pop() ?? "";
      yield* lines;
    }
  } finally {
    child.kill("SIGKILL");
    await child.exited;
  }
}

test("the WebSocket hears everything once and in order over a lost connection, and is told what is missing", async () => {
  const [text = ""] = texts("js", "websocket");
  const relay = await startRelay(server.port);
  const program = text.replaceAll("localhost:3001", `127.0.0.1:${relay.port}`);
  await post(server, "chat-1", 1, 3);
  const lines = run(`const token = ${JSON.stringify(await server.token("ada"))};\n${program}`);
  const next = async () => (await lines.next()).value;
  for (const n of [1, 2, 3]) expect(await next()).toBe(`${n} m${n}`);
  relay.breakOff();
  await post(server, "chat-1", 4, 6);
  for (const n of [4, 5, 6]) expect(await next()).toBe(`${n} m${n}`);
  relay.breakOff();
  await server.http("DELETE", "/v1/rooms/chat:chat-1");
  await post(server, "chat-1", 7, 7);
  expect(await next()).toBe("missing: removed");
  expect(await next()).toBe("8 m7");
  await lines.return(undefined);
  relay.stop();
});

/** Names of fields, also of those within. */
const shape = (value: unknown): unknown =>
  typeof value === "object" && value !== null
    ? Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, shape(inner)]))
    : typeof value;

test("the frames are such as the server sends", async () => {
  const page = await Bun.file(join(ROOT, "docs/resume.md")).text();
  const examples = Array.from(
    page.matchAll(/^ *```json\n(.*)\n *```$/gm),
    ([, frame = ""]): Frame => JSON.parse(frame),
  );
  const [message, placed, verdict] = examples;
  const ada = await server.chat("ada", { query: "&offsets=1" });
  await ada.join("shapes");
  expect(shape(await ada.next("placed"))).toEqual(shape(placed));
  ada.say("message", { chatId: "shapes", content: "Hello", messageId: "m-1" });
  expect(shape(await ada.next("message"))).toEqual(shape(message));
  const back = await server.chat("ada", { query: `&resume=${encodeURIComponent("chat:shapes@0")}` });
  await back.join("shapes");
  expect(shape(await back.next(resumed))).toEqual(shape(verdict));
  await until(back, "Hello");
});
