/**
 * Loaded into the server by `soak.ts`, before anything else: tells the size of the heap after a full collection, since
 * nothing outside of a process can. It costs a pause a minute, which the latency of that minute shows in its p99.
 */
import { heapStats } from "bun:jsc";
import { writeFileSync } from "node:fs";

const file = process.env["SOAK_HEAP_FILE"];
if (file !== undefined) {
  process.on("SIGUSR2", () => {
    Bun.gc(true);
    const { heapSize, objectCount } = heapStats();
    writeFileSync(file, JSON.stringify({ heapSize, objectCount }));
  });
}
