import type { Crowd } from "./crowd.ts";
import type { Latency } from "./generator.ts";
import { fail, type Publisher } from "./member.ts";

/** Microseconds from the writing of a message to its sender's confirmation; `lateP99`: from due to written. */
/** A million deliveries, as `gifts` has them at once, take Node 10 s. */
export const SETTLE_NS = 25e9;

/** Each confirmation is answered by the next message, until `ms` are over and all is delivered. */
export function keepInFlight(crowd: Crowd, ms: number): void {
  const end = Bun.nanoseconds() + ms * 1e6;
  const next = (publisher: Publisher, from: number) => publisher.send(publisher.confirmed - from);
  for (const publisher of crowd.publishers) publisher.send(crowd.scenario.inFlight);
  while (Bun.nanoseconds() < end) crowd.read(1, next);
  settle(crowd, () => {});
}

/** Messages go out when they are due, the publishers in turns, answered or not, for `ms`. */
export function keepRate(crowd: Crowd, ms: number, rate: number): Latency {
  const { publishers } = crowd;
  const total = Math.floor((rate * ms) / 1000 / publishers.length) * publishers.length;
  const first = publishers[0]!.sent;
  const [sentAt, waited, late] = [new Float64Array(total), new Float64Array(total), new Float64Array(total)];
  const confirmed = ({ index, confirmed: to }: Publisher, from: number) => {
    const now = Bun.nanoseconds();
    for (let n = from; n < to; n++) {
      const message = (n - first) * publishers.length + index;
      waited[message] = now - sentAt[message]!;
    }
  };
  const start = Bun.nanoseconds();
  for (let message = 0; message < total; message++) {
    const due = start + (message * 1e9) / rate;
    // Spinning: a core that sleeps wakes late, and the server would be blamed for it.
    while (Bun.nanoseconds() < due) crowd.read(0, confirmed);
    const now = Bun.nanoseconds();
    sentAt[message] = now;
    late[message] = now - due;
    publishers[message % publishers.length]!.send(1);
  }
  settle(crowd, confirmed);
  return latencyOf(waited, late);
}

/** Reads until all that was sent is delivered; fails when it is not. */
function settle(crowd: Crowd, confirmed: (publisher: Publisher, from: number) => void): void {
  const { tally } = crowd;
  const end = Bun.nanoseconds() + SETTLE_NS;
  while (tally.delivered !== tally.expected) {
    crowd.read(1, confirmed);
    if (Bun.nanoseconds() > end)
      fail(`${tally.expected - tally.delivered} deliveries missing after ${SETTLE_NS / 1e9} s`);
  }
  crowd.verify();
}

/** Of nanoseconds, which it sorts. */
export function latencyOf(waited: Float64Array, late: Float64Array): Latency {
  waited.sort();
  late.sort();
  return {
    p50: at(waited, 0.5),
    p95: at(waited, 0.95),
    p99: at(waited, 0.99),
    max: at(waited, 1),
    lateP99: at(late, 0.99),
  };
}

const at = (sorted: Float64Array, share: number): number =>
  (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0) / 1000;
