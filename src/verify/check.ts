import type { Fault, Faults } from "./faults.ts";
import type { Item, Ledger, Stay } from "./ledger.ts";

/** The history of a room, in its order. */
export interface Stored {
  readonly room: string;
  readonly items: readonly Item[];
  /**
   * The contract has no history to read: this is the order in which one backend posted. An event that was
   * posted more than once may have been delivered the first time.
   */
  readonly derived?: boolean;
}

/** Compares the items that were sent with those that are stored. */
export function checkStored(ledger: Ledger, rooms: readonly Stored[]): void {
  const { faults } = ledger;
  const places = new Map<Item, number>();
  for (const { room, items } of rooms) {
    const last = new Map<string, Item>();
    for (const item of items) {
      places.set(item, (places.get(item) ?? 0) + 1);
      const before = last.get(item.sender);
      if (!before || before.n < item.n) last.set(item.sender, item);
      // An item whose refusal was lost with the connection is sent again, after later ones.
      else if (item.attempts === 1) faults.add("order", `${room}: ${item.key} is stored after ${before.key}`);
    }
  }
  const known = new Set(rooms.map(({ room }) => room));
  for (const item of ledger.items.values()) {
    if (!known.has(item.room)) continue;
    const times = places.get(item) ?? 0;
    const what = `${item.key} in ${item.room}`;
    if (times > 1) faults.add("twice", `${what}: stored ${times} times`);
    if (times === 0 && item.state === "confirmed") faults.add("lost", `${what}: confirmed`);
    // An item that was also sent on an earlier connection may have been stored by that one.
    if (times > 0 && item.state === "refused" && item.attempts === 1) faults.add("refused", what);
    if (times > 0 && item.forbidden)
      faults.add("access", `${what}: stored although its sender has no access`);
    if (item.state === "waiting") faults.add("unanswered", what);
  }
}

/** Whether an open connection has read everything in its room. */
export function isUpToDate({ isOpen, again, heard, after, since }: Stay, { items }: Stored): boolean {
  const last = items.at(-1);
  if (!isOpen || again || !last) return true;
  if (heard.length === 0) return after === undefined ? last.sentAt < since : (after ?? undefined) === last;
  return heard.lastIndexOf(last) >= 0;
}

/**
 * Compares what each connection heard with what is stored: no gap from its first item to its last, and in
 * order.
 */
export function checkStays(stays: readonly Stay[], rooms: readonly Stored[], faults: Faults): void {
  const byRoom = new Map(rooms.map((stored) => [stored.room, stored]));
  const indexes = new Map(rooms.map(({ room, items }) => [room, new Map(items.map((item, i) => [item, i]))]));
  for (const stay of stays) {
    const stored = byRoom.get(stay.room);
    const index = indexes.get(stay.room);
    if (stored && index) checkStay(stay, stored, index, faults);
  }
}

/** How many places before the first heard item are searched for an item sent since the stay began. */
const LOOK_BACK = 5_000;

function checkStay(stay: Stay, stored: Stored, index: ReadonlyMap<Item, number>, faults: Faults): void {
  const { who, room, since, after, heard, repeats, isOpen, again } = stay;
  const { items, derived } = stored;
  const mustHear = (item: Item) => !(derived && item.attempts > 1 && since > item.sentAt);
  const fault = (usual: Fault): Fault => (stay.isResumed ? "resumed" : usual);
  const missed = (from: number, to: number) => {
    const missing = items.slice(from, to).filter(mustHear);
    if (missing.length > 0) {
      faults.add(
        fault("gap"),
        `${who} missed ${missing[0]?.key} in ${room}, with ${missing.length - 1} more`,
        missing.length,
      );
    }
  };
  let last = after === undefined ? undefined : after === null ? -1 : index.get(after);
  for (const [place, item] of heard.entries()) {
    const at = index.get(item);
    if (at === undefined) {
      // Without a history only confirmed items are known to be stored.
      if (!derived) faults.add("lost", `${item.key} in ${room}: delivered to ${who}`);
      continue;
    }
    // A repeat is confirmed to its sender with the event itself.
    const isRepeat = repeats.has(place);
    if (last === undefined) {
      if (isRepeat) continue;
      const from = Math.max(0, at - LOOK_BACK);
      const early = items.slice(from, at).findIndex((other) => other.sentAt > since);
      if (early >= 0 && !again) missed(from + early, at);
    } else if (at <= last) {
      if (isRepeat) continue;
      faults.add(fault("order"), `${who} heard ${item.key} in ${room} after ${items[last]?.key}`);
      continue;
    } else if (!again) missed(last + 1, at);
    last = at;
  }
  if (!isOpen || again) return;
  if (last !== undefined) missed(last + 1, items.length);
  else {
    const first = items.findIndex((item) => item.sentAt > since);
    if (first >= 0) missed(first, items.length);
  }
}
