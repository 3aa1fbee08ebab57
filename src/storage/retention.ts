import { asc, sql } from "drizzle-orm";
import type { Cancel, Clock } from "../core/ports/clock.ts";
import type { OpenDatabase } from "./database.ts";
import { clearRemoved } from "./removed-rooms.ts";
import { SteadyClock } from "./steady-clock.ts";
import { events } from "./tables.ts";
import { TimeIndex } from "./time-index.ts";
import { ROWS, type Trimmed } from "./trim.ts";

/** So often that it is never far behind. */
const EVERY_MS = 250;
/** When there is more to remove: together with `ROWS` it keeps up with a busy server. */
const AGAIN_MS = 50;
/** Of several nodes, one has events removed. Each one after it waits this much longer, in case the first does not. */
const BEHIND_MS = 5_000;
/** At most one log line in this time reports what was removed. */
const TELL_MS = 60_000;
const DAY_MS = 86_400_000;

/** What was deleted since the last report, and up to where. */
export interface Removal extends Omit<Trimmed, "position"> {
  /** Position in the log. */
  readonly upTo: number;
  /** It was older than this, in milliseconds since the epoch. */
  readonly before: number;
}

export interface RetentionOptions {
  /** 0 keeps all events. */
  readonly days: number;
  readonly failed: (error: unknown) => void;
  readonly removed?: (removal: Removal) => void;
  /** How many live nodes come before this one for it. */
  readonly rank?: () => number;
  /**
   * Removes one step of everything up to a position, at a place of the log, and tells what became of it, later or at
   * once: what was removed, or undefined when it was refused.
   */
  readonly trim: (upTo: number, settled: (trimmed: Trimmed | undefined) => void) => void;
}

/**
 * Removes what is left of removed rooms, and has events older than this many days removed with their receipts;
 * numbering goes on where it was. What has been removed decides what is a repeat: so this decides what is old, and the
 * log says when it goes.
 */
export function startRetention(
  database: OpenDatabase,
  clock: Clock,
  { days, failed, removed = () => {}, rank = () => 0, trim }: RetentionOptions,
): Cancel {
  const index = new TimeIndex(database);
  const oldest = prepareOldest(database);
  const isEmpty = oldest.all({ limit: 1 }).length === 0;
  const steady = new SteadyClock(clock, isEmpty ? undefined : (index.newest ?? 0));
  const tell = collecting(clock, removed);
  const clear = clearRemoved(database);
  /** The position up to which is removed next, and since when that is so. */
  let next = { step: 0, since: 0 };
  /** Removal is due, and the nodes before this one have had their time for it. */
  function isOwn(step: number): boolean {
    if (next.step !== step) next = { step, since: clock.monotonic() };
    return clock.monotonic() - next.since >= rank() * BEHIND_MS;
  }

  /** Goes on once it is known whether there may be more to do. */
  function trimStep(goOn: (isMore: boolean) => void): void {
    const before = clock.now() - days * DAY_MS;
    const upTo = placeToTrim(oldest, index, before);
    const step = upTo === 0 ? 0 : endOfStep(oldest, upTo);
    if (step === 0 || !isOwn(step)) {
      tell(undefined);
      goOn(false);
      return;
    }
    trim(step, (trimmed) => {
      if (trimmed) {
        const { events, receipts, position } = trimmed;
        tell({ events, receipts, upTo: position, before });
      }
      goOn(trimmed !== undefined && trimmed.position < upTo);
    });
  }

  let isStopped = false;
  let cancel = clock.after(EVERY_MS, run);
  function wait(isMore: boolean): void {
    if (!isStopped) cancel = clock.after(isMore ? AGAIN_MS : EVERY_MS, run);
  }
  function run(): void {
    let isWaiting = false;
    // Never a second step while the first is on its way.
    const waitOnce = (isMore: boolean) => {
      if (isWaiting) return;
      isWaiting = true;
      wait(isMore);
    };
    try {
      const isProven = steady.isProven();
      if (isProven) index.add(clock.now());
      const isClearing = clear();
      if (days > 0 && isProven) trimStep((isMore) => waitOnce(isMore || isClearing));
      else waitOnce(isClearing);
    } catch (error) {
      failed(error);
      waitOnce(false);
    }
  }
  return () => {
    isStopped = true;
    cancel();
  };
}

type Oldest = ReturnType<typeof prepareOldest>;
const prepareOldest = ({ db }: OpenDatabase) =>
  db
    .select({ position: events.position, time: events.time })
    .from(events)
    .orderBy(asc(events.id))
    .limit(sql.placeholder("limit"))
    .prepare();

/**
 * Decides up to which position of the log everything goes; 0 when nothing does. One event that is dated ahead keeps
 * nothing after it: the index knows when its place in the log was passed.
 */
function placeToTrim(oldest: Oldest, index: TimeIndex, before: number): number {
  const [first] = oldest.all({ limit: 1 });
  if (!first) return 0;
  const passed = index.before(before);
  if (first.time >= before) return passed >= first.position ? passed : 0;
  const some = oldest.all({ limit: ROWS });
  const young = some.findIndex(({ time }) => time >= before);
  const last = (young === -1 ? some : some.slice(0, young)).at(-1);
  // A position goes as a whole, so none that a young event shares.
  const isShared = last !== undefined && last.position === some[young]?.position;
  return Math.max((last?.position ?? 0) - (isShared ? 1 : 0), passed);
}

/** The position up to which about `ROWS` of the oldest events lie: as a whole, and at least one. */
function endOfStep(oldest: Oldest, upTo: number): number {
  const [first, ...others] = oldest.all({ limit: ROWS + 1 });
  if (!first) return 0;
  const next = others.length === ROWS ? others.at(-1) : undefined;
  if (!next) return upTo;
  return Math.min(upTo, Math.max(first.position, next.position - 1));
}

/** Gathers what was removed, so that many small steps make one line. */
function collecting(clock: Clock, removed: (removal: Removal) => void): (one: Removal | undefined) => void {
  let held: Removal | undefined;
  let toldAt = Number.NEGATIVE_INFINITY;
  return (one) => {
    if (one) {
      const { events = 0, receipts = 0 } = held ?? {};
      held = { ...one, events: events + one.events, receipts: receipts + one.receipts };
    }
    if (!held || clock.monotonic() - toldAt < TELL_MS) return;
    removed(held);
    held = undefined;
    toldAt = clock.monotonic();
  };
}
