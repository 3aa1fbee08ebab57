import { expect, test } from "bun:test";
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { temporaryDirectory } from "../support/directory.ts";
import { API_KEY, startTestServer } from "../support/server.ts";

const ROOT = resolve(import.meta.dir, "../..");
const PAGES = join(ROOT, "docs/client");
const pages = readdirSync(PAGES).filter((name) => name.endsWith(".md"));
const examples = pages.flatMap((page) => {
  const text = readFileSync(join(PAGES, page), "utf8");
  const blocks = [...text.matchAll(/```ts run\n(.*?)```\s+```text\n(.*?)```/gs)];
  return blocks.map(([, code = "", output = ""], index) => ({ name: `${page} ${index + 1}`, code, output }));
});
/** The page's own `session.ts`, which every example imports. */
const session = /```ts session\n(.*?)```/s.exec(readFileSync(join(PAGES, "README.md"), "utf8"))?.[1] ?? "";

const directory = temporaryDirectory();
mkdirSync(join(directory, "node_modules"));
symlinkSync(ROOT, join(directory, "node_modules/switchboard"));
// The package, as its sources are.
const own = join(directory, "node_modules/switchboard-client");
mkdirSync(own);
symlinkSync(join(ROOT, "packages/client/src"), join(own, "src"));
const entries = ["index", "testing/index", "validate/index", "react/index", "textarea", "codemirror"];
writeFileSync(
  join(own, "package.json"),
  JSON.stringify({
    name: "switchboard-client",
    exports: Object.fromEntries(
      entries.map((entry) => [`./${entry}`.replace(/\/index$/, ""), `./src/${entry}.ts`]),
    ),
  }),
);

test("there are examples of every client", () => {
  expect(examples.length).toBeGreaterThanOrEqual(10);
});

test.each(examples)("the example in $name does what the page says", async ({ name, code, output }) => {
  const server = await startTestServer();
  const own = join(directory, name.replaceAll(" ", "-"));
  mkdirSync(own);
  writeFileSync(join(own, "api-key"), API_KEY);
  const ownSession = session
    .replaceAll("localhost:3001", `127.0.0.1:${server.port}`)
    .replace("../switchboard/data/api-key", join(own, "api-key"));
  writeFileSync(join(own, "session.ts"), ownSession);
  writeFileSync(join(own, "example.ts"), code.replaceAll("localhost:3001", `127.0.0.1:${server.port}`));
  const child = Bun.spawn([process.execPath, "run", join(own, "example.ts")], {
    stdout: "pipe",
    stderr: "pipe",
  });
  const [out, err] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ]);
  expect(err).toBe("");
  expect(out).toBe(output);
  await server.stop();
});

test("every example type-checks", () => {
  const checked = join(directory, "checked");
  mkdirSync(join(checked, "node_modules"), { recursive: true });
  for (const name of ["bun-types", "zod", "react", "@types"]) {
    symlinkSync(join(ROOT, "node_modules", name), join(checked, "node_modules", name));
  }
  writeFileSync(join(checked, "session.ts"), session);
  for (const { name, code } of examples)
    writeFileSync(join(checked, `${name.replaceAll(" ", "-")}.ts`), code);
  const page = readFileSync(join(PAGES, "react.md"), "utf8");
  const components = [...page.matchAll(/```tsx\n(.*?)```/gs)];
  expect(components.length).toBeGreaterThan(0);
  for (const [index, [, code = ""]] of components.entries())
    writeFileSync(join(checked, `react-${index}.tsx`), code);
  const compilerOptions = { jsx: "react-jsx", lib: ["ESNext", "DOM"] };
  const config = { extends: join(ROOT, "tsconfig.json"), compilerOptions, include: ["*.ts", "*.tsx"] };
  writeFileSync(join(checked, "tsconfig.json"), JSON.stringify(config));
  const { stdout } = Bun.spawnSync([process.execPath, join(ROOT, "node_modules/.bin/tsc"), "-p", checked]);
  expect(stdout.toString()).toBe("");
});
