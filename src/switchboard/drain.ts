import type { Core } from "../core/core.ts";
import { Refusal } from "../core/protocol/refusal.ts";

/**
 * Closes all connections except those that still have something to read. Bun reports nothing about a closed
 * socket.
 */
export function allDismissed({ connections, turns }: Core): boolean {
  turns.end();
  // What was recorded is confirmed before anybody has to go.
  if (!turns.isDrained) return false;
  for (const connection of [...connections.all]) {
    if (connection.unsent() === 0) connection.refuse(new Refusal("server_restart"));
  }
  return connections.count === 0;
}

/** Resolves when everything is done. Slow peers get this long. */
export async function drained(done: () => boolean, graceMs: number): Promise<void> {
  const deadline = performance.now() + graceMs;
  while (!done() && performance.now() < deadline) await Bun.sleep(5);
}
