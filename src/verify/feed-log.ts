import { z } from "zod";
import type { Stored } from "./check.ts";
import type { Item, Ledger } from "./ledger.ts";

export const feedEvent = z.object({
  position: z.string(),
  room: z.string(),
  offset: z.number(),
  kind: z.string(),
  clientId: z.string().nullable(),
  data: z.unknown(),
});
type FeedEvent = z.output<typeof feedEvent>;
const gift = z.object({ giftId: z.string() });

/** Events that are items of a room, by their kind. Others only have an offset. */
const SAID = new Set(["message", "group.message", "direct.message", "room.created", "gift:received"]);

/** The events that one consumer of the feed has got. It stores its position with them, so it gets none twice. */
export class FeedLog {
  /** Of the last event. It reconnects with this. */
  position = "0";
  readonly #offsets = new Map<string, number>();
  readonly #items = new Map<string, Item[]>();
  /** Positions that it has got, where they may come again. */
  readonly #taken = new Set<string>();

  constructor(
    private readonly who: string,
    private readonly ledger: Ledger,
    /** It has read the feed from its beginning, so each room begins with 1. */
    private readonly isWhole: boolean,
    /** What it has got may come again, as it does when another node goes on with a webhook. */
    private readonly mayRepeat = false,
  ) {}

  /** Events that came together. */
  takeAll(events: readonly FeedEvent[]): void {
    let before = -1n;
    for (const event of events) {
      const position = BigInt(event.position);
      if (position <= before) this.#fault(`got position ${position} after ${before}, together`);
      before = position;
      this.take(event);
    }
  }

  take(event: FeedEvent): void {
    const { position, room, offset } = event;
    if (BigInt(position) <= BigInt(this.position)) {
      if (!this.#taken.has(position)) this.#fault(`got position ${position} after ${this.position}`);
      return;
    }
    this.position = position;
    if (this.mayRepeat) this.#taken.add(position);
    if (this.ledger.removed.has(room)) return;
    const last = this.#offsets.get(room) ?? (this.isWhole ? 0 : offset - 1);
    if (offset !== last + 1) this.#fault(`got offset ${offset} of ${room} after ${last}`);
    this.#offsets.set(room, offset);
    const item = this.ledger.items.get(keyOf(event) ?? "");
    if (!item || item.room !== room || !SAID.has(event.kind)) return;
    const items = this.#items.get(room) ?? [];
    this.#items.set(room, items);
    items.push(item);
  }

  /** Whether it has not got what a room holds. */
  isBehind({ room, items }: Stored): boolean {
    const last = items.at(-1);
    return last !== undefined && !(this.#items.get(room) ?? []).slice(-LOOK_BACK).includes(last);
  }

  /** Compares what it has got with what is stored: everything, in order. */
  check({ room, items, derived }: Stored): void {
    const known = new Set(items);
    // Without a history, only what was confirmed is known to be stored. What was answered too late may be stored since.
    const counts = (item: Item) => known.has(item) || (!derived && item.state !== "waiting");
    const got = (this.#items.get(room) ?? []).filter(counts);
    const at = items.findIndex((item, n) => got[n] !== item);
    if (at >= 0) this.#fault(`got ${got[at]?.key ?? "nothing"} in ${room} where ${items[at]?.key} is stored`);
    else if (got.length > items.length)
      this.#fault(`got ${got[items.length]?.key} in ${room}, which is not stored`);
  }

  #fault(what: string): void {
    this.ledger.faults.add("feed", `${this.who} ${what}`);
  }
}

/** Events may follow the last one that is known, where the contract has no history. */
const LOOK_BACK = 1_000;

const keyOf = ({ kind, clientId, data }: FeedEvent): string | undefined =>
  kind === "gift:received" ? gift.safeParse(data).data?.giftId : (clientId ?? undefined);
