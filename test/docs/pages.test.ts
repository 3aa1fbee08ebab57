import { expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { Glob } from "bun";
import { ROOT } from "./blocks.ts";

const WHERE = ["*.md", "docs/**/*.md", "deploy/*.md", "bench/*.md", "examples/**/*.md", "src/**/*.md"];
const pages = WHERE.flatMap((where) => [...new Glob(where).scanSync(ROOT)]);
const read = (page: string): Promise<string> => Bun.file(join(ROOT, page)).text();

test.each(pages)("every link of %s leads to a file that there is", async (page) => {
  const links = Array.from(
    (await read(page)).matchAll(/\]\((?!https?:|#)([^)#\s]+)/g),
    ([, link = ""]) => link,
  );
  expect(links.filter((link) => !existsSync(join(ROOT, dirname(page), link)))).toEqual([]);
});

test("docs/README.md names every page of docs/, or the index of its folder", async () => {
  const index = await read("docs/README.md");
  const docs = ["*.md", "*/README.md"].flatMap((where) => [...new Glob(where).scanSync(join(ROOT, "docs"))]);
  const missing = docs.filter((page) => !index.includes(`(${page})`));
  expect(missing).toEqual(["README.md"]);
});

test("every file that docs/architecture.md and its picture name is in src", async () => {
  const files = [...new Glob("**/*.ts").scanSync(join(ROOT, "src"))];
  const text = (await read("docs/architecture.md")) + (await read("docs/architecture.svg"));
  const named = new Set(Array.from(text.matchAll(/[\w./-]+\.ts\b/g), ([file]) => file.replace(/^src\//, "")));
  const isThere = (file: string) => files.some((one) => one === file || one.endsWith(`/${file}`));
  expect([...named].filter((file) => !isThere(file) && !existsSync(join(ROOT, file)))).toEqual([]);
  expect(named.size).toBeGreaterThan(30);
});
