import { Database } from "bun:sqlite";
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspectDatabase, inspectLog } from "../src/storage/inspect.ts";
import { type ChildServer, databaseOf, startChild } from "./support/child.ts";
import type { Frame } from "./support/client.ts";
import { eventually } from "./support/eventually.ts";

let directory: string;
let server: ChildServer;

/** The largest file of the process in KiB; writing more fails, as on a full disk. */
const smallDisk = (kib: number) => ["sh", "-c", `trap '' XFSZ; ulimit -S -f ${2 * kib}; exec "$@"`, "sh"];
/** The disk has room again. */
const makeRoom = (pid: number) => Bun.spawnSync(["prlimit", "--pid", `${pid}`, "--fsize=unlimited"]);

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "disk-full-"));
  server = await startChild({ directory, through: smallDisk(256) });
});
afterAll(async () => {
  await server.kill();
  rmSync(directory, { recursive: true });
});

test("on a full disk messages are refused, none that was confirmed is lost, and it goes on when there is room", async () => {
  const ada = await server.chat("ada");
  await ada.join("c-1");
  const confirmed: string[] = [];
  let said = 0;
  async function readiness() {
    const answer = await fetch(`http://127.0.0.1:${server.port}/health/ready`);
    return [answer.status, ((await answer.json()) as Frame)["status"]];
  }
  async function say(messageId: string): Promise<boolean> {
    ada.say("message", { chatId: "c-1", content: "x".repeat(5_000), messageId });
    const answer = await ada.next((frame) => ["message", "error"].includes(frame["type"]));
    if (answer["type"] === "message") confirmed.push(answer["data"].messageId);
    else expect(answer["data"]).toEqual({ code: 500, message: "Internal server error" });
    return answer["type"] === "message";
  }
  while (await say(`m-${++said}`)) expect(said).toBeLessThan(100);
  const refused = said;
  expect(refused).toBeGreaterThan(3);
  expect(await say(`m-${++said}`)).toBe(false);
  expect(await readiness()).toEqual([503, "not ready"]);

  expect(makeRoom(server.pid).exitCode).toBe(0);
  expect(await readiness()).toEqual([200, "ready"]);
  for (const n of [refused, refused + 1, refused + 2]) expect(await say(`m-${n}`)).toBe(true);
  await server.kill();
  const log = await server.errors;
  expect(log).not.toContain("xxxxx");
  expect(log.match(/"what":"the store cannot be written; not ready until it can"/g)).toHaveLength(1);
  using database = new Database(databaseOf(directory));
  const stored = database.query("select offset, client_id from events order by id").values();
  expect(stored).toEqual(confirmed.map((messageId, index) => [index + 1, messageId]));
  expect(stored).toHaveLength(refused + 2);
});

describe("a start on a full disk after a clean stop", () => {
  const small = join(tmpdir(), `disk-small-${process.pid}`);
  mkdirSync(small);
  const isMounted = Bun.spawnSync(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", small]).success;
  afterAll(() => {
    if (isMounted) Bun.spawnSync(["umount", "-l", small]);
    rmSync(small, { recursive: true, force: true });
  });

  test.skipIf(!isMounted)("serves what is stored, and stores again when there is room", async () => {
    const first = await startChild({ directory: small });
    const ada = await first.chat("ada");
    await ada.join("c-1");
    ada.say("message", { chatId: "c-1", content: "stored" });
    await ada.next("message");
    process.kill(first.pid, "SIGTERM");
    await first.errors;
    const filler = join(small, "filler");
    Bun.spawnSync(["dd", "if=/dev/zero", `of=${filler}`, "bs=4096"]);
    // These look at the database, and must leave what a start needs.
    expect(inspectDatabase(databaseOf(small))).toBe(0);
    inspectLog(databaseOf(small));

    const second = await startChild({ directory: small });
    try {
      const eve = await second.chat("eve");
      await eve.join("c-1");
      const [history] = await eve.drain();
      expect(JSON.stringify(history)).toContain("stored");
      // The start may have left a page or two.
      let answer: Frame;
      do {
        eve.say("message", { chatId: "c-1", content: "x".repeat(5_000) });
        answer = await eve.next((frame) => ["message", "error"].includes(frame["type"]));
      } while (answer["type"] === "message");
      expect(answer["data"].code).toBe(500);
      rmSync(filler);
      const ready = async () => (await fetch(`http://127.0.0.1:${second.port}/health/ready`)).status;
      await eventually(async () => (await ready()) === 200);
      eve.say("message", { chatId: "c-1", content: "again" });
      await eve.next("message");
    } finally {
      await second.kill();
    }
  });
});
