import type { History, StoredEvent } from "../../core/ports/history.ts";
import type { Row } from "../../core/ports/store.ts";
import { iso, parseTime } from "../../core/protocol/time.ts";

/** A clock that was set back by up to this is waited for. Otherwise times follow it, and a new stretch begins. */
const HELD_MS = 60_000;
/** At most this many stretches are distinguished, the newest ones. */
const MAX_STRETCHES = 64;
/** The row of the room's state that keeps them. */
export const STRETCHES = "stretches";

/**
 * The times of a context's messages. Each is near the clock; within a stretch none is shown twice and none is before
 * an earlier one, so that a reader can page by them. Where the clock was set back, a new stretch begins.
 */
export class Timeline {
  /** What the clock said last, in milliseconds since the epoch; within a stretch it never goes back. */
  #clock: number;
  /** What the last message shows, in microseconds since the epoch. */
  #shown: number;
  /** The offsets at which a stretch begins, but for the first. */
  readonly #stretches: number[];

  constructor(room: string, history: History, stretches: string | undefined) {
    this.#stretches = stretches === undefined ? [] : JSON.parse(stretches);
    this.#clock = history.last(room)?.time ?? 0;
    const message = history.page(room, { kind: "message", limit: 1 })[0];
    const isOfThis = message !== undefined && message.offset >= (this.#stretches.at(-1) ?? 0);
    this.#shown = isOfThis ? shownBy(message) : 0;
  }

  get stretches(): readonly number[] {
    return this.#stretches;
  }

  /** The time under which an event is stored, in milliseconds, and what changes with it. */
  stored(time: number, offset: number): { readonly time: number; readonly rows: readonly Row[] } {
    if (time >= this.#clock - HELD_MS) {
      this.#clock = Math.max(time, this.#clock);
      return { time: this.#clock, rows: [] };
    }
    this.#clock = time;
    this.#shown = 0;
    this.#stretches.push(offset);
    if (this.#stretches.length > MAX_STRETCHES) this.#stretches.shift();
    return { time, rows: [{ table: "state", key: STRETCHES, value: JSON.stringify(this.#stretches) }] };
  }

  /** The time that a message shows whose event was stored last. */
  show(): string {
    this.#shown = Math.max(this.#clock * 1_000, this.#shown + 1);
    return isoOfMicros(this.#shown);
  }
}

/** Three digits of a second, as everywhere; six for the second message of a millisecond, and those after it. */
function isoOfMicros(micros: number): string {
  const text = iso(Math.floor(micros / 1_000));
  const rest = micros % 1_000;
  return rest === 0 ? text : `${text.slice(0, -1)}${String(rest).padStart(3, "0")}Z`;
}

const micros = (time: number): number => Math.round(time * 1_000);
const shownBy = ({ body, time }: StoredEvent): number =>
  micros(parseTime(JSON.parse(body).timestamp) ?? time);

/**
 * The offset before which a page by time ends. The time that a message shows is the place of that message; any other
 * ends the page after what was stored up to then, so that nothing which a clock has passed is left out.
 */
export function offsetOfTime(
  history: History,
  room: string,
  stretches: readonly number[],
  time: number,
): number {
  const [start, end] = stretchOf(history, room, stretches, time);
  const wanted = micros(time);
  const isShownBefore = (offset: number) => {
    const message = history.page(room, { kind: "message", limit: 1, before: offset + 1 })[0];
    return message === undefined || message.offset < start || shownBy(message) < wanted;
  };
  const place = firstThatIsNot(start, end, isShownBefore);
  const message = history.at(room, place);
  if (place < end && message?.kind === "message" && shownBy(message) === wanted) return place;
  return firstThatIsNot(start, end, (offset) => (history.at(room, offset)?.time ?? 0) <= time);
}

/** The newest stretch that had begun by this time: where it begins, and where the next one does. */
function stretchOf(
  history: History,
  room: string,
  stretches: readonly number[],
  time: number,
): readonly [start: number, end: number] {
  let end = (history.last(room)?.offset ?? 0) + 1;
  for (const start of stretches.toReversed()) {
    const first = history.at(room, start);
    // What retention has removed is older than what is left.
    if (!first || first.time <= time) return [start, end];
    end = start;
  }
  return [1, end];
}

/** The first of these offsets of which it does not hold; it holds of all before that one, and of none after it. */
function firstThatIsNot(start: number, end: number, holds: (offset: number) => boolean): number {
  let [before, after] = [start - 1, end];
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2);
    if (holds(middle)) before = middle;
    else after = middle;
  }
  return after;
}
