import { expect, test } from "bun:test";
import { join } from "node:path";
import { restoreSnapshot } from "../../src/switchboard/snapshots.ts";
import { temporaryDirectory } from "../support/directory.ts";

/** Servers that can do nothing for this time, and then say that there is no snapshot. */
async function restoreWhile(unavailableMs: number) {
  let now = 0;
  const said: string[] = [];
  const say = (_: unknown, line?: string) => void said.push(line ?? "");
  const shared = {
    async snapshots() {
      if (now < unavailableMs) throw new Error("JetStream system temporarily unavailable");
      said.push("asked");
      return { restore: async () => undefined };
    },
  };
  await restoreSnapshot(
    shared as never,
    { DATABASE_URL: join(temporaryDirectory(), "empty.db") },
    { info: say, warn: say } as never,
    {
      monotonic: () => now,
      sleep: async (ms) => {
        now += ms;
      },
    },
  );
  return said;
}

test("a node without a database waits for the snapshot while the servers elect a leader", async () => {
  expect(await restoreWhile(9_000)).toEqual(["asked"]);
});

test("it applies the whole log when no server gives a snapshot for long", async () => {
  expect(await restoreWhile(3_600_000)).toEqual(["no snapshot could be read: the whole log is applied"]);
});
