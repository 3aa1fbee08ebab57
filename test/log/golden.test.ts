import { expect, test } from "bun:test";
import { digest, goldenLogs, replay } from "./golden/golden.ts";

/** A reducer that makes something else of what is stored needs another kind of entry, or a format of its own: see docs/cluster.md. */
test("every version makes the same of the logs that earlier ones have written, restarted or not", async () => {
  const logs = await goldenLogs();
  expect(logs.length).toBeGreaterThan(0);
  for (const [version, { batches, expected }] of logs) {
    expect({ version, ...digest(replay(batches)) }).toEqual({ version, ...expected });
    expect({ version, ...digest(replay(batches, 12)) }).toEqual({ version, ...expected });
  }
});
