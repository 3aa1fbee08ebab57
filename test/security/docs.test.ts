import { expect, test } from "bun:test";
import { join } from "node:path";

const ROOT = join(import.meta.dir, "../..");

test("every line of docs/security.md names a test that exists", async () => {
  const page = await Bun.file(join(ROOT, "docs/security.md")).text();
  const lines = page
    .split("\n")
    .filter((line) => /^\| (?!threat|---)/.test(line) && !line.startsWith("|---"));
  expect(lines.length).toBeGreaterThan(35);
  for (const line of lines) {
    const cell = line.split(" | ")[2] ?? "";
    const named = cell.replace(/ \|$/, "").split(/; (?=`)/);
    for (const one of named) {
      const [, file = "", name = ""] = /^`([^`]+)` › (.+)$/.exec(one) ?? [];
      expect([line, file]).not.toEqual([line, ""]);
      const source = Bun.file(join(ROOT, file));
      expect([file, await source.exists()]).toEqual([file, true]);
      expect([file, name, (await source.text()).includes(name)]).toEqual([file, name, true]);
    }
  }
});
