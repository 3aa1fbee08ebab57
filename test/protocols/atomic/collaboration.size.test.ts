import { expect, test } from "bun:test";
import { stopAfterAll } from "../../support/server.ts";
import { come, edit, editor, insert, join, lookAt, remove, startSessions } from "./editors.ts";

/** Three quarters of the buffer is the largest frame, three quarters of that the largest document. */
const BUFFER = 65_536;
const FRAME = (BUFFER * 3) / 4;
const DOCUMENT = (FRAME * 3) / 4;

const server = stopAfterAll(await startSessions({ env: { MAX_BUFFERED_BYTES: `${BUFFER}` } }));

test("a document grows as far as its bytes allow, the error says how far, and editing goes on", async () => {
  const ada = await editor(server, "ada", "full");
  // Three bytes each.
  await edit(ada, insert(0, "€".repeat(10_000), 0));
  await edit(ada, insert(0, "\n".repeat((DOCUMENT - 30_000) / 2), 1));
  const more = edit(ada, insert(0, "x", 2));
  await expect(more).rejects.toThrow(`content: the document would have more than ${DOCUMENT} bytes`);
  await edit(ada, remove(0, 1, 2));
  await edit(ada, insert(0, "xy", 3));
  const [content] = await lookAt(server, "full");
  expect(Buffer.byteLength(JSON.stringify(content)) - 2).toBe(DOCUMENT);
});

test("the edits of a session count for its room's rate, and one too many is an error", async () => {
  const limited = await startSessions({ env: { ROOM_RATE_LIMIT: "2" } });
  try {
    const [ada, bob] = [await editor(limited, "ada", "s-1"), await editor(limited, "bob", "s-1")];
    await edit(ada, insert(0, "a", 0));
    await edit(bob, insert(0, "b", 1));
    await expect(edit(ada, insert(0, "c", 2))).rejects.toThrow("Room rate limit exceeded");
    await join(ada, "s-2");
    expect(await edit(ada, { ...insert(0, "a", 0), sessionId: "s-2" })).toBe(1);
  } finally {
    await limited.stop();
  }
});

test("however many are there, the answer to a join fits into a frame, and shows those first who take part", async () => {
  const writer = await editor(server, "writer", "crowd");
  await edit(writer, insert(0, "x".repeat(32_000), 0));
  for (let n = 0; n < 60; n++) {
    const watcher = await come(server, `watcher-${n}`, { name: "é".repeat(100) });
    await join(watcher, "crowd", "observer");
  }
  const last = await editor(server, "last", "crowd");
  const { participants } = await join(last, "crowd");
  const frame = JSON.stringify(last.frames.at(-1));
  expect(Buffer.byteLength(frame)).toBeLessThanOrEqual(FRAME);
  expect(Buffer.byteLength(frame)).toBeGreaterThan(FRAME - 3_000);
  expect(participants.length).toBeLessThan(62);
  expect(participants.slice(0, 2).map(({ userId }: { userId: string }) => userId)).toEqual([
    "writer",
    "last",
  ]);
});
