import { and, asc, desc, eq, gt, gte, sql } from "drizzle-orm";
import type { OpenDatabase } from "./database.ts";
import { events, segments } from "./tables.ts";

/** Consecutive events of a room that make a segment. */
const SEGMENT = 128;
/** How much of the log a start reads. Every older event is in a segment. */
const TAIL = 65_536;

interface Tail {
  /** The offset of the first event. */
  readonly first: number;
  readonly ids: number[];
}

/**
 * Locates the events of each room in the log: their ids by offset, in stored segments, and in memory for
 * events that are in no segment yet. An index on all events took 5 of a message's 15 µs with 500 rooms,
 * because a turn touched one of its pages for each room; a segment touches one page for 128 messages. An id
 * may outlive its event and then belong to another: a query for an event by its id therefore names the room
 * as well.
 */
export class OffsetIndex {
  readonly #statements: ReturnType<typeof prepare>;
  /** Events that are in no segment yet, by room. The room whose first such event is oldest comes first. */
  readonly #tails = new Map<number, Tail>();
  #lastId: number;
  /** The segment that was read last. Segments never change. */
  #lastSegment: Tail & { readonly roomId: number } = { roomId: 0, first: 0, ids: [] };
  /** Rooms that this transaction has added to, once for each event. */
  #added: number[] = [];
  /** Rooms for which this transaction writes a segment. */
  readonly #due = new Set<number>();

  constructor({ db }: OpenDatabase) {
    this.#statements = prepare(db);
    this.#lastId = this.#statements.lastId.get()?.id ?? 0;
    this.#restore();
  }

  /** Returns the id that the room's next event will have. */
  add(roomId: number, offset: number): number {
    const id = ++this.#lastId;
    let tail = this.#tails.get(roomId);
    if (!tail) {
      tail = { first: offset, ids: [] };
      this.#tails.set(roomId, tail);
    }
    tail.ids.push(id);
    this.#added.push(roomId);
    if (tail.ids.length >= SEGMENT) this.#due.add(roomId);
    return id;
  }

  /** The room is removed: from now on its events are found only by its segments. */
  removed(roomId: number): void {
    if (this.#tails.has(roomId)) this.#due.add(roomId);
  }

  /** Writes the segments that are due, at the end of a transaction. */
  write(): void {
    for (const [roomId, { ids }] of this.#tails) {
      if (this.#lastId - ids[0]! < TAIL) break;
      this.#due.add(roomId);
    }
    for (const roomId of this.#due) {
      const { first, ids } = this.#tails.get(roomId)!;
      this.#statements.addSegment.run({ roomId, last: first + ids.length - 1, ids: JSON.stringify(ids) });
    }
  }

  committed(): void {
    for (const roomId of this.#due) this.#tails.delete(roomId);
    this.#due.clear();
    this.#added = [];
  }

  rolledBack(): void {
    for (const roomId of this.#added) {
      const tail = this.#tails.get(roomId);
      tail?.ids.pop();
      if (tail?.ids.length === 0) this.#tails.delete(roomId);
    }
    this.#lastId -= this.#added.length;
    this.#due.clear();
    this.#added = [];
  }

  /** The offset of the room's last event; undefined for a room that never had one. */
  last(roomId: number): number | undefined {
    const tail = this.#tails.get(roomId);
    return tail ? tail.first + tail.ids.length - 1 : this.#statements.last.get({ roomId })?.last;
  }

  id(roomId: number, offset: number): number | undefined {
    return this.ids(roomId, offset, offset + 1)[0];
  }

  /** Ids of the offsets from one up to but not including another, in order. Unknown offsets are left out. */
  ids(roomId: number, from: number, before: number): number[] {
    const found: number[] = [];
    const tail = this.#tails.get(roomId);
    const tailFirst = tail?.first ?? Number.POSITIVE_INFINITY;
    for (let next = from; next < Math.min(before, tailFirst); ) {
      const segment = this.#segment(roomId, next);
      if (!segment) break;
      found.push(...slice(segment, next, before));
      next = segment.first + segment.ids.length;
    }
    if (tail) found.push(...slice(tail, from, before));
    return found;
  }

  /** The first segment that reaches an offset. A reader of one event in a segment often reads others. */
  #segment(roomId: number, offset: number): Tail | undefined {
    const { first, ids } = this.#lastSegment;
    const isIn = this.#lastSegment.roomId === roomId && offset >= first && offset < first + ids.length;
    if (isIn) return this.#lastSegment;
    const segment = this.#statements.segment.get({ roomId, offset });
    if (!segment) return undefined;
    const found: number[] = JSON.parse(segment.ids);
    this.#lastSegment = { roomId, first: segment.last - found.length + 1, ids: found };
    return this.#lastSegment;
  }

  /** Rebuilds the tails that were in memory before the last stop or kill. */
  #restore(): void {
    for (const { id, roomId, offset } of this.#statements.tail.all({ from: this.#lastId - TAIL })) {
      const tail = this.#tails.get(roomId);
      if (tail) tail.ids.push(id);
      else this.#tails.set(roomId, { first: offset, ids: [id] });
    }
  }
}

const slice = ({ first, ids }: Tail, from: number, before: number): number[] =>
  ids.slice(Math.max(0, from - first), Math.max(0, before - first));

function prepare(db: OpenDatabase["db"]) {
  const { placeholder } = sql;
  const inRoom = eq(segments.roomId, placeholder("roomId"));
  return {
    lastId: db.select({ id: events.id }).from(events).orderBy(desc(events.id)).limit(1).prepare(),
    tail: db
      .select({ id: events.id, roomId: events.roomId, offset: events.offset })
      .from(events)
      .where(
        and(
          gte(events.id, placeholder("from")),
          gt(
            events.offset,
            sql`coalesce((select max(${segments.last}) from ${segments} where ${segments.roomId} = ${events.roomId}), 0)`,
          ),
        ),
      )
      .orderBy(asc(events.id))
      .prepare(),
    segment: db
      .select({ last: segments.last, ids: segments.ids })
      .from(segments)
      .where(and(inRoom, gte(segments.last, placeholder("offset"))))
      .orderBy(asc(segments.last))
      .limit(1)
      .prepare(),
    last: db
      .select({ last: segments.last })
      .from(segments)
      .where(inRoom)
      .orderBy(desc(segments.last))
      .limit(1)
      .prepare(),
    addSegment: db
      .insert(segments)
      .values({ roomId: placeholder("roomId"), last: placeholder("last"), ids: placeholder("ids") })
      .prepare(),
  };
}
