/**
 * `bun bench/trim.ts [--events 20000] [--rooms 50]`: CPU of one step of retention, and how much of the write-ahead log
 * it fills, with what is removed overwritten in the file (`secure_delete`, as the server does) and without.
 */
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { openDatabase } from "../src/storage/database.ts";
import { createStore } from "../src/storage/store.ts";
import { ROWS } from "../src/storage/trim.ts";

const { values } = parseArgs({
  options: {
    events: { type: "string", default: "20000" },
    rooms: { type: "string", default: "50" },
  },
});
const [events, rooms] = [Number(values.events), Number(values.rooms)];
const TURN = 100;
const body = JSON.stringify({ text: "x".repeat(300) });

function eventAt(position: number) {
  const offset = Math.ceil(position / rooms);
  return {
    ...{ position, room: `chat:${position % rooms}`, offset, count: offset, kind: "message", sender: "ada" },
    ...{
      clientId: `m-${position}`,
      time: position,
      entry: `e-${position}`,
      externalId: null,
      silent: false,
      body,
    },
  };
}

/** Milliseconds of CPU that the work takes. */
function cpuOf(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}

function measure(secureDelete: "ON" | "OFF"): string {
  const directory = mkdtempSync(join(tmpdir(), "switchboard-trim-"));
  const file = join(directory, "trim.db");
  const { client, ...database } = openDatabase(file, "FULL");
  client.run(`PRAGMA secure_delete = ${secureDelete}`);
  const store = createStore({ client, ...database });
  for (let from = 1; from <= events; from += TURN) {
    store.transaction(() => {
      for (let position = from; position < from + TURN; position++) store.add(eventAt(position));
      store.savePosition(from + TURN - 1);
    });
  }
  client.run("PRAGMA wal_checkpoint(TRUNCATE)");
  const ms = cpuOf(() => {
    for (let upTo = ROWS; upTo <= events; upTo += ROWS) store.transaction(() => void store.trim(upTo));
  });
  const log = statSync(`${file}-wal`).size / 1_024 ** 2;
  client.close();
  rmSync(directory, { recursive: true });
  return `secure_delete ${secureDelete}: ${(ms / (events / ROWS)).toFixed(2)} ms of CPU a step of ${ROWS} events, ${log.toFixed(1)} MiB of log`;
}

// The first round warms up.
for (const round of ["ON", "OFF", "ON", "OFF", "ON", "OFF"] as const) console.log(measure(round));
