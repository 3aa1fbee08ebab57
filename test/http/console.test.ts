import { describe, expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { expectProblem } from "../support/problem.ts";
import { API_KEY, SECRET, startTestServer, stopAfterAll } from "../support/server.ts";

const FOLDER = join(import.meta.dir, "../../src/console/page");
const TYPES: Readonly<Record<string, string>> = {
  css: "text/css; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  svg: "image/svg+xml",
};

const server = stopAfterAll(await startTestServer({ env: { WS_PATH: "/elsewhere" } }));
const production = stopAfterAll(
  await startTestServer({ env: { NODE_ENV: "production", JWT_SECRET: SECRET, API_KEYS: API_KEY } }),
);

const get = (path: string, headers: Record<string, string> = {}, { port } = server) =>
  fetch(`http://127.0.0.1:${port}${path}`, { headers });

test("the page is at /, and lets in what is the server's own alone", async () => {
  for (const one of [server, production]) {
    const page = await get("/", {}, one);
    expect([page.status, page.headers.get("content-type")]).toEqual([200, "text/html; charset=utf-8"]);
    const policy = page.headers.get("content-security-policy") ?? "";
    const rules = new Map(
      policy.split("; ").map((rule) => [rule.split(" ")[0], rule.split(" ").slice(1).join(" ")]),
    );
    expect(rules.get("default-src")).toBe("'none'");
    for (const source of ["script-src", "style-src", "connect-src"]) expect(rules.get(source)).toBe("'self'");
    expect(rules.get("frame-ancestors")).toBe("'none'");
    expect(policy).not.toMatch(/unsafe|\*|http/);
    expect(page.headers.get("x-content-type-options")).toBe("nosniff");
    const html = await page.text();
    expect(html).toStartWith("<!doctype html>");
    expect(html).not.toMatch(/ style=| on\w+=|<style|<script(?! type="module" src=)/);
  }
});

test("every file of the page is served as what it is, and each that another names is there", async () => {
  const files = readdirSync(FOLDER).filter((name) => name !== "index.html");
  expect(files.length).toBeGreaterThan(10);
  for (const name of files) {
    const answer = await get(`/console/${name}`);
    const type = TYPES[name.split(".").at(-1) ?? ""];
    expect([name, answer.status, answer.headers.get("content-type")]).toEqual([name, 200, String(type)]);
    const text = await answer.text();
    expect(text).toBe(await Bun.file(join(FOLDER, name)).text());
    for (const [, imported = ""] of text.matchAll(/from "\.\/([^"]+)"/g)) expect(files).toContain(imported);
  }
  for (const [, path = ""] of (await (await get("/")).text()).matchAll(/(?:src|href)="(\/[^"]+)"/g)) {
    expect([path, (await get(path)).status]).toEqual([path, 200]);
  }
});

test("a browser that has the right copy gets no second one, and asks each time", async () => {
  const first = await get("/console/app.js");
  expect(first.headers.get("cache-control")).toBe("no-cache");
  const etag = first.headers.get("etag") ?? "";
  const again = await get("/console/app.js", { "if-none-match": etag });
  expect([again.status, await again.text(), again.headers.get("etag")]).toEqual([304, "", etag]);
  for (const list of [`W/${etag}`, `"another", ${etag}`, "*"])
    expect([list, (await get("/console/app.js", { "if-none-match": list })).status]).toEqual([list, 304]);
  expect((await get("/console/app.js", { "if-none-match": '"another"' })).status).toBe(200);
  expect((await get("/console/form.js")).headers.get("etag")).not.toBe(etag);
});

test.each([
  "/console",
  "/console/",
  "/console/nothing.js",
  "/console/index.html",
  "/index.html",
  "/console/../src/main.ts",
  "/console/%2e%2e/app.ts",
])("%s is no asset", async (path) => {
  await expectProblem(await get(path), 404);
});

describe("the page is told", () => {
  test("where the sockets are, and that it may ask for tokens", async () => {
    const answer = await get("/console/settings.json");
    expect(answer.headers.get("cache-control")).toBe("no-store");
    expect(await answer.json()).toEqual({
      production: false,
      cluster: false,
      makesTokens: true,
      path: "/elsewhere",
    });
  });

  test("that it needs a key in production, and nothing that is secret", async () => {
    const answer = await get("/console/settings.json", {}, production);
    expect(await answer.json()).toEqual({
      production: true,
      cluster: false,
      makesTokens: false,
      path: "/ws",
    });
  });
});
