import { readFileSync, statSync } from "node:fs";

/** The byte of `-shm` that SQLite locks while a transaction writes (WAL_WRITE_LOCK). */
const WRITE_LOCK = 120;
/** A line of /proc/locks: type, process, inode, and the bytes from and to. */
const HELD = /POSIX\s+\S+\s+WRITE\s+(\d+)\s+[0-9a-f]+:[0-9a-f]+:(\d+)\s+(\d+)\s+(\d+|EOF)/;

/** For the operator: which other process holds the write lock of a database. Exact on Linux, a guess elsewhere. */
export function lockHolder(file: string): string {
  try {
    const { ino } = statSync(`${file}-shm`);
    for (const line of readFileSync("/proc/locks", "utf8").split("\n")) {
      const [, pid = "", inode, first, last] = HELD.exec(line) ?? [];
      const isIt = Number(inode) === ino && Number(first) <= WRITE_LOCK && !(Number(last) < WRITE_LOCK);
      if (isIt && Number(pid) !== process.pid) return `process ${pid}${nameOf(pid)} holds it`;
    }
  } catch {
    // No /proc, or the process ended while this looked.
  }
  return "a sqlite3 shell or a backup program may hold it";
}

function nameOf(pid: string): string {
  try {
    return ` (${readFileSync(`/proc/${pid}/comm`, "utf8").trim()})`;
  } catch {
    return "";
  }
}
