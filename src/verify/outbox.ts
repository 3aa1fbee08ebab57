import type { Item, Ledger } from "./ledger.ts";

const IN_FLIGHT = 8;
/** After a reconnect a client also sends this many of its last confirmed items again. */
const RESENT_CONFIRMED = 3;

/** The items that one client has sent and that are not answered yet. */
export class Outbox {
  #waiting = new Map<string, Item>();
  #confirmed: Item[] = [];

  constructor(
    private readonly ledger: Ledger,
    private readonly sender: string,
    private readonly transmit: (item: Item) => void,
  ) {}

  get isEmpty(): boolean {
    return this.#waiting.size === 0;
  }

  get hasRoom(): boolean {
    return this.#waiting.size < IN_FLIGHT;
  }

  send(room: string, padding = 0): void {
    const item = this.ledger.newItem(this.sender, room, padding);
    this.#waiting.set(item.key, item);
    this.transmit(item);
  }

  /** For a new connection: sends unanswered items again, in order and before any new item. */
  resend(): void {
    const all = [...this.#confirmed.filter(({ key }) => !this.#waiting.has(key)), ...this.#waiting.values()];
    this.#confirmed = [];
    this.#waiting = new Map(all.map((item) => [item.key, item]));
    for (const item of all) {
      this.ledger.resent(item);
      this.transmit(item);
    }
  }

  confirmed(item: Item, stamp: string): void {
    this.ledger.confirmed(item, stamp);
    if (this.#waiting.delete(item.key)) this.#confirmed = [...this.#confirmed, item].slice(-RESENT_CONFIRMED);
  }

  refused(item: Item): void {
    this.ledger.refused(item);
    this.#waiting.delete(item.key);
  }
}
