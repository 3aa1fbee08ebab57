import type { Connection } from "../outbound/connection.ts";
import type { Asked } from "../outbound/delivery.ts";
import { Refusal } from "../protocol/refusal.ts";
import { BATCH_BYTES, BATCH_STEPS, bytesOf, MAX_BATCH_BYTES, type Part, partsOf } from "./parts.ts";
import type { Step } from "./step.ts";

interface Turn extends Part {
  readonly began: number;
  /** Since when it waits. */
  readonly since: number;
  /** It is refused, in its place. */
  readonly refusal?: Refusal;
}

export interface Refused {
  readonly steps: readonly Step[];
  readonly refusal: Refusal;
}

/** What may wait for the log in all. */
export const WAITING_STEPS = 8_192;
export const WAITING_BYTES = 16 * 1_048_576;
/** How many refused steps may wait for their place, without what they said. Beyond these, answers come out of order. */
const WAITING_REFUSALS = 8 * WAITING_STEPS;

/**
 * What has waited for longer is refused. Nobody waits for its answer any more: its sender was told to try again, or was
 * sent to another node, where the same message may be stored meanwhile.
 */
export const WAITING_MS = 10_000;

const BUSY_RETRY_MS = 1_000;
export const busy = () => new Refusal("busy", "busy", { retryAfter: BUSY_RETRY_MS });

const isGivenUp = ({ completion }: Step): boolean => completion?.asked?.isGivenUp === true;

/** What is delivered in order: a connection, or a room for senders without a connection. */
type Lane = Connection | string;

const laneOf = ({ completion, entry }: Step): Lane | undefined =>
  completion?.connection ?? completion?.room ?? entry?.room;

/**
 * Two lanes for the steps of turns while the log is shared. A step waits for the log if its own lane has recorded
 * something that is not applied yet, or waits already; all others run at once, so that a log that stalls holds up no
 * pong, no greeting and no history. Turns that wait do so whole and in order.
 */
