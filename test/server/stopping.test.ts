import { expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startTestServer } from "../support/server.ts";

test("what backends post while the server stops is stored and answered, or neither", async () => {
  const directory = mkdtempSync(join(tmpdir(), "switchboard-stopping-"));
  try {
    const server = await startTestServer({ directory });
    const room = "chat:c";
    const answered: string[] = [];
    let unanswered = 0;
    /** Posts one message after another until the server is gone. */
    const backend = async (name: number) => {
      for (let n = 0; ; n++) {
        const id = `m-${name}-${n}`;
        const message = {
          id,
          chatId: "c",
          userId: "u",
          content: "hello",
          role: "user",
          timestamp: "2026-01-01T00:00:00Z",
          metadata: {},
        };
        const posted = { room, type: "message", data: { chatId: "c", message } };
        const answer = await server.http("POST", "/v1/gurukul/events", posted).catch(() => undefined);
        if (!answer) return void unanswered++;
        if (answer.status !== 200) {
          expect([answer.status, answer.headers.get("connection")]).toEqual([503, "close"]);
          return;
        }
        answered.push(id);
      }
    };
    const backends = Array.from({ length: 14 }, (_, name) => backend(name));
    while (answered.length < 100) await Promise.race([new Promise(setImmediate)]);
    await server.shutdown();
    await Promise.all(backends);

    const again = await startTestServer({ directory });
    const stored = new Set<string>();
    for (let before = ""; ; ) {
      const page = await again.http("GET", `/v1/rooms/${room}/messages?limit=1000${before}`);
      const { messages, hasMore } = (await page.json()) as { messages: { id: string }[]; hasMore: boolean };
      for (const { id } of messages) stored.add(id);
      if (!hasMore) break;
      before = `&before=${messages[0]?.id}`;
    }
    await again.stop();
    const missing = answered.filter((id) => !stored.has(id));
    const cutOff = [...stored].filter((id) => !answered.includes(id));
    expect({ missing, cutOff }).toEqual({ missing: [], cutOff: [] });
    expect(unanswered).toBeLessThanOrEqual(14);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});
