import { afterEach, expect, test } from "bun:test";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { blocksOf } from "../docs/blocks.ts";
import { temporaryDirectory } from "../support/directory.ts";
import { API_KEY, startTestServer, stopAfterAll } from "../support/server.ts";

const server = stopAfterAll(await startTestServer());
const directory = temporaryDirectory();
mkdirSync(join(directory, "data"));
writeFileSync(join(directory, "data/api-key"), API_KEY);

/** The second word after the fence says how a block is run. */
const blocks = await blocksOf("docs/feed.md");
const block = (language: string, path: string) => {
  const found = blocks.find((one) => one.language === language && one.path === path);
  if (!found) throw new Error(`docs/feed.md has no block ${language} ${path}`);
  return found.text.replaceAll("localhost:3001", `127.0.0.1:${server.port}`);
};
const children: Bun.Subprocess[] = [];
afterEach(async () => {
  for (const child of children.splice(0)) {
    child.kill("SIGKILL");
    await child.exited;
  }
});

function run(command: readonly string[]) {
  const child = Bun.spawn([...command], {
    cwd: directory,
    env: { ...process.env, API_KEY },
    stdout: "pipe",
    stderr: "inherit",
  });
  children.push(child);
  return child;
}

/** Resolves to what it has printed once that holds. */
async function printed(
  output: ReadableStream<Uint8Array>,
  holds: (text: string) => boolean,
): Promise<string> {
  let text = "";
  const decoder = new TextDecoder();
  for await (const chunk of output) {
    text += decoder.decode(chunk, { stream: true });
    if (holds(text)) return text;
  }
  throw new Error(`it ended, and had printed: ${text}`);
}

let said = 0;
async function say(userId: string): Promise<void> {
  const client = await server.chat(userId);
  await client.join("chat-1");
  client.say("message", { chatId: "chat-1", content: "Hello", messageId: `m-${++said}` });
  await client.next("message");
  client.close();
}

await say("ada");

test("the page that curl gets has the members that the example shows", async () => {
  const answer = JSON.parse(await new Response(run(["bash", "-c", block("sh", "run")]).stdout).text());
  const example = JSON.parse(blocks.find(({ language }) => language === "json")?.text ?? "");
  expect(Object.keys(answer)).toEqual(Object.keys(example));
  expect(Object.keys(answer.events[0])).toEqual(Object.keys(example.events[0]));
  expect(answer.events[0].position).toMatch(/^\d+$/);
});

test("the Python consumer prints what is stored, and then what is said", async () => {
  writeFileSync(join(directory, "consumer.py"), block("python", "run"));
  const child = run(["python3", "consumer.py"]);
  await printed(child.stdout, (text) => text.includes("chat:chat-1 ada"));
});

test("the EventSource prints what is stored", async () => {
  writeFileSync(join(directory, "source.mjs"), block("js", "eventsource"));
  const modules = join(import.meta.dir, "../../node_modules");
  await Bun.$`ln -sfn ${modules} ${join(directory, "node_modules")}`.quiet();
  await printed(run(["node", "source.mjs"]).stdout, (text) => text.includes("chat:chat-1 ada"));
});

test("the consumer that keeps its position counts each message once, also when it is killed", async () => {
  writeFileSync(join(directory, "counts.mjs"), block("js", "run"));
  const start = () => run([process.execPath, "run", "counts.mjs"]);
  const first = start();
  await printed(first.stdout, (text) => text.includes("ada,1"));
  first.kill("SIGKILL");
  await first.exited;
  await say("ada");
  await say("bob");
  await printed(start().stdout, (text) => text.includes("ada,2 bob,1"));
});
