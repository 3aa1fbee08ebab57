import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type Block, blocksOf, ROOT } from "./blocks.ts";

/** What the page's tests need of the repository besides `src`. */
const NEEDED = [
  ...["src", "packages/client/src", "drizzle", "package.json", "tsconfig.json", "test/support"],
  ...["test/protocols/cases", "test/protocols/conformance.ts", "test/protocols/samples.ts"],
];

/** A file, or a change of one: a `+` line takes the place of the `-` before it, and without one goes on top. */
function lay(copy: string, { language, path = "", text }: Block): void {
  const file = join(copy, path);
  mkdirSync(dirname(file), { recursive: true });
  let content = language === "diff" ? readFileSync(file, "utf8") : text;
  let old = "";
  for (const line of language === "diff" ? text.trimEnd().split("\n") : []) {
    const part = line.slice(1);
    if (line.startsWith("-")) old = part;
    else if (old === "") content = `${part}\n${content}`;
    else {
      expect(content).toContain(old);
      content = content.replace(old, part);
    }
  }
  writeFileSync(file, content);
}

function run(copy: string, ...command: string[]) {
  const child = Bun.spawn([process.execPath, ...command], { cwd: copy, stdout: "pipe", stderr: "pipe" });
  const said = Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()]);
  return {
    child,
    ended: Promise.all([said, child.exited]).then(([out, code]) => ({ out: out.join(""), code })),
  };
}

describe("the contract of docs/adding-a-contract.md", () => {
  let copy: string;
  let types: ReturnType<typeof run>;
  let conversation: ReturnType<typeof run>;
  let suite: ReturnType<typeof run>;
  let nodes: ReturnType<typeof run>;
  beforeAll(async () => {
    copy = mkdtempSync(join(tmpdir(), "switchboard-contract-"));
    for (const path of NEEDED) cpSync(join(ROOT, path), join(copy, path), { recursive: true });
    symlinkSync(join(ROOT, "node_modules"), join(copy, "node_modules"));
    for (const block of await blocksOf("docs/adding-a-contract.md")) if (block.path) lay(copy, block);
    // The folder alone: the tests bring all of the server with them, which takes tsc several times as long.
    const config = { extends: "./tsconfig.json", include: ["src/protocols/poll"] };
    writeFileSync(join(copy, "tsconfig.poll.json"), JSON.stringify(config));
    types = run(copy, "x", "tsc", "-p", "tsconfig.poll.json");
    conversation = run(copy, "test", "--timeout", "60000", "test/protocols/poll/first-conversation.test.ts");
    suite = run(copy, "test", "--timeout", "60000", "test/protocols/poll/conformance.test.ts");
    cpSync(join(import.meta.dir, "poll-nodes.ts"), join(copy, "test/docs/poll-nodes.test.ts"));
    nodes = run(copy, "test", "--timeout", "60000", "test/docs/poll-nodes.test.ts");
  });
  afterAll(() => {
    for (const { child } of [types, conversation, suite, nodes]) child.kill("SIGKILL");
    rmSync(copy, { recursive: true });
  });

  test("holds its first conversation", async () => {
    const { out, code } = await conversation.ended;
    expect(out).toContain(" 1 pass");
    expect(code).toBe(0);
  });

  test("type-checks", async () => {
    expect(await types.ended).toEqual({ out: "", code: 0 });
  });

  test("has the same result on several nodes of one log", async () => {
    const { out, code } = await nodes.ended;
    expect(out).toContain(" 1 pass");
    expect(code).toBe(0);
  });

  test("passes the suite that every contract passes", async () => {
    const { out, code } = await suite.ended;
    expect(out).not.toContain("(fail)");
    expect(out).toMatch(/\b\d\d pass/);
    expect(code).toBe(0);
  });
});
