/**
 * `bun bench/dedup.ts [--ids 3000000] [--memory 268435456] [--rooms 1]`: what the dedup windows take, in memory and in
 * time. All ids come within ten minutes, so each must be found; every thousandth is asked for again at the end.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { DedupMemory } from "../src/core/log/dedup-memory.ts";
import { DedupWindow, WINDOW_MS } from "../src/core/log/dedup-window.ts";
import { openScratch } from "../src/storage/scratch.ts";

const { values } = parseArgs({
  options: {
    ids: { type: "string", default: "3000000" },
    memory: { type: "string", default: "268435456" },
    rooms: { type: "string", default: "1" },
  },
});
const ids = Number(values.ids);
const directory = mkdtempSync(join(tmpdir(), "switchboard-dedup-"));
const scratch = openScratch(directory);
const report = (error: unknown) => {
  console.error(error);
  process.exit(1);
};
const memory = new DedupMemory({ maxBytes: Number(values.memory), scratch, report });
const windows = Array.from({ length: Number(values.rooms) }, () => new DedupWindow(memory));
const windowOf = (n: number) => windows[n % windows.length]!;
const hashOf = (n: number) => memory.hash("user-1234", `m-${String(n).padStart(9, "0")}`);

const rssBefore = process.memoryUsage.rss();
const before = process.cpuUsage();
let most = 0;
let longest = 0;
for (let n = 1; n <= ids; n++) {
  const began = performance.now();
  const hash = hashOf(n);
  windowOf(n).find(hash);
  windowOf(n).add(hash, n, (n / ids) * WINDOW_MS);
  longest = Math.max(longest, performance.now() - began);
  most = Math.max(most, memory.bytes);
}
const { user, system } = process.cpuUsage(before);
Bun.gc(true);
const rss = process.memoryUsage.rss() - rssBefore;
let missing = 0;
for (let n = 1; n <= ids; n += 1_000) if (!windowOf(n).find(hashOf(n)).includes(n)) missing++;
const mib = (bytes: number) => `${(bytes / 2 ** 20).toFixed(0)} MiB`;
console.log(
  `${ids} ids in ${windows.length} rooms: tables ${mib(memory.bytes)} (${(memory.bytes / ids).toFixed(1)} bytes an id), ` +
    `at most ${mib(most)}; RSS +${mib(rss)}; ${((1_000 * (user + system)) / ids).toFixed(0)} ns an id, ` +
    `the longest ${longest.toFixed(1)} ms; ${missing} repeats not recognised`,
);
scratch.close();
rmSync(directory, { recursive: true });
process.exit(missing > 0 ? 1 : 0);
