import { readFileSync } from "node:fs";

const CHECK_MS = 1_000;

/** Calls `stop` with the reason when the process gets a signal to end, or when the script that started it has ended. */
export function onEnding(stop: (why: string) => void): void {
  // Under nohup a terminal that closes ends nothing.
  const signals = (["SIGTERM", "SIGINT", "SIGHUP"] as const).filter(
    (signal) => signal !== "SIGHUP" || !ignoresHangup(),
  );
  for (const signal of signals) process.on(signal, () => stop(signal));
  // `bun start` and `npm start` pass signals on, but for SIGKILL: then the server would keep the port and the database.
  if (process.env["npm_lifecycle_event"] === undefined) return;
  const parent = process.ppid;
  setInterval(() => {
    if (process.ppid !== parent) stop("the script that started it has ended");
  }, CHECK_MS).unref();
}

/** SIGHUP is the first bit of the signals that are ignored. */
function ignoresHangup(): boolean {
  try {
    const ignored = /^SigIgn:\s*([\da-f]+)$/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1];
    return ignored !== undefined && (BigInt(`0x${ignored}`) & 1n) === 1n;
  } catch {
    return false;
  }
}
