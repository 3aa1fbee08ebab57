import { existsSync, readFileSync, statfsSync } from "node:fs";
import { cpus, release, tmpdir, totalmem } from "node:os";

const TMPFS = 0x01021994;

/** The cores this process may use, such as [0, 1, 3]. */
function allowedCores(): number[] {
  const list = /^Cpus_allowed_list:\s+(\S+)/m.exec(readFileSync("/proc/self/status", "latin1"))?.[1] ?? "0";
  return list.split(",").flatMap((range) => {
    const [from = 0, to = from] = range.split("-").map(Number);
    return Array.from({ length: to - from + 1 }, (_, i) => from + i);
  });
}

/** Other threads of the same physical core, which would share its speed. */
function siblings(core: number): string {
  const file = `/sys/devices/system/cpu/cpu${core}/topology/thread_siblings_list`;
  return existsSync(file) ? readFileSync(file, "latin1").trim() : String(core);
}

/** The last cores, as the first ones get the interrupts; nothing when they cannot be pinned, with the reason. */
function chooseCores(): { server: number; load: number } | { unpinned: string } {
  if (!Bun.which("taskset")) return { unpinned: "taskset is not installed" };
  const cores = allowedCores();
  const server = cores.at(-1) ?? 0;
  const load = cores.filter((core) => siblings(core) !== siblings(server)).at(-1);
  return load === undefined ? { unpinned: "there is only one physical core" } : { server, load };
}

const cores = chooseCores();

/** A command that runs on the core of its part; as it is when processes cannot be pinned. */
export const pinned = (part: "server" | "load", command: string[]): string[] =>
  "unpinned" in cores ? command : ["taskset", "-c", String(cores[part]), ...command];

const model = (): string => `${cpus()[0]?.model.trim()} × ${cpus().length}`;

/** Machine and day in one line. */
export const caption = (): string =>
  `${new Date().toISOString().slice(0, 10)}, ${model()}, Linux ${release()}, Bun ${Bun.version}`;

/** Puts this process on the core of the load. */
export function pinThis(): void {
  if (!("unpinned" in cores))
    Bun.spawnSync(["taskset", "--all-tasks", "-cp", String(cores.load), String(process.pid)]);
}

/** What the figures depend on, as lines of markdown. */
export function machine(): string[] {
  const disk =
    statfsSync(tmpdir()).type === TMPFS ? ", in memory: **`FULL` costs no fsync here**, set TMPDIR" : "";
  return [
    `- ${new Date().toISOString().slice(0, 10)}, ${model()}, ${(totalmem() / 2 ** 30).toFixed(0)} GiB, Linux ${release()}, Bun ${Bun.version}`,
    "unpinned" in cores
      ? `- **not pinned: ${cores.unpinned}**; servers and load share cores, figures scatter`
      : `- servers on core ${cores.server}, load on core ${cores.load}, loopback`,
    `- databases in ${tmpdir()}${disk}`,
  ];
}
