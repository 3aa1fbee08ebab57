import { dlopen } from "bun:ffi";
import { closeSync, openSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import type { Cancel, Clock } from "./core/ports/clock.ts";

/** How often a descriptor is tried, and how often new connections are turned away while there is none. */
const CHECK_MS = 500;
const RELIEF_MS = 20;
/** Connections that are turned away at a time: more than the kernel lets wait. */
const MOST_WAITING = 8_192;

export interface FileDescriptors {
  /** The server listens on this port, perhaps with other sockets than before. */
  listens(port: number): void;
  readonly stop: Cancel;
}

/**
 * While no file descriptor is left, a connection that waits to be accepted makes the event loop spin, because the
 * kernel reports it again and again. So one descriptor is kept in reserve, with which such connections are accepted
 * and closed. `exhausted` and `freed` are each called once.
 */
export function watchFileDescriptors(
  clock: Clock,
  told: { exhausted(): void; freed(turnedAway: number): void },
): FileDescriptors {
  // Loaded while there are descriptors to load it with.
  const accept = loadAccept();
  let reserve = openSync("/dev/null", "r");
  let listeners: number[] = [];
  let relief: Cancel | undefined;
  let turnedAway = 0;

  const turnAway = () => {
    closeSync(reserve);
    for (const listener of listeners) {
      for (let n = 0; n < MOST_WAITING; n++) {
        const connection = accept(listener);
        if (connection < 0) break;
        closeSync(connection);
        turnedAway++;
      }
    }
    reserve = openSync("/dev/null", "r");
  };

  const check = () => {
    if (isOneLeft()) {
      if (relief) told.freed(turnedAway);
      relief?.();
      relief = undefined;
      return;
    }
    if (relief) return;
    turnedAway = 0;
    relief = clock.every(RELIEF_MS, turnAway);
    turnAway();
    told.exhausted();
  };

  const stopChecking = clock.every(CHECK_MS, check);
  return {
    listens(port) {
      listeners = listenersOn(port);
    },
    stop() {
      stopChecking();
      relief?.();
      closeSync(reserve);
    },
  };
}

/** Takes the next connection that waits at a listener; below 0 when none does. */
function loadAccept(): (listener: number) => number {
  const signature = { accept: { args: ["i32", "ptr", "ptr"], returns: "i32" } } as const;
  for (const name of ["libc.so.6", `libc.musl-${process.arch === "arm64" ? "aarch64" : "x86_64"}.so.1`]) {
    try {
      const { symbols } = dlopen(name, signature);
      return (listener) => symbols.accept(listener, null, null);
    } catch {
      // The other C library, or a system other than Linux.
    }
  }
  return () => -1;
}

function isOneLeft(): boolean {
  try {
    closeSync(openSync("/dev/null", "r"));
    return true;
  } catch (error) {
    return !(error instanceof Error && "code" in error && /^E[MN]FILE$/.test(String(error.code)));
  }
}

const LISTENING = "0A";

/** The process's own sockets that listen on a port; none where the system has no /proc. */
function listenersOn(port: number): number[] {
  const inodes = new Set<string>();
  const hex = port.toString(16).toUpperCase().padStart(4, "0");
  try {
    for (const table of ["/proc/self/net/tcp", "/proc/self/net/tcp6"]) {
      for (const line of readFileSync(table, "utf8").split("\n").slice(1)) {
        const [, local, , state, , , , , , inode] = line.trim().split(/\s+/);
        if (inode && state === LISTENING && local?.endsWith(`:${hex}`)) inodes.add(`socket:[${inode}]`);
      }
    }
    return readdirSync("/proc/self/fd")
      .map(Number)
      .filter((fd) => inodes.has(linkOf(fd)));
  } catch {
    return [];
  }
}

function linkOf(fd: number): string {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    return "";
  }
}
