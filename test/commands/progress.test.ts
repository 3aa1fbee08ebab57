import { expect, test } from "bun:test";
import { join } from "node:path";
import { duration, progressLine } from "../../src/commands/progress-line.ts";
import { command, commandDirectory } from "../support/command.ts";

const directory = commandDirectory();
const PROGRESS = join(import.meta.dir, "../../src/commands/progress.ts");

test.each([
  [{ what: "backup: copying", fraction: 0.25, elapsed: 3_000 }, "backup: copying, 25 %, 9 s left"],
  [{ what: "backup: copying", fraction: 0.001, elapsed: 3_000 }, "backup: copying, 0 %"],
  [{ what: "backup: copying", fraction: 1.2, elapsed: 3_000 }, "backup: copying, 100 %, 0 s left"],
  [{ what: "migrate: migration 2 of 4", elapsed: 61_500 }, "migrate: migration 2 of 4, 1 min 2 s so far"],
])("%j reads as one line", (progress, line) => expect(progressLine(progress)).toBe(line));

test("a duration has its units", () => {
  expect([0, 1, 59_000, 60_000, 3_599_000, 3_600_000, 5_430_000].map(duration)).toEqual([
    ...["0 s", "1 s", "59 s", "1 min 0 s", "59 min 59 s", "1 h 0 min", "1 h 30 min"],
  ]);
});

test("a terminal shows what blocking work does and how far it is, and nothing of it is left at the end", async () => {
  const file = join(directory, "half.bin");
  // Each step goes on when it has been seen: the work waits for a line from the terminal, and this thread with it.
  const script = `
    import { readSync, writeFileSync } from "node:fs";
    import { whileShowing } from ${JSON.stringify(PROGRESS)};
    const wait = () => readSync(0, Buffer.alloc(10));
    const work = (at) => { writeFileSync(${JSON.stringify(file)}, "x".repeat(50)); wait(); at(1); wait(); };
    whileShowing({ name: "backup", steps: ["copying", "checking"], file: ${JSON.stringify(file)}, bytes: 100 }, work, 1);
    console.log("done");`;
  let seen = "";
  const expected = [/backup: copying, 50 %, \d+ s left/, /backup: checking, \d+ s so far/];
  const child = Bun.spawn([process.execPath, "-e", script], {
    terminal: {
      cols: 120,
      data(terminal, bytes) {
        seen += new TextDecoder().decode(bytes);
        while (expected[0]?.test(seen)) {
          expected.shift();
          terminal.write("\n");
        }
      },
    },
  });
  expect(await child.exited).toBe(0);
  child.terminal?.close();
  expect(expected).toEqual([]);
  expect(seen).toMatch(/\r\u001b\[Kdone\r\n$/);
});

test("in a pipe there is no progress", async () => {
  const { err, code } = await command(["migrate"], { directory });
  expect({ err, code }).toEqual({ err: "", code: 0 });
});
