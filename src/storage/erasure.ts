import { and, asc, eq, gt, gte, inArray, isNull, lt, sql } from "drizzle-orm";
import type { Cancel, Clock } from "../core/ports/clock.ts";
import type { StoredEvent } from "../core/ports/history.ts";
import type { OpenDatabase } from "./database.ts";
import { REMOVED } from "./statements.ts";
import { erasures, receipts, rooms, users } from "./tables.ts";
import { createUserRows } from "./user-rows.ts";

/** Between two steps: clients have their turn. */
const STEP_MS = 2;
/** The time after which a failed write is tried again, and work of another node is asked for again. */
const RETRY_MS = 1_000;
/**
 * Of several nodes, one has the events of a user erased. Each one after it waits this much longer, and finds little
 * to do.
 */
const BEHIND_MS = 5_000;
/** How often a waiting node asks whether another has finished. */
const POLL_MS = 500;

/** How far the erasure of a user is. Times in milliseconds since the epoch. */
export interface ErasureState {
  readonly userId: string;
  readonly startedAt: number;
  readonly finishedAt: number | null;
  /** Events that no longer say anything of the user, besides those in rooms of the user's own. */
  readonly redacted: number;
}

/** Erases by entries of the log. Each call resolves when its entry is committed. */
export interface ErasureLog {
  /** Rooms that are the user's own. */
  roomsOf(userId: string): readonly string[];
  concerns(event: StoredEvent, userId: string): boolean;
  eraseIn(
    room: string,
    erasure: { readonly userId: string; readonly offsets: readonly number[]; readonly state: boolean },
  ): Promise<void>;
  removeRoom(room: string): Promise<void>;
  removeMember(room: string, userId: string): Promise<void>;
  /** How many live nodes come before this one for the erasure of a user. */
  rank(userId: string): number;
  /** Another node has finished it: nothing is left for the log to erase. */
  finishedElsewhere?(userId: string): Promise<boolean>;
  /** Whether nothing that was removed is left in the files of the database; false if that must be tried again. */
  emptyLog(): Promise<boolean>;
  failed(error: unknown): void;
}

/** Every erasure, also those that are finished: so that a backup that is put back can be erased again. */
export function createErasures({ db }: OpenDatabase) {
  const { placeholder } = sql;
  const one = db
    .select()
    .from(erasures)
    .where(eq(erasures.userId, placeholder("userId")))
    .prepare();
  const page = db
    .select()
    .from(erasures)
    .where(gt(erasures.userId, placeholder("after")))
    .orderBy(asc(erasures.userId))
    .limit(placeholder("limit"))
    .prepare();
  return {
    of: (userId: string): ErasureState | undefined => one.get({ userId }),
    after: (userId: string, limit: number): readonly ErasureState[] => page.all({ after: userId, limit }),
  };
}

export type Erasures = ReturnType<typeof createErasures>;

/**
 * Erases users in steps, one user after the other. A step that is repeated changes nothing, so after a kill it begins
 * where it was last saved. `wake`: there may be one to erase.
 */
export function startErasures(
  database: OpenDatabase,
  clock: Clock,
  log: ErasureLog,
): { wake(): void; stop: Cancel } {
  const { db, write } = database;
  const found = createUserRows(database);
  let isStopped = false;
  let isRunning = false;
  let cancel: Cancel = () => {};

  const wait = (ms: number) =>
    new Promise<void>((resolve) => {
      cancel = clock.after(ms, resolve);
    });
  const next = () =>
    db
      .select()
      .from(erasures)
      .where(isNull(erasures.finishedAt))
      .orderBy(asc(erasures.startedAt))
      .limit(1)
      .get();
  const save = (userId: string, changed: Partial<typeof erasures.$inferInsert>) =>
    write(() => db.update(erasures).set(changed).where(eq(erasures.userId, userId)).run());

  async function run(): Promise<void> {
    if (isRunning) return;
    isRunning = true;
    for (let one = next(); one && !isStopped; one = next()) {
      try {
        const ahead = log.rank(one.userId);
        for (let waited = 0; waited < ahead * BEHIND_MS && !isStopped; waited += POLL_MS) {
          if (await log.finishedElsewhere?.(one.userId)) break;
          await wait(POLL_MS);
        }
        if (isStopped) return;
        await erase(one);
      } catch (error) {
        if (isStopped) return;
        log.failed(error);
        await wait(RETRY_MS);
      }
    }
    isRunning = false;
  }

  /** State before events: of what is pending there, events are made until it is gone. */
  async function erase({ userId, scanned }: typeof erasures.$inferSelect): Promise<void> {
    for (const room of log.roomsOf(userId)) if (isRoom(room)) await log.removeRoom(room);
    for (let after: number | undefined = 0; after !== undefined && !isStopped; ) {
      const step = found.memberships(userId, after);
      await Promise.all(step.rows.map(({ room }) => log.removeMember(room, userId)));
      after = step.next;
    }
    await eraseReceipts(userId);
    await eraseState(userId);
    await eraseEvents(userId, scanned);
    if (isStopped) return;
    write(() => db.update(users).set({ lastActive: null }).where(eq(users.id, userId)).run());
    // What is left of removed rooms, the user's among them, goes in steps of its own.
    while (!isStopped && isRoomLeft()) await wait(RETRY_MS / 4);
    while (!isStopped && !(await log.emptyLog())) await wait(RETRY_MS);
    if (!isStopped) save(userId, { finishedAt: clock.now() });
  }

  const isRoom = (name: string) =>
    db.select({ id: rooms.id }).from(rooms).where(eq(rooms.name, name)).get() !== undefined;
  const isRoomLeft = () =>
    db
      .select({ id: rooms.id })
      .from(rooms)
      .where(and(gte(rooms.name, REMOVED), lt(rooms.name, `${REMOVED}\uffff`)))
      .limit(1)
      .get() !== undefined;

  /** Each node in its own time: no reducer asks for them. */
  async function eraseReceipts(userId: string): Promise<void> {
    for (let after: number | undefined = 0; after !== undefined && !isStopped; ) {
      const step = found.receipts(userId, after);
      const ids = step.rows.map(({ row }) => row);
      if (ids.length > 0) write(() => db.delete(receipts).where(inArray(sql`rowid`, ids)).run());
      after = step.next;
      await wait(STEP_MS);
    }
  }

  async function eraseState(userId: string): Promise<void> {
    for (let after: number | undefined = 0; after !== undefined && !isStopped; ) {
      const step = found.state(userId, after, []);
      for (const room of new Set(step.rows.map(({ room }) => room))) {
        await log.eraseIn(room, { userId, offsets: [], state: true });
      }
      after = step.next;
      await wait(STEP_MS);
    }
  }

  async function eraseEvents(userId: string, scanned: number): Promise<void> {
    const last = found.lastEvent();
    for (let after: number | undefined = scanned; after !== undefined && after < last && !isStopped; ) {
      const step = found.events(userId, after, []);
      const byRoom = new Map<string, number[]>();
      for (const event of step.rows) {
        if (!log.concerns(event, userId)) continue;
        const offsets = byRoom.get(event.room);
        if (offsets) offsets.push(event.offset);
        else byRoom.set(event.room, [event.offset]);
      }
      await Promise.all(
        Array.from(byRoom, ([room, offsets]) => log.eraseIn(room, { userId, offsets, state: false })),
      );
      after = step.next;
      if (after !== undefined) save(userId, { scanned: after });
      await wait(STEP_MS);
    }
    if (!isStopped) save(userId, { scanned: last });
  }

  return {
    wake: () => void run(),
    stop() {
      isStopped = true;
      cancel();
    },
  };
}
