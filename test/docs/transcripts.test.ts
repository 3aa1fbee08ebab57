import { afterEach, expect, test } from "bun:test";
import { join } from "node:path";
import { Glob } from "bun";
import { FakeClock } from "../support/fake-clock.ts";
import { startTestServer, type TestServer } from "../support/server.ts";
import { blocksOf, ROOT } from "./blocks.ts";
import { Transcript } from "./transcript.ts";

let server: TestServer | undefined;
afterEach(() => server?.stop());

/** Each page with what its tokens open, and how many conversations it shows. */
const pages = [
  { protocol: "gurukul", rooms: ["chat:chat-1"], shown: 1 },
  { protocol: "hyperfocus", rooms: ["stream:s1"], shown: 1 },
  { protocol: "atomic", rooms: ["context:c1", "session:s1"], shown: 3 },
  { protocol: "discord", rooms: ["guild:1234"], shown: 1 },
];

test.each(pages)("the server of $protocol says what its page shows", async ({ protocol, rooms, shown }) => {
  const blocks = await blocksOf(`src/protocols/${protocol}/README.md`);
  const conversations = blocks.filter(({ language }) => language === "");
  expect(conversations).toHaveLength(shown);
  const clock = new FakeClock();
  server = await startTestServer({ clock });
  const transcript = new Transcript(server, clock, protocol, rooms);
  for (const { text } of conversations) await transcript.play(text);
});

test.each(pages)(
  "the page of $protocol names every file of its folder, and no other",
  async ({ protocol }) => {
    const folder = join(ROOT, "src/protocols", protocol);
    const page = await Bun.file(join(folder, "README.md")).text();
    const rows = page.split("\n").filter((line) => line.startsWith("| `"));
    const named = rows.flatMap((row) =>
      Array.from(row.split("|")[1]!.matchAll(/`([^`]+)`/g), ([, file]) => file),
    );
    const files = [...new Glob("**/*.ts").scanSync(folder)];
    expect(named.toSorted()).toEqual(files.toSorted());
  },
);
