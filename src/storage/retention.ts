import { asc, sql } from "drizzle-orm";
import type { Cancel, Clock } from "../core/ports/clock.ts";
import type { OpenDatabase } from "./database.ts";
import { clearRemoved } from "./removed-rooms.ts";
import { SteadyClock } from "./steady-clock.ts";
import { events } from "./tables.ts";
import { TimeIndex } from "./time-index.ts";
import { ROWS, type Trimmed, trim } from "./trim.ts";

/** So often that it is never far behind. */
const EVERY_MS = 250;
/** When there is more to remove: together with `ROWS` it keeps up with a busy server. */
const AGAIN_MS = 50;
/** At most one line of the log in this time says what was removed. */
const TELL_MS = 60_000;
const DAY_MS = 86_400_000;

/** What was deleted since the last one of these, and up to where. */
export interface Removal extends Trimmed {
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
}

/**
 * Removes what is left of removed rooms, and events older than this many days with their receipts; numbering
 * goes on where it was.
 */
export function startRetention(
  database: OpenDatabase,
  clock: Clock,
  { days, failed, removed = () => {} }: RetentionOptions,
): Cancel {
  const index = new TimeIndex(database);
  const oldest = prepareOldest(database);
  const isEmpty = oldest.all({ limit: 1 }).length === 0;
  const steady = new SteadyClock(clock, isEmpty ? undefined : (index.newest ?? 0));
  const tell = collecting(clock, removed);
  const clear = clearRemoved(database);

  /** True when there may be more to do. */
  function trimStep(): boolean {
    const before = clock.now() - days * DAY_MS;
    const upTo = placeToTrim(oldest, index, before);
    if (upTo === 0) {
      tell(undefined);
      return false;
    }
    const { events, receipts, position, isMore } = database.write(() => {
      index.trim(upTo);
      return trim(database, upTo);
    });
    tell({ events, receipts, upTo: position, before });
    return isMore;
  }

  function step(): boolean {
    const isProven = steady.isProven();
    if (isProven) index.add(clock.now());
    const isClearing = clear();
    return (days > 0 && isProven && trimStep()) || isClearing;
  }

  let cancel = clock.after(EVERY_MS, run);
  function run(): void {
    let isMore = false;
    try {
      isMore = step();
    } catch (error) {
      failed(error);
    }
    cancel = clock.after(isMore ? AGAIN_MS : EVERY_MS, run);
  }
  return () => cancel();
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
  return Math.max(last?.position ?? 0, passed);
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
