import { existsSync, readFileSync } from "node:fs";

// /proc counts in USER_HZ, which Linux fixes at 100 on every platform that Bun runs on.
const TICK_NS = 10_000_000;

/** CPU nanoseconds, user and system, of all threads of a process, in steps of 10 ms. Throws when it is gone. */
export function cpuOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
  // The second field is the program's name in brackets and may hold spaces; the third follows the last bracket.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * TICK_NS;
}

/** Nanoseconds that the main thread of a process was ready to run while others had its core; 0 when not told. */
export function waitOf(pid: number): number {
  const file = `/proc/${pid}/schedstat`;
  return existsSync(file) ? Number(readFileSync(file, "latin1").split(" ")[1]) : 0;
}

/** Resident memory of a process in MiB. */
export function memoryOf(pid: number): number {
  const line = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "latin1"));
  return Number(line?.[1] ?? 0) / 1024;
}
