import type { Faults } from "./faults.ts";

/** A message or event that a client or a backend sent to a room. Its key tells it from all others. */
export interface Item {
  readonly room: string;
  readonly sender: string;
  /** Counted per sender. */
  readonly n: number;
  /** Also the client's id of the item. No white space. */
  readonly key: string;
  /** Characters after the key and a space. */
  readonly padding: number;
  /** When it was first sent, in ticks of the ledger. */
  readonly sentAt: number;
  attempts: number;
  /** The server must refuse it: its sender never had access to the room. */
  readonly forbidden: boolean;
  state: "waiting" | "confirmed" | "refused";
  /** The server's id of the item, once confirmed. */
  stamp: string | undefined;
}

/** One connection in one room, from the moment that the client has read that it is in the room. */
export interface Stay {
  readonly who: string;
  readonly room: string;
  readonly since: number;
  /** The last item stored before the stay: null for none, undefined where the contract does not say. */
  after: Item | null | undefined;
  readonly heard: Item[];
  /**
   * Places among these where own items came that the client had sent again: they may confirm earlier items.
   */
  readonly repeats: Set<number>;
  isOpen: boolean;
  /** Unacknowledged items are sent again, so what the connection hears may have holes. */
  readonly again: boolean;
  /** All connections of a client that resumes, as if they were one. */
  readonly isResumed?: boolean;
}

export const textOf = ({ key, padding }: Pick<Item, "key" | "padding">): string =>
  `${key} ${"x".repeat(padding)}`;
const keyOf = (text: string): string => text.slice(0, text.indexOf(" "));

/**
 * Which items were sent, confirmed and heard: by whom, where and in which order. Ticks order what this process
 * observes: an item sent after a tick cannot have been stored before it.
 */
export class Ledger {
  readonly items = new Map<string, Item>();
  readonly stays: Stay[] = [];
  /** Rooms that are removed during the run: their events leave the feed. */
  readonly removed = new Set<string>();
  repeated = 0;
  heard = 0;
  /** Items that were confirmed or refused. A client that connects again and again gets answers to no others. */
  answered = 0;
  /** Milliseconds from one confirmation to the next, at most. */
  longestSilence = 0;
  #confirmedAt: number | undefined;
  readonly #late = new Set<Item>();
  #tick = 0;
  readonly #counts = new Map<string, number>();
  /** By user and room: open to the user, or the tick since when it is closed. */
  readonly #access = new Map<string, "open" | number>();
  /** Users and rooms that were closed at some time. */
  readonly #barred = new Set<string>();

  constructor(
    readonly faults: Faults,
    /** Called for items that were refused although their sender had access all the time. */
    private readonly turnedAway: (what: string) => void = () => {},
  ) {}

  newItem(sender: string, room: string, padding = 0): Item {
    const n = (this.#counts.get(sender) ?? 0) + 1;
    this.#counts.set(sender, n);
    const item: Item = {
      ...{ room, sender, n, padding, key: `${sender}-${n}`, sentAt: ++this.#tick, attempts: 1 },
      ...{ forbidden: !this.#access.has(`${sender} ${room}`), state: "waiting", stamp: undefined },
    };
    this.items.set(item.key, item);
    return item;
  }

  /** Items without an answer by now count as unanswered: an answer from now on is too late. */
  close(): void {
    for (const item of this.items.values()) if (item.state === "waiting") this.#late.add(item);
  }

  resent(item: Item): void {
    item.attempts++;
    this.repeated++;
  }

  confirmed(item: Item, stamp: string): void {
    if (this.#late.has(item)) return;
    if (item.stamp !== undefined && item.stamp !== stamp) {
      this.faults.add("twice", `${item.key} in ${item.room}: confirmed as ${item.stamp} and as ${stamp}`);
    }
    if (item.forbidden)
      this.faults.add("access", `${item.key}: accepted from a user without access to ${item.room}`);
    if (item.state === "waiting") this.answered++;
    item.stamp = stamp;
    item.state = "confirmed";
    const now = performance.now();
    this.longestSilence = Math.max(this.longestSilence, now - (this.#confirmedAt ?? now));
    this.#confirmedAt = now;
  }

  refused(item: Item): void {
    if (this.#late.has(item)) return;
    const { key, room, sender } = item;
    if (item.state === "waiting") this.answered++;
    const isRight = !item.forbidden && !this.#barred.has(`${sender} ${room}`);
    // An earlier attempt may have been stored unnoticed; then the repeat may be refused.
    if (isRight && item.attempts === 1) this.turnedAway(`${key} in ${room}`);
    if (item.state === "waiting") item.state = "refused";
  }

  /** From now on the user has access to the room. */
  open(who: string, room: string): void {
    this.#access.set(`${who} ${room}`, "open");
  }

  /** Items sent to this room from now on are not for this user. */
  bar(who: string, room: string): void {
    this.#access.set(`${who} ${room}`, ++this.#tick);
    this.#barred.add(`${who} ${room}`);
  }

  enter(who: string, room: string, after: Stay["after"], again = false): Stay {
    const since = ++this.#tick;
    const stay: Stay = { who, room, since, after, heard: [], repeats: new Set(), isOpen: true, again };
    if (!this.#access.has(`${who} ${room}`)) this.faults.add("access", `${who} got access to ${room}`);
    this.stays.push(stay);
    return stay;
  }

  /**
   * Finds an item by its text, or by its key and a space where the contract has no text. Undefined for a text
   * that nobody sent.
   */
  find(room: string, text: string): Item | undefined {
    const item = this.items.get(keyOf(text));
    if (item?.room === room && (text === textOf(item) || text === `${item.key} `)) return item;
    this.faults.add("altered", `${room}: ${text.slice(0, 60)}`);
    return undefined;
  }

  /** An item has arrived live. `stay` is missing where the client is not in the room. */
  hear(who: string, item: Item, stay: Stay | undefined): void {
    this.heard++;
    const access = this.#access.get(`${who} ${item.room}`) ?? 0;
    if (access !== "open" && item.sentAt > access) {
      this.faults.add("access", `${who} heard ${item.key} in ${item.room}`);
    }
    if (stay) this.place(item, stay);
  }

  /** Puts the item in its place among those that the stay heard. */
  place(item: Item, stay: Stay): void {
    if (item.sender === stay.who && item.attempts > 1) stay.repeats.add(stay.heard.length);
    stay.heard.push(item);
  }
}
