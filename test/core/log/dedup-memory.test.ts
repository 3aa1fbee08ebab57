import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Applier } from "../../../src/core/log/apply.ts";
import { DedupMemory } from "../../../src/core/log/dedup-memory.ts";
import { DedupWindow } from "../../../src/core/log/dedup-window.ts";
import { openDatabase } from "../../../src/storage/database.ts";
import { openScratch } from "../../../src/storage/scratch.ts";
import { createStore } from "../../../src/storage/store.ts";
import { entry, told } from "../../support/applying.ts";

const MINUTE = 60_000;
const MEGABYTE = 2 ** 20;
const directory = mkdtempSync(join(tmpdir(), "switchboard-dedup-"));
afterAll(() => rmSync(directory, { recursive: true }));

function createMemory(maxBytes: number) {
  const scratch = openScratch(directory);
  const report = (error: unknown) => {
    throw error;
  };
  return { memory: new DedupMemory({ maxBytes, scratch, report }), scratch };
}

test("two million ids of ten minutes stay under a cap of 4 MiB, and each repeat is still recognised", () => {
  const { memory, scratch } = createMemory(4 * MEGABYTE);
  const window = new DedupWindow(memory);
  const ids = 2_000_000;
  const time = (n: number) => (n / ids) * 9 * MINUTE;
  let most = 0;
  for (let n = 1; n <= ids; n++) {
    window.add(memory.hash("ada", `temp-${n}`), n, time(n));
    most = Math.max(most, memory.bytes);
  }
  expect(most).toBeLessThanOrEqual(4 * MEGABYTE);
  for (let n = 1; n <= ids; n += 997) expect(window.find(memory.hash("ada", `temp-${n}`))).toContain(n);
  scratch.close();
});

test("an id takes at most 24 bytes, in one busy room and in many", () => {
  const memory = new DedupMemory();
  const rooms = Array.from({ length: 50 }, () => new DedupWindow(memory));
  for (const perRoom of [100, 2_000]) {
    const before = memory.bytes;
    for (let n = 1; n <= perRoom; n++) {
      for (const room of rooms) room.add(memory.hash("ada", `temp-${n}`), n, 0);
    }
    expect((memory.bytes - before) / (rooms.length * perRoom)).toBeLessThanOrEqual(24);
  }
  const before = memory.bytes;
  for (let n = 1; n <= 300_000; n++) rooms[0]!.add(memory.hash("bob", `temp-${n}`), 2_000 + n, 0);
  expect((memory.bytes - before) / 300_000).toBeLessThanOrEqual(24);
});

test("what a window took is free once it is dropped, in memory and in the scratch file", () => {
  const scratch = openScratch(directory);
  let written = 0;
  const places = new Set<number>();
  const write = (words: Int32Array) => {
    written++;
    const position = scratch.write(words);
    places.add(position);
    return position;
  };
  const memory = new DedupMemory({ maxBytes: MEGABYTE, scratch: { ...scratch, write }, report: () => {} });
  for (let round = 0; round < 5; round++) {
    const window = new DedupWindow(memory);
    for (let n = 1; n <= 300_000; n++) window.add(memory.hash("ada", `temp-${n}`), n, 0);
    window.drop();
    expect(memory.bytes).toBe(0);
  }
  expect(places.size).toBeLessThan(written / 2);
  scratch.close();
});

test("when the disk takes no more, memory holds what it has to, and no id is forgotten", () => {
  const faults: unknown[] = [];
  const full = () => {
    throw new Error("disk full");
  };
  const scratch = { write: full, read: full, free() {} };
  const memory = new DedupMemory({ maxBytes: MEGABYTE, scratch, report: (error) => faults.push(error) });
  const window = new DedupWindow(memory);
  for (let n = 1; n <= 200_000; n++) window.add(memory.hash("ada", `temp-${n}`), n, 0);
  for (let n = 1; n <= 200_000; n += 97) expect(window.find(memory.hash("ada", `temp-${n}`))).toContain(n);
  expect(faults.length).toBeGreaterThan(0);
});

test("messages said again are recognised when nearly all ids are on the disk, and the folder stays empty", () => {
  const { memory, scratch } = createMemory(2_048);
  const store = createStore(openDatabase(":memory:", "NORMAL"));
  const reducers = () => ({ reducerOf: () => () => ({ events: [{ kind: "said", data: 1 }] }) });
  const applier = new Applier(store, reducers, () => {}, undefined, memory);
  const rooms = 20;
  const said = (n: number) =>
    entry({ id: `e${n}`, room: `plain:${n % rooms}`, clientId: `c-${n}`, time: n * 100 });
  let position = 0;
  const say = (n: number) => told(applier.apply(++position, said(n)));
  store.transaction(() => {
    for (let n = 0; n < 4_000; n++) expect(say(n)).toBe(`applied ${Math.floor(n / rooms) + 1}`);
    for (let n = 0; n < 4_000; n += 7) expect(say(n)).toBe(`repeated ${Math.floor(n / rooms) + 1}`);
  });
  expect(readdirSync(directory)).toEqual([]);
  scratch.close();
});
