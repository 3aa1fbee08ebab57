import { expect, test } from "bun:test";
import { join } from "node:path";
import { Glob } from "bun";

/** Every number that a test of this folder is named by, also where numbers are made from a list. */
async function sources(): Promise<string> {
  const texts: string[] = [];
  for await (const file of new Glob("*.test.ts").scan(import.meta.dir)) {
    texts.push(await Bun.file(join(import.meta.dir, file)).text());
  }
  return texts.join("\n");
}

test("every exception that docs/websocket.md lists has a test of its number that names the page", async () => {
  const page = await Bun.file(join(import.meta.dir, "../../docs/websocket.md")).text();
  const tests = await sources();
  const listed = [...page.matchAll(/^\| ([\d., –]+) \|/gm)].flatMap(
    ([, cell = ""]) => cell.match(/[\d.]+\d/g) ?? [],
  );
  expect(listed.length).toBeGreaterThan(8);
  for (const number of listed) expect(tests).toContain(number);
  expect(tests.match(/docs\/websocket\.md/g)?.length).toBeGreaterThan(4);
});
