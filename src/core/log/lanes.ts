import type { Connection } from "../outbound/connection.ts";
import type { Completion } from "../outbound/delivery.ts";
import type { Entry } from "../protocol/entry.ts";
import { Refusal } from "../protocol/refusal.ts";

export interface Step {
  readonly entry?: Entry;
  readonly completion?: Completion;
  readonly effect?: () => void;
  readonly snapshot?: (() => void) | undefined;
}

interface Turn {
  readonly steps: readonly Step[];
  readonly bytes: number;
}

/** Turns that wait merge into one batch up to these. */
export const BATCH_STEPS = 1_024;
export const BATCH_BYTES = 4 * 1_048_576;
/** A turn beyond this fits into no batch: servers of a log take 8 MiB, with what surrounds the entries. */
export const MAX_BATCH_BYTES = 8 * 1_048_576 - 65_536;
/** What may wait for the log in all. */
export const WAITING_STEPS = 8_192;
export const WAITING_BYTES = 16 * 1_048_576;

const BUSY_RETRY_MS = 1_000;
export const busy = () => new Refusal("busy", "busy", { retryAfter: BUSY_RETRY_MS });

/** What is delivered in order: a connection, or a room for senders without a connection. */
type Lane = Connection | string;

const laneOf = ({ completion, entry }: Step): Lane | undefined =>
  completion?.connection ?? completion?.room ?? entry?.room;

/**
 * Two lanes for the steps of turns while the log is shared. A step waits for the log if its own lane has recorded
 * something that is not applied yet; all others run at once, so that a log that stalls holds up no pong, no greeting
 * and no history. Turns that wait do so whole and in order.
 */
export class Lanes {
  #turns: Turn[] = [];
  #steps = 0;
  #bytes = 0;
  /** Who has recorded how many entries that are not applied. */
  readonly #recorded = new Map<Lane, number>();

  /** Divides the steps of a turn into those that run at once and those that wait for the log. */
  divide(steps: readonly Step[]): { free: Step[]; held: Step[] } {
    const firstMessages = firstThatRecords(steps);
    const recording = new Set<Lane>();
    const free: Step[] = [];
    const held: Step[] = [];
    for (const step of steps) {
      const lane = laneOf(step);
      const { connection, message } = step.completion ?? {};
      // A message is refused as a whole, so what it asked for before it recorded something waits too.
      const isOfMessage =
        connection !== undefined && message !== undefined && firstMessages.get(connection) === message;
      if (step.entry || isOfMessage) {
        if (lane !== undefined) recording.add(lane);
        if (step.entry) recording.add(step.entry.room);
        held.push(step);
      } else if (lane !== undefined && (recording.has(lane) || this.#recorded.has(lane))) held.push(step);
      else free.push(step);
    }
    return { free, held };
  }

  /** Queues what waits of a turn. Returns why not, when it does not fit. */
  add(steps: readonly Step[]): Refusal | undefined {
    let bytes = 0;
    for (const { entry } of steps) if (entry) bytes += Buffer.byteLength(JSON.stringify(entry));
    if (bytes > MAX_BATCH_BYTES) return new Refusal("too_long", "too much at once");
    if (this.#steps + steps.length > WAITING_STEPS || this.#bytes + bytes > WAITING_BYTES) return busy();
    this.#turns.push({ steps, bytes });
    this.#steps += steps.length;
    this.#bytes += bytes;
    this.#count(steps, 1);
    return undefined;
  }

  /** The next turns that fit into one batch, in order; undefined when none waits. */
  take(): readonly Step[] | undefined {
    const [first] = this.#turns;
    if (!first) return undefined;
    let [count, steps, bytes] = [0, 0, 0];
    for (const turn of this.#turns) {
      const fits = steps + turn.steps.length <= BATCH_STEPS && bytes + turn.bytes <= BATCH_BYTES;
      if (count > 0 && !fits) break;
      count++;
      steps += turn.steps.length;
      bytes += turn.bytes;
    }
    const taken = this.#turns.splice(0, count);
    this.#steps -= steps;
    this.#bytes -= bytes;
    return taken.flatMap((turn) => turn.steps);
  }

  /** These steps have been applied. */
  applied(steps: readonly Step[]): void {
    this.#count(steps, -1);
  }

  get isEmpty(): boolean {
    return this.#turns.length === 0;
  }

  #count(steps: readonly Step[], by: 1 | -1): void {
    for (const step of steps) {
      if (!step.entry) continue;
      const lane = laneOf(step);
      for (const one of new Set([lane ?? step.entry.room, step.entry.room])) {
        const count = (this.#recorded.get(one) ?? 0) + by;
        if (count === 0) this.#recorded.delete(one);
        else this.#recorded.set(one, count);
      }
    }
  }
}

/** The number of the first message of each connection that records something. */
function firstThatRecords(steps: readonly Step[]): Map<Connection, number | undefined> {
  const first = new Map<Connection, number | undefined>();
  for (const { entry, completion } of steps) {
    const connection = entry && completion?.connection;
    if (connection && !first.has(connection)) first.set(connection, completion.message);
  }
  return first;
}
