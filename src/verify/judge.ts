import { checkStays, checkStored, isUpToDate, type Stored } from "./check.ts";
import type { Connected } from "./connected.ts";
import type { FeedLog } from "./feed-log.ts";
import type { Ledger } from "./ledger.ts";
import { waitFor } from "./patience.ts";
import type { Actor, Cast, Stage } from "./stage.ts";

/**
 * After the last word: how long no answer may come while some are missing, and after that how long nobody may hear
 * anything while somebody is behind.
 */
const REST_MS = 30_000;
const HEARD_MS = 10_000;
/** A leader of the log may have to be elected, and another node to take over what the one that died did. */
const OF_NODES_MS = 45_000;

/** Waits until everything that was said is answered, for as long as answers come; nobody says anything new. */
export async function rest(
  actors: readonly Actor[],
  keep: Connected,
  ledger: Ledger,
  hasNodes: boolean,
): Promise<void> {
  await waitFor(
    () => {
      keep.reconnect();
      return actors.every(({ isDone }) => isDone);
    },
    () => ledger.answered,
    hasNodes ? OF_NODES_MS : REST_MS,
  );
}

/** Compares what was confirmed and heard with what is stored, once everybody has heard it. `readers` come back for it. */
export async function judge(
  { ledger }: Stage,
  casts: readonly Cast[],
  feed: readonly FeedLog[],
  readers: readonly Actor[],
  keep: Connected,
  hasNodes: boolean,
): Promise<void> {
  const { faults, stays } = ledger;
  const rooms: Stored[] = [];
  for (const cast of casts) rooms.push(...(await cast.stored()));
  const byRoom = new Map(rooms.map((stored) => [stored.room, stored]));
  const isBehind = () =>
    feed.some((log) => rooms.some((stored) => log.isBehind(stored))) ||
    stays.some((stay) => {
      const stored = byRoom.get(stay.room);
      return stored !== undefined && !isUpToDate(stay, stored);
    });
  await waitFor(
    () => {
      keep.reconnect(readers);
      return !isBehind();
    },
    () => `${ledger.heard} ${feed.map(({ position }) => position).join()}`,
    hasNodes ? OF_NODES_MS : HEARD_MS,
  );
  checkStored(ledger, rooms);
  checkStays(stays, rooms, faults);
  for (const log of feed) for (const stored of rooms) log.check(stored);
  for (const cast of casts) cast.check?.(rooms, faults);
}
