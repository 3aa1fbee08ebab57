import type { Item, Ledger } from "./ledger.ts";

const IN_FLIGHT = 8;
/** After a reconnect a client doubts this many of its last confirmations, and says those items again too. */
const DOUBTS = 3;

/** What one client has said and nobody has answered yet. */
export class Outbox {
  #waiting = new Map<string, Item>();
  #lately: Item[] = [];

  constructor(
    private readonly ledger: Ledger,
    private readonly sender: string,
    private readonly send: (item: Item) => void,
  ) {}

  get isEmpty(): boolean {
    return this.#waiting.size === 0;
  }

  get hasRoom(): boolean {
    return this.#waiting.size < IN_FLIGHT;
  }

  say(room: string, padding = 0): void {
    const item = this.ledger.say(this.sender, room, padding);
    this.#waiting.set(item.key, item);
    this.send(item);
  }

  /** The connection is new: unanswered items are said again, in order and before any new item. */
  again(): void {
    const all = [...this.#lately.filter(({ key }) => !this.#waiting.has(key)), ...this.#waiting.values()];
    this.#lately = [];
    this.#waiting = new Map(all.map((item) => [item.key, item]));
    for (const item of all) {
      this.ledger.again(item);
      this.send(item);
    }
  }

  confirmed(item: Item, stamp: string): void {
    this.ledger.confirmed(item, stamp);
    if (this.#waiting.delete(item.key)) this.#lately = [...this.#lately, item].slice(-DOUBTS);
  }

  refused(item: Item): void {
    this.ledger.refused(item);
    this.#waiting.delete(item.key);
  }
}
