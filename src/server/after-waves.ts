import type { Traffic } from "../core/outbound/traffic.ts";
import type { Cancel, Clock } from "../core/ports/clock.ts";

const CHECK_MS = 100;
/** The server is at rest when fewer connections and messages than this come and go in ten checks. */
const REST = 10;
const CHECKS_A_REST = 10;
/** Connections that have come and gone. Fewer leave less garbage than a collection is worth. */
const WAVE = 1_000;
/** While connections arrive, garbage is collected when this part of them is new, and at least this many. */
const NEW_PART = 1 / 4;
const NEW_LEAST = 250;
/** With more connections the heap is so large that a collection stops the event loop for too long. */
const SMALL = 5_000;
/** A wave is over when less than this part of its connections is open. */
const GONE_PART = 1 / 10;

export interface Memory {
  /** Collects all garbage. Stops the event loop, for 20 to 30 ms with 4,000 connections. */
  collect(): void;
  /** The same, and drops compiled code, which is compiled again when it is used. */
  shrink(): void;
}

/**
 * Collects garbage while many connections arrive, when the server is at rest afterwards, and when they have closed.
 * Each new connection leaves about 20 kB of garbage, which would scatter the open connections over more memory than
 * they need; no later collection returns that memory, and an idle server does not collect by itself.
 */
export function collectAfterWaves(clock: Clock, traffic: () => Iterable<Traffic>, memory: Memory): Cancel {
  /** At the last collection at rest: connections that had come and gone. */
  let collected = 0;
  /** At the last collection of any kind, the connections then open; or fewer, if some have gone since. */
  let kept = 0;
  /** The most that were open since the last collection at rest. */
  let most = 0;
  let [seen, checks] = [0, 0];
  return clock.every(CHECK_MS, () => {
    let [open, opened, received] = [0, 0, 0];
    for (const one of traffic()) {
      open += one.open;
      opened += one.opened;
      received += one.received;
    }
    const moved = 2 * opened - open;
    most = Math.max(most, open);
    kept = Math.min(kept, open);
    if (open < SMALL && open - kept >= Math.max(NEW_LEAST, kept * NEW_PART)) {
      kept = open;
      memory.collect();
    }
    if (++checks % CHECKS_A_REST !== 0) return;
    const isAtRest = moved + received - seen < REST;
    seen = moved + received;
    if (!isAtRest || moved - collected < WAVE) return;
    if (open < most * GONE_PART) memory.shrink();
    else memory.collect();
    [collected, kept, most] = [moved, open, open];
  });
}
