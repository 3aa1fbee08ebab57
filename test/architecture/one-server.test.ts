import { describe, expect, test } from "bun:test";
import { dirname, join, relative, resolve } from "node:path";
import { partOf, ROOT, SRC, sources } from "./parts.ts";

test("one server alone loads nothing of a cluster", async () => {
  const loaded: string[] = [];
  let dynamic = 0;
  for await (const file of sources()) {
    if (["log", "cluster"].includes(partOf(file))) continue;
    const source = await Bun.file(file).text();
    for (const [statement, specifier = ""] of source.matchAll(
      /(?:\bimport\s[^;]*?\bfrom\s*|\bimport\s*\(?\s*)["'](\.[^"']+)["']/g,
    )) {
      if (!["log", "cluster"].includes(partOf(resolve(dirname(file), specifier)))) continue;
      if (/^import\s*\(/.test(statement)) dynamic++;
      else if (!/^import type\s/.test(statement)) loaded.push(`${relative(ROOT, file)}: ${specifier}`);
    }
  }
  expect(loaded).toEqual([]);
  expect(dynamic).toBeGreaterThan(0);
});

describe("a server that shares its log with no other", () => {
  test("loads no module of the log of several nodes, and not the library under it", async () => {
    const seen = new Set<string>();
    const libraries = new Set<string>();
    const visit = async (file: string): Promise<void> => {
      if (seen.has(file)) return;
      seen.add(file);
      // What is imported by a call is loaded when it is needed; types are gone when it runs.
      const statements = (await Bun.file(file).text()).matchAll(
        /^(?:import|export)\s(?!type\b)[^"';]*?["']([^"']+)["']/gm,
      );
      for (const [, specifier = ""] of statements) {
        if (!specifier.startsWith(".")) libraries.add(specifier);
        else if (specifier.endsWith(".ts")) await visit(resolve(dirname(file), specifier));
      }
    };
    await visit(join(SRC, "main.ts"));
    const parts = new Set(Array.from(seen, partOf));
    expect(parts).toContain("switchboard");
    expect(libraries).toContain("pino");
    expect([...parts].filter((part) => ["log", "cluster"].includes(part))).toEqual([]);
    expect([...libraries].filter((name) => name.startsWith("@nats-io"))).toEqual([]);
  });
});
