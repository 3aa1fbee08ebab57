import type { Faults } from "./faults.ts";
import type { Item, Ledger, Stay } from "./ledger.ts";

/** What a room's history holds, in its order. */
export interface Stored {
  readonly room: string;
  readonly items: readonly Item[];
  /**
   * The contract has no history to read: this is the order in which one backend posted. What it had to post
   * more than once may have been delivered the first time.
   */
  readonly derived?: boolean;
}

/** Holds what was said against what is stored. */
export function checkStored(ledger: Ledger, rooms: readonly Stored[]): void {
  const { faults } = ledger;
  const places = new Map<Item, number>();
  for (const { room, items } of rooms) {
    const last = new Map<string, Item>();
    for (const item of items) {
      places.set(item, (places.get(item) ?? 0) + 1);
      const before = last.get(item.sender);
      if (!before || before.n < item.n) last.set(item.sender, item);
      // What was refused, unheard, because the connection broke, and is said again comes after what was not.
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
    // What was also said on an earlier connection may have come in by that.
    if (times > 0 && item.state === "refused" && item.attempts === 1) faults.add("refused", what);
    if (times > 0 && item.forbidden) faults.add("access", `${what}: stored from a stranger`);
    if (item.state === "waiting") faults.add("unanswered", what);
  }
}

/** Whether an open connection has read all that its room holds. */
export function isUpToDate({ isOpen, again, heard, after, since }: Stay, { items }: Stored): boolean {
  const last = items.at(-1);
  if (!isOpen || again || !last) return true;
  if (heard.length === 0) return after === undefined ? last.saidAt < since : (after ?? undefined) === last;
  return heard.lastIndexOf(last) >= 0;
}

/** Holds what each connection heard against what is stored: no gap from its first to its last, in order. */
export function checkStays(stays: readonly Stay[], rooms: readonly Stored[], faults: Faults): void {
  const byRoom = new Map(rooms.map((stored) => [stored.room, stored]));
  const indexes = new Map(rooms.map(({ room, items }) => [room, new Map(items.map((item, i) => [item, i]))]));
  for (const stay of stays) {
    const stored = byRoom.get(stay.room);
    const index = indexes.get(stay.room);
    if (stored && index) checkStay(stay, stored, index, faults);
  }
}

/** How far back the first that was heard is compared with what was said since the stay began. */
const LOOK_BACK = 5_000;

function checkStay(stay: Stay, stored: Stored, index: ReadonlyMap<Item, number>, faults: Faults): void {
  const { who, room, since, after, heard, repeats, isOpen, again } = stay;
  const { items, derived } = stored;
  const mustHear = (item: Item) => !(derived && item.attempts > 1 && since > item.saidAt);
  const missed = (from: number, to: number) => {
    const missing = items.slice(from, to).filter(mustHear);
    if (missing.length > 0) {
      faults.add(
        "gap",
        `${who} missed ${missing[0]?.key} in ${room}, with ${missing.length - 1} more`,
        missing.length,
      );
    }
  };
  let last = after === undefined ? undefined : after === null ? -1 : index.get(after);
  for (const [place, item] of heard.entries()) {
    const at = index.get(item);
    if (at === undefined) {
      // Of what has no history only the confirmed is known to be stored.
      if (!derived) faults.add("lost", `${item.key} in ${room}: delivered to ${who}`);
      continue;
    }
    // A repeat is confirmed to its sender with the event itself.
    const isRepeat = repeats.has(place);
    if (last === undefined) {
      if (isRepeat) continue;
      const from = Math.max(0, at - LOOK_BACK);
      const early = items.slice(from, at).findIndex((other) => other.saidAt > since);
      if (early >= 0 && !again) missed(from + early, at);
    } else if (at <= last) {
      if (isRepeat) continue;
      faults.add("order", `${who} heard ${item.key} in ${room} after ${items[last]?.key}`);
      continue;
    } else if (!again) missed(last + 1, at);
    last = at;
  }
  if (!isOpen || again) return;
  if (last !== undefined) missed(last + 1, items.length);
  else {
    const first = items.findIndex((item) => item.saidAt > since);
    if (first >= 0) missed(first, items.length);
  }
}
