import { readdirSync, readFileSync } from "node:fs";
import type { Exposition } from "./exposition.ts";

/** The standard metrics of a process, under Prometheus' names. */
export function exposeProcess(exposition: Exposition): void {
  const { user, system } = process.cpuUsage();
  exposition.counter(
    "process_cpu_seconds_total",
    "CPU time of user and system, in seconds.",
    (user + system) / 1e6,
  );
  exposition.gauge("process_resident_memory_bytes", "Resident memory.", process.memoryUsage.rss());
  exposition.gauge(
    "process_start_time_seconds",
    "When the process started, in seconds since the epoch.",
    performance.timeOrigin / 1_000,
  );
  const open = openFiles();
  if (open !== undefined) exposition.gauge("process_open_fds", "Open file descriptors.", open);
  const max = maxFiles();
  if (max !== undefined) exposition.gauge("process_max_fds", "Maximum number of open file descriptors.", max);
}

/** Undefined where the system has no /proc. */
function openFiles(): number | undefined {
  try {
    return readdirSync("/proc/self/fd").length;
  } catch {
    return undefined;
  }
}

/** Undefined also where there is no limit. */
function maxFiles(): number | undefined {
  try {
    const soft = /^Max open files\s+(\S+)/m.exec(readFileSync("/proc/self/limits", "utf8"))?.[1];
    return soft === undefined || soft === "unlimited" ? undefined : Number(soft);
  } catch {
    return undefined;
  }
}
