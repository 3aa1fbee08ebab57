import { desc, lt, sql } from "drizzle-orm";
import type { BunSQLiteDatabase } from "drizzle-orm/bun-sqlite";
import { HashChain } from "./hash-chain.ts";
import { events, logPosition } from "./tables.ts";

/**
 * The row is written at the latest after this many events. Writing it in each turn took a third of a turn of one message,
 * so a start finds the position and the hash in the row and in the events after it.
 */
export const EVENTS_WITHOUT_ROW = 4_096;
const PAGE = 1_000;

export interface LogPosition {
  /** The position up to which the log has been applied. */
  readonly position: number;
  /** The hash chain of all events up to there. */
  readonly hash: HashChain;
  /** Events that the row does not count yet. */
  readonly after: number;
}

/** The position alone, of a database of an earlier version too. */
export function readPosition(db: BunSQLiteDatabase): number {
  const row = db.select({ position: logPosition.position }).from(logPosition).get();
  const last = db.select({ position: events.position }).from(events).orderBy(desc(events.id)).limit(1).get();
  return Math.max(row?.position ?? 0, last?.position ?? 0);
}

/** Runs in a read transaction, or where nobody else writes. */
export function readChain(db: BunSQLiteDatabase): LogPosition {
  const row = db.select({ position: logPosition.position, hash: logPosition.hash }).from(logPosition).get();
  const from = row?.position ?? 0;
  const later = eventsAfter(db, from);
  const hash = new HashChain(row?.hash ?? "");
  for (const event of later) hash.add(event);
  hash.committed();
  return { position: later.at(-1)?.position ?? from, hash, after: later.length };
}

/** Oldest first. Ids grow with positions, so they are read from the end back. */
function eventsAfter(db: BunSQLiteDatabase, position: number) {
  const found: ReturnType<typeof page> = [];
  for (let before = Number.MAX_SAFE_INTEGER; ; ) {
    const next = page(db, before);
    const end = next.findIndex((event) => event.position <= position);
    found.push(...(end === -1 ? next : next.slice(0, end)));
    if (end !== -1 || next.length < PAGE) return found.reverse();
    before = next.at(-1)!.id;
  }
}

const page = (db: BunSQLiteDatabase, before: number) =>
  db
    .select({
      id: events.id,
      position: events.position,
      offset: events.offset,
      count: events.count,
      time: events.time,
      kind: events.kind,
      body: events.body,
    })
    .from(events)
    .where(lt(events.id, before))
    .orderBy(desc(events.id))
    .limit(PAGE)
    .all();

/** Prepared once; takes the position and the hash to store. */
export const prepareKeep = (db: BunSQLiteDatabase) =>
  db
    .update(logPosition)
    .set({ position: sql`${sql.placeholder("position")}`, hash: sql`${sql.placeholder("hash")}` })
    .prepare();