export class Lanes {
  #turns: Turn[] = [];
  #steps = 0;
  #bytes = 0;
  /** Messages that were refused because too much waited. */
  #busy = 0;
  /** Steps that are refused and wait for their place. */
  #refused = 0;
  /** How many steps of each lane wait, or are on their way to the log. */
  readonly #held = new Map<Lane, number>();
  /** The requests of which something waits. */
  readonly #asked = new Set<Asked>();

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
      } else if (lane !== undefined && (recording.has(lane) || this.#held.has(lane))) held.push(step);
      else free.push(step);
    }
    return { free, held };
  }

  /** Queues what waits of a turn. Returns what does not fit, and why. */
  add(steps: readonly Step[], began: number, since: number): Refused[] {
    const refused: Refused[] = [];
    let isFull = false;
    for (const part of partsOf(steps)) {
      const isTooLong = part.bytes > MAX_BATCH_BYTES;
      if (!isTooLong && !isFull && !this.#hasRoomFor(part)) {
        const givenUp = this.#takeGivenUp();
        if (givenUp.length > 0) refused.push({ steps: givenUp, refusal: busy() });
        isFull = !this.#hasRoomFor(part);
      }
      if (isTooLong || isFull) {
        if (!isTooLong) this.#busy += part.steps.filter(({ entry }) => entry).length;
        const refusal = isTooLong ? new Refusal("too_long", "too much at once") : busy();
        const now = this.#refuseLater(part.steps, refusal);
        if (now.length > 0) refused.push({ steps: now, refusal });
        continue;
      }
      this.#turns.push({ ...part, began, since });
      for (const { completion } of part.steps) if (completion?.asked) this.#asked.add(completion.asked);
      this.#steps += part.steps.length;
      this.#bytes += part.bytes;
      this.#count(part.steps, 1);
    }
    return refused;
  }

  #hasRoomFor({ bytes, steps }: Part): boolean {
    return this.#steps + steps.length <= WAITING_STEPS && this.#bytes + bytes <= WAITING_BYTES;
  }

  /**
   * Takes out what was asked for by requests that were given up. They come again: while the log is slow, most of what
   * waits would be what nobody waits for, and every new request would be given up in its turn.
   */
  #takeGivenUp(): Step[] {
    const givenUp: Step[] = [];
    if (!this.#asked.values().some((asked) => asked.isGivenUp)) return givenUp;
    const left: Turn[] = [];
    for (const turn of this.#turns) {
      if (!turn.steps.some(isGivenUp)) {
        left.push(turn);
        continue;
      }
      const steps = turn.steps.filter((step) => !isGivenUp(step));
      const bytes = bytesOf(steps);
      if (steps.length > 0) left.push({ ...turn, steps, bytes });
      givenUp.push(...turn.steps.filter(isGivenUp));
      this.#steps -= turn.steps.length - steps.length;
      this.#bytes -= turn.bytes - bytes;
    }
    this.#forget(givenUp);
    this.#turns = left;
    this.#count(givenUp, -1);
    return givenUp;
  }

  /**
   * A connection that waits for earlier answers gets this one after them: where the contract's answers name no message,
   * their order tells whose they are. Returns the steps of all others.
   */
  #refuseLater(steps: readonly Step[], refusal: Refusal): readonly Step[] {
    const waits = ({ completion }: Step) =>
      completion?.connection !== undefined && this.#held.has(completion.connection);
    const later = steps.filter(waits).map(withoutBody);
    if (later.length === 0 || this.#refused + later.length > WAITING_REFUSALS) return steps;
    this.#turns.push({ steps: later, bytes: 0, began: 0, since: 0, refusal });
    this.#refused += later.length;
    this.#count(later, 1);
    return steps.filter((step) => !waits(step));
  }

  /** The next turns that fit into one batch, in order, or the next that is refused; undefined when none waits. */
  take(now: number): Pick<Turn, "steps" | "began" | "refusal"> | undefined {
    const givenUp = this.#takeGivenUp();
    if (givenUp.length > 0) return { steps: givenUp, began: 0, refusal: busy() };
    const [first] = this.#turns;
    if (first?.refusal) {
      this.#turns.shift();
      this.#refused -= first.steps.length;
      this.#count(first.steps, -1);
    }
    if (!first || first.refusal) return first;
    if (now - first.since > WAITING_MS) return { ...this.#expire(first), refusal: busy() };
    let [count, steps, bytes] = [0, 0, 0];
    for (const turn of this.#turns) {
      const fits = steps + turn.steps.length <= BATCH_STEPS && bytes + turn.bytes <= BATCH_BYTES;
      if (turn.refusal || (count > 0 && !fits)) break;
      count++;
      steps += turn.steps.length;
      bytes += turn.bytes;
    }
    const taken = this.#turns.splice(0, count).flatMap((turn) => turn.steps);
    this.#steps -= steps;
    this.#bytes -= bytes;
    this.#forget(taken);
    return { steps: taken, began: first.began };
  }

  #forget(steps: readonly Step[]): void {
    for (const { completion } of steps) if (completion?.asked) this.#asked.delete(completion.asked);
  }

  #expire(first: Turn): Turn {
    this.#turns.shift();
    this.#steps -= first.steps.length;
    this.#bytes -= first.bytes;
    this.#busy += first.steps.filter(({ entry }) => entry).length;
    this.#count(first.steps, -1);
    this.#forget(first.steps);
    return first;
  }

  /** These steps have been applied. */
  applied(steps: readonly Step[]): void {
    this.#count(steps, -1);
  }

  get isEmpty(): boolean {
    return this.#turns.length === 0;
  }

  /** For metrics. */
  get waiting() {
    return { steps: this.#steps, refused: this.#busy };
  }

  #count(steps: readonly Step[], by: 1 | -1): void {
    for (const step of steps) {
      for (const one of new Set([laneOf(step), step.entry?.room])) {
        if (one === undefined) continue;
        const count = (this.#held.get(one) ?? 0) + by;
        if (count === 0) this.#held.delete(one);
        else this.#held.set(one, count);
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

/** What a step needs to be refused. */
const withoutBody = (step: Step): Step =>
  step.entry ? { ...step, entry: { ...step.entry, body: null } } : step;
