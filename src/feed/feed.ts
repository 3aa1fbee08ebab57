import type { Cursor, EventFilter, FeedEvent, FeedStore } from "../core/ports/feed-store.ts";
import { generationOf, startOf } from "../core/protocol/generation.ts";
import { compareCursors, formatCursor } from "./cursor.ts";

/** The place of a reader. Its row id is valid while the process runs, its cursor for ever. */
export interface Place {
  readonly id: number;
  readonly cursor: Cursor;
}

export interface FeedPage {
  readonly events: readonly FeedEvent[];
  readonly next: Place;
  /** More may follow at once; otherwise the reader has reached the end. */
  readonly more: boolean;
}

/** Retention has removed events after this cursor. */
export class Expired extends Error {
  /** After this one, nothing is missing. */
  constructor(readonly oldest: Cursor) {
    super(
      `retention has removed events after this position; the oldest to go on from is ${formatCursor(oldest)}`,
    );
  }
}
/**
 * The position is beyond the end of the log: the database was restored from a backup, or the position is another
 * server's.
 */
export class BeyondEnd extends Error {}

/** One step reads this much, which takes about half a millisecond. Clients are served between steps. */
const STEP_EVENTS = 64;
const STEP_ROWS = 1_024;
/** A page ends after this many steps or bytes, even if few events pass its filter. */
const MAX_STEPS = 256;
const MAX_BYTES = 4 * 1024 * 1024;

/** The shortest time between two reads of one reader, so that it reads turns in close succession together. */
const GATHER_MS = 10;

/**
 * The log for outside consumers, read from the database a few rows at a time, between turns. Without consumers it
 * adds one comparison to a turn.
 */
export class Feed {
  readonly #waiting = new Set<() => void>();
  #stopped = false;

  constructor(
    private readonly store: FeedStore,
    /** How far the log has been applied. */
    private readonly position: () => number,
  ) {}

  /** 0 is the beginning of what is kept. Throws `Expired` or `BeyondEnd`. */
  placeOf(cursor: Cursor): Place {
    return cursor.position === 0 ? this.beginning() : this.placeAfter(cursor);
  }

  beginning(): Place {
    const cursor = this.store.trimmed();
    return { id: this.store.seek(cursor), cursor };
  }

  /** Throws `Expired` or `BeyondEnd`. */
  placeAfter(cursor: Cursor): Place {
    const trimmed = this.store.trimmed();
    if (cursor.position > this.position() || this.#isLost(cursor)) throw new BeyondEnd();
    if (compareCursors(cursor, trimmed) < 0) throw new Expired(trimmed);
    return { id: this.store.seek(cursor), cursor };
  }

  /** Whether the position is of a generation that was lost when this server was restored from a backup. */
  #isLost(cursor: Cursor): boolean {
    const generation = generationOf(cursor.position);
    if (generation === generationOf(this.position())) return false;
    const end = this.store.endOf(generation);
    if (end !== undefined) return cursor.position > end;
    const next = { position: startOf(generation + 1), ordinal: 0 };
    return compareCursors(cursor, this.store.cursorAt(this.store.seek(next))) > 0;
  }

  /** The place before the first event that is not older than this time; the end, if all are older. */
  async placeOfTime(time: number, signal: AbortSignal): Promise<Place> {
    let id = this.store.seekTime(time);
    for (;;) {
      const found = this.store.scanTime(id, time, STEP_ROWS);
      id = found.after;
      if (found.isFound || found.isEnd || signal.aborted) break;
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
    return { id, cursor: this.store.cursorAt(id) };
  }

  end(): Place {
    const cursor = this.store.end();
    return { id: this.store.seek(cursor), cursor };
  }

  /** When the first event after this row was stored, in milliseconds since the epoch; undefined at the end. */
  timeAfter(id: number): number | undefined {
    return this.store.scan(id, {}, 1, STEP_ROWS).events[0]?.time;
  }

  /** Throws `Expired` when retention overtakes the reader. */
  async page(from: Place, filter: EventFilter, limit: number): Promise<FeedPage> {
    const events: FeedEvent[] = [];
    let place = from;
    let bytes = 0;
    for (let step = 0; step < MAX_STEPS; step++) {
      if (step > 0) await new Promise<void>((resolve) => setImmediate(resolve));
      const trimmed = this.store.trimmed();
      if (compareCursors(place.cursor, trimmed) < 0) throw new Expired(trimmed);
      const wanted = Math.min(STEP_EVENTS, limit - events.length);
      const found = this.store.scan(place.id, filter, wanted, STEP_ROWS);
      for (const event of found.events) bytes += event.body.length;
      events.push(...found.events);
      place = { id: found.after, cursor: found.cursor ?? place.cursor };
      if (found.isEnd) return { events, next: place, more: false };
      if (events.length >= limit || bytes >= MAX_BYTES) break;
    }
    return { events, next: place, more: true };
  }

  get stopped(): boolean {
    return this.#stopped;
  }

  /** The server stops: long polls are answered, streams end. */
  stop(): void {
    this.#stopped = true;
    this.woken();
  }

  /** A turn was committed. */
  woken = (): void => {
    if (this.#waiting.size === 0) return;
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const wake of waiting) wake();
  };

  /**
   * Resolves soon after the next commit, or when the signal aborts. Ask for it before the page that may be empty.
   * `gatherMs`: how long to wait for commits in close succession.
   */
  next(signal: AbortSignal, gatherMs = GATHER_MS): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        this.#waiting.delete(wake);
        signal.removeEventListener("abort", done);
        resolve();
      };
      const wake = () => void (this.#stopped ? done() : setTimeout(done, gatherMs));
      if (signal.aborted || this.#stopped) return resolve();
      this.#waiting.add(wake);
      signal.addEventListener("abort", done);
    });
  }
}
