import { expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { Glob } from "bun";
import { environment } from "../../src/config/environment.ts";
import { command, commandDirectory } from "../support/command.ts";
import { startTestServer } from "../support/server.ts";
import { ROOT } from "./blocks.ts";

const WHERE = [
  ...["*.md", "docs/**/*.md", "deploy/*.md", "bench/*.md", "examples/**/*.md", "src/**/*.md"],
  "packages/*/README.md",
];
const directory = commandDirectory();
const pages = WHERE.flatMap((where) => [...new Glob(where).scanSync(ROOT)]);
const read = (page: string): Promise<string> => Bun.file(join(ROOT, page)).text();

const withoutCode = (text: string) => text.replaceAll(/^```[\s\S]*?^```$/gm, "");
/** As GitHub makes it of a heading. */
const anchor = (heading: string) =>
  heading
    .replaceAll(/\]\([^)]*\)/g, "")
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}_ -]/gu, "")
    .replaceAll(" ", "-");

test.each(pages)("every link of %s leads to a file and a heading that exist", async (page) => {
  const links = withoutCode(await read(page)).matchAll(/\]\((?!https?:)([^)#\s]*)(?:#([^)\s]+))?/g);
  const broken: string[] = [];
  for (const [link, file = "", heading] of links) {
    const target = file === "" ? page : join(dirname(page), file);
    if (!existsSync(join(ROOT, target))) broken.push(link);
    else if (heading !== undefined) {
      const headings = withoutCode(await read(target)).matchAll(/^#+ (.*)$/gm);
      if (!Array.from(headings, ([, text = ""]) => anchor(text)).includes(heading)) broken.push(link);
    }
  }
  expect(broken).toEqual([]);
});

test("docs/README.md names every page of docs/, or the index of its folder", async () => {
  const index = await read("docs/README.md");
  const docs = ["*.md", "*/README.md"].flatMap((where) => [...new Glob(where).scanSync(join(ROOT, "docs"))]);
  const missing = docs.filter((page) => !index.includes(`(${page})`));
  expect(missing).toEqual(["README.md"]);
});

test("docs/configuration.md has every setting, and no other", async () => {
  const rows = (await read("docs/configuration.md")).split("\n").filter((line) => line.startsWith("| `"));
  const shown = rows.flatMap((row) =>
    Array.from(row.split("|")[1]!.matchAll(/`([A-Z_]+)`/g), ([, name]) => name),
  );
  expect(shown.toSorted()).toEqual(Object.keys(environment.shape).toSorted());
});

test("docs/command-line.md has every command that --help lists", async () => {
  const { out } = await command(["--help"], { directory });
  const commands = Array.from(out.matchAll(/^ {2}([a-z]+)\b/gm), ([, name]) => name);
  expect(commands).toContain("serve");
  const page = await read("docs/command-line.md");
  expect(commands.filter((name) => !page.includes(`| \`${name}`))).toEqual([]);
});

test("docs/http-api.md has every route under /v1 that the server describes", async () => {
  const server = await startTestServer();
  const { paths } = (await (await server.http("GET", "/openapi.json")).json()) as { paths: object };
  await server.stop();
  const page = await read("docs/http-api.md");
  const routes = Object.entries(paths).flatMap(([path, item]) =>
    Object.keys(item as object).map((method) => `${method.toUpperCase()} ${path}`),
  );
  const v1 = routes.filter((route) => / \/v1\//.test(route));
  expect(v1.length).toBeGreaterThan(10);
  expect(v1.filter((route) => !page.includes(route))).toEqual([]);
});

test("every file that docs/architecture.md and its picture name is in src", async () => {
  const files = [...new Glob("**/*.ts").scanSync(join(ROOT, "src"))];
  const text = (await read("docs/architecture.md")) + (await read("docs/architecture.svg"));
  const named = new Set(Array.from(text.matchAll(/[\w./-]+\.ts\b/g), ([file]) => file.replace(/^src\//, "")));
  const isThere = (file: string) => files.some((one) => one === file || one.endsWith(`/${file}`));
  expect([...named].filter((file) => !isThere(file) && !existsSync(join(ROOT, file)))).toEqual([]);
  expect(named.size).toBeGreaterThan(30);
});
