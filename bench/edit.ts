/**
 * `bun run bench/edit.ts`: CPU of rebasing and storing an edit in a document of 100,000 characters that 8 authors edit
 * at once, and of reading the document again after a restart, by the number of edits in the past. Run it on one core
 * (`taskset -c 1`), with `TMPDIR` on a real disk. `FULL` waits for the disk at the end of each turn, here of 8 edits, and
 * what that costs the kernel is in the figure.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Applier } from "../src/core/log/apply.ts";
import type { Entry } from "../src/core/protocol/entry.ts";
import { applies, documentOf, type Entries, restore } from "../src/protocols/atomic/edits.ts";
import { openDatabase } from "../src/storage/database.ts";
import { createStore } from "../src/storage/store.ts";

const AUTHORS = 8;
const CHARACTERS = 100_000;
const PASTS = [1_000, 100_000];
const MEASURED = 8_000;
const READS = 50;
const ROOM = "session:bench";

type Edit = Entries["edit"];
const edit = (said: Partial<Edit>): Edit => ({
  ...{ version: 0, position: 0, length: 0, content: "", author: "An Author", maxBytes: 1_000_000 },
  ...said,
});

/** A session on a database of its own, without a server around it. */
function createSession(file: string, synchronous: "FULL" | "NORMAL") {
  const database = openDatabase(file, synchronous);
  const store = createStore(database);
  const reducers = { reducerOf: () => applies.edit, restore };
  const start = () =>
    new Applier(
      store,
      () => reducers,
      (error) => {
        throw error;
      },
    );
  let applier = start();
  let made = 0;
  const document = () => documentOf(applier.state("atomic", ROOM));

  function turn(edits: readonly Edit[]): void {
    store.transaction(() => {
      const position = store.position() + 1;
      for (const [index, body] of edits.entries()) {
        const id = `e${++made}`;
        const entry: Entry<Edit> = {
          ...{ v: 1, id, room: ROOM, protocol: "atomic", kind: "edit", body },
          ...{ sender: `author-${index}`, clientId: id, time: Date.now() },
        };
        const outcome = applier.apply(position + index, entry);
        if (outcome.is !== "applied") throw new Error("an edit was refused");
      }
      store.savePosition(position + edits.length - 1);
    });
  }

  return {
    version: () => document().version,
    fill(): void {
      const content = "nine char ".repeat(1_000);
      for (let n = 0; n < CHARACTERS / content.length; n++) turn([edit({ version: n, content })]);
    },
    /** In each turn an edit of every author, none of whom has seen this turn or the one before. */
    play(edits: number): void {
      let seen = document().version;
      for (let done = 0; done < edits; done += AUTHORS) {
        const version = seen;
        seen = document().version;
        // By turns more characters and fewer, so that the document stays as long as it is.
        const change = (done / AUTHORS) % 2 === 0 ? { content: "words" } : { length: 5 };
        const position = () => Math.floor(Math.random() * (CHARACTERS - 1_000));
        turn(Array.from({ length: AUTHORS }, () => edit({ version, position: position(), ...change })));
      }
    },
    readAgain(): void {
      applier = start();
      document();
    },
    /** As the server has it done all along, beside its own thread. */
    checkpoint: () => database.client.run("PRAGMA wal_checkpoint(TRUNCATE)"),
    close: () => database.client.close(),
  };
}

function cpuOf(count: number, work: () => void): string {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return `${((user + system) / count).toFixed(1)} µs`;
}

const directory = mkdtempSync(join(tmpdir(), "bench-edit-"));
const warmUp = createSession(join(directory, "warm-up.db"), "NORMAL");
warmUp.fill();
warmUp.play(MEASURED);
warmUp.close();
console.log("| edits in the past | synchronous | an edit | reading the document again |");
console.log("|--:|---|--:|--:|");
for (const synchronous of ["FULL", "NORMAL"] as const) {
  const session = createSession(join(directory, `${synchronous}.db`), synchronous);
  session.fill();
  for (const past of PASTS) {
    session.play(past - session.version());
    session.checkpoint();
    const one = cpuOf(MEASURED, () => session.play(MEASURED));
    const read = cpuOf(READS, () => {
      for (let n = 0; n < READS; n++) session.readAgain();
    });
    console.log(`| ${past.toLocaleString("en")} | ${synchronous} | ${one} | ${read} |`);
  }
  session.close();
}
rmSync(directory, { recursive: true });
