import type { Core } from "../core/core.ts";
import { Refusal } from "../core/protocol/refusal.ts";

const LOOK_MS = 5;

/** Time, as the end of a server needs it. Nothing else may keep the process alive by then. */
export interface Waiting {
  monotonic(): number;
  sleep(ms: number): Promise<void>;
}
export const systemWaiting: Waiting = { monotonic: () => performance.now(), sleep: (ms) => Bun.sleep(ms) };

/**
 * Sends all clients away: each hears what it has waited for first. Resolves when they are gone, or after this time. What
 * they go on sending is not taken: under constant load the last of it would never be confirmed.
 */
export function dismissAll(
  core: Pick<Core, "connections" | "turns">,
  graceMs: number,
  waiting?: Waiting,
): Promise<void> {
  core.connections.stopHearing();
  return until(() => allDismissed(core), graceMs, waiting);
}

/**
 * Closes all connections except those that still have something to read. Bun reports nothing about a closed
 * socket.
 */
function allDismissed({ connections, turns }: Pick<Core, "connections" | "turns">): boolean {
  turns.end();
  // Senders get their confirmations before they are closed.
  if (!turns.isDrained) return false;
  for (const connection of [...connections.all]) {
    if (connection.unsent() === 0) connection.refuse(new Refusal("server_restart"));
  }
  return connections.count === 0;
}

/** Resolves when it is done, or after this time: peers may read slowly. */
export async function until(
  done: () => boolean,
  graceMs: number,
  { monotonic, sleep } = systemWaiting,
): Promise<void> {
  const deadline = monotonic() + graceMs;
  while (!done() && monotonic() < deadline) await sleep(LOOK_MS);
}
