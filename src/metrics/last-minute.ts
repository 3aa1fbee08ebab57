import type { Clock } from "../core/ports/clock.ts";

/** Counts that only grow. */
export interface Counts {
  readonly received: number;
  readonly refused: number;
  /** Number of turns, and the seconds that they took. */
  readonly turns: number;
  readonly turnSeconds: number;
}

interface Sample extends Counts {
  /** Milliseconds since the epoch. */
  readonly at: number;
}

const EVERY_MS = 1_000;
/** The oldest sample is a minute old. */
const SAMPLES = 61;

export interface LastMinute {
  readonly messagesPerSecond: number;
  /** Milliseconds; 0 when there was no turn. */
  readonly averageLatency: number;
  /** Share of the messages that were answered with an error, 0 to 1. */
  readonly errorRate: number;
}

/** Figures of the last minute, or since the start if that was more recent. */
export function watchLastMinute(clock: Clock, counts: () => Counts): () => LastMinute {
  const take = (): Sample => ({ at: clock.monotonic(), ...counts() });
  const samples = [take()];
  clock.every(EVERY_MS, () => {
    samples.push(take());
    if (samples.length > SAMPLES) samples.shift();
  });
  return () => {
    const now = take();
    const then = samples[0]!;
    const seconds = (now.at - then.at) / 1_000;
    const received = now.received - then.received;
    const turns = now.turns - then.turns;
    return {
      messagesPerSecond: seconds > 0 ? received / seconds : 0,
      averageLatency: turns > 0 ? ((now.turnSeconds - then.turnSeconds) / turns) * 1_000 : 0,
      errorRate: received > 0 ? Math.min(1, (now.refused - then.refused) / received) : 0,
    };
  };
}
