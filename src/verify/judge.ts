import { checkStays, checkStored, isUpToDate, type Stored } from "./check.ts";
import type { Connected } from "./connected.ts";
import type { FeedLog } from "./feed-log.ts";
import type { Actor, Harness, Workload } from "./harness.ts";
import type { Ledger } from "./ledger.ts";
import { waitFor } from "./patience.ts";

/**
 * After the last item: how long no answer may come while some are missing, and then how long no client may hear anything
 * while one is behind.
 */
const REST_MS = 30_000;
const HEARD_MS = 10_000;
/** The log may have to elect a leader, and another node to take over the work of one that died. */
const OF_NODES_MS = 45_000;

/** Waits until all items are answered, for as long as answers come. No new items are sent meanwhile. */
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
  { ledger }: Harness,
  workloads: readonly Workload[],
  feed: readonly FeedLog[],
  readers: readonly Actor[],
  keep: Connected,
  hasNodes: boolean,
): Promise<void> {
  const { faults, stays } = ledger;
  const rooms: Stored[] = [];
  for (const workload of workloads) rooms.push(...(await workload.stored()));
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
  for (const workload of workloads) workload.check?.(rooms, faults);
}
