import type { Traffic } from "../core/outbound/traffic.ts";
import type { Cancel, Clock } from "../core/ports/clock.ts";

const LOOK_MS = 1_000;
/** Connections that have come and gone. Fewer leave less garbage than a collection is worth. */
const WAVE = 1_000;
/** The server is at rest when fewer connections and messages than this come and go between two looks. */
const REST = 10;

/**
 * Has garbage collected once the server is at rest after a wave of connections: each leaves some 20 kB of it when it
 * comes, and nothing would make an idle server collect. At rest, because a full collection stops the event loop.
 */
export function collectAfterWaves(
  clock: Clock,
  traffic: () => Iterable<Traffic>,
  collect: () => void,
): Cancel {
  let [collected, seen] = [0, 0];
  return clock.every(LOOK_MS, () => {
    let [moved, received] = [0, 0];
    for (const one of traffic()) {
      moved += 2 * one.opened - one.open;
      received += one.received;
    }
    const isAtRest = moved + received - seen < REST;
    seen = moved + received;
    if (!isAtRest || moved - collected < WAVE) return;
    collected = moved;
    collect();
  });
}
