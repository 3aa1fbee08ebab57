import { describe, expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { z } from "zod";
import type { AnyProtocol } from "../../src/core/protocol/protocol.ts";
import { channelsOf } from "../../src/describe/channels.ts";
import { page } from "../../src/describe/page.ts";
import { builtProtocols } from "../support/built-protocols.ts";
import { startTestServer, stopAfterAll } from "../support/server.ts";

const server = stopAfterAll(await startTestServer());
const answer = await fetch(`http://127.0.0.1:${server.port}/docs`);
const text = await answer.text();

const VOID = new Set(["meta", "br", "link"]);

/** Tags that are not closed where they should be. */
function unbalanced(html: string): string[] {
  const open: string[] = [];
  const wrong: string[] = [];
  for (const [tag, slash, name = ""] of html
    .replace(/<!doctype html>/, "")
    .matchAll(/<(\/?)([a-z]\w*)[^<>]*>/g)) {
    if (VOID.has(name)) continue;
    if (slash === "") open.push(name);
    else if (open.pop() !== name) wrong.push(tag);
  }
  return [...wrong, ...open];
}

test("it is a page of HTML, to anybody", () => {
  expect(answer.status).toBe(200);
  expect(answer.headers.get("content-type")).toBe("text/html; charset=utf-8");
  expect(text).toStartWith('<!doctype html>\n<html lang="en">');
  expect(answer.headers.get("x-content-type-options")).toBe("nosniff");
});

test("its policy lets in its own style and nothing else", () => {
  const [, style = ""] = /<style>([\s\S]*?)<\/style>/.exec(text) ?? [];
  const hash = createHash("sha256").update(style).digest("base64");
  expect(style).toContain("prefers-color-scheme:dark");
  expect(answer.headers.get("content-security-policy")).toBe(
    `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
  );
  expect(text).not.toMatch(/<(script|link|img|iframe|form|base)\b|\son\w+=|\sstyle=/i);
});

test("it leads nowhere outside of this server", () => {
  const links = [...text.matchAll(/\s(?:href|src|action)="([^"]*)"/g)].map(([, link = ""]) => link);
  expect(links.length).toBeGreaterThan(5);
  expect(links.filter((link) => !/^(#|\/(?!\/))/.test(link))).toEqual([]);
  expect(/<style>([\s\S]*?)<\/style>/.exec(text)?.[1]).not.toMatch(/url\(|@import/);
});

test("it is well formed, each id is there once, and each link within it leads somewhere", () => {
  expect(unbalanced(text)).toEqual([]);
  const ids = [...text.matchAll(/\sid="([^"]*)"/g)].map(([, id = ""]) => id);
  expect(ids).toHaveLength(new Set(ids).size);
  const links = [...text.matchAll(/\shref="#([^"]*)"/g)].map(([, link = ""]) => link);
  expect(links.filter((link) => !ids.includes(link))).toEqual([]);
});

describe.each(builtProtocols().map((protocol) => [protocol.name, protocol] as const))("%s", (_, protocol) => {
  test("every message, event and other frame is in it, by its type", () => {
    const kinds = [protocol.messages, protocol.events, protocol.frames.others].flatMap(Object.keys);
    expect(kinds.filter((kind) => !text.includes(`<code>${kind}</code>`))).toEqual([]);
  });
});

test("every route is in it", async () => {
  const openapi = await (await fetch(`http://127.0.0.1:${server.port}/openapi.json`)).json();
  const { paths } = z
    .object({ paths: z.record(z.string(), z.record(z.string(), z.unknown())) })
    .parse(openapi);
  for (const [path, operations] of Object.entries(paths)) {
    for (const method of Object.keys(operations)) {
      expect(text).toContain(`<code>${method.toUpperCase()} ${path}</code>`);
    }
  }
});

test("every description is shown as text", () => {
  const [first] = builtProtocols();
  if (!first) throw new Error("there is no contract");
  const evil = `"'></pre></code><script>alert(1)</script>&amp;`;
  const wave = z.object({ [evil]: z.enum([evil]).default(evil) }).meta({ examples: [{ [evil]: evil }] });
  const protocol: AnyProtocol = { ...first, name: evil, messages: { [evil]: wave }, paths: [`/${evil}`] };
  const operation = { method: "get", path: `/${evil}`, summary: evil, answers: { 200: evil } } as const;
  const made = page(channelsOf(protocol), [operation], { version: evil });
  expect(unbalanced(made)).toEqual([]);
  expect(made).not.toContain("<script");
  expect(made.split("alert(1)").length).toBeGreaterThan(9);
  expect(made).toContain("&amp;amp;");
});
