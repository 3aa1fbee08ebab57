import { z } from "zod";
import type { Actor, Harness } from "./harness.ts";
import type { Item } from "./ledger.ts";

const answer = z.object({ ids: z.array(z.string()) });
/** Events that one request may have, and the usual number. */
const MOST = 1_000;
const MOST_AT_ONCE = 5;
const PAUSE_MS = 100;

export interface Posting {
  /** The protocol of `POST /v1/{protocol}/events`. */
  readonly protocol: string;
  readonly room: string;
  /** The event that an item becomes. */
  event(item: Item): { readonly type: string; readonly data: unknown };
  /** The padding that an event of a flood may have, and its size with it. Without this nothing is flooded. */
  readonly flood?: { readonly padding: number; readonly bytes: number };
}

/**
 * A backend that posts the events of one room, one request after another, each repeated until its outcome is
 * known.
 */
export class Poster implements Actor {
  readonly rooms: readonly string[];
  readonly flood?: () => void;
  #isPosting = false;

  constructor(
    private readonly harness: Harness,
    readonly userId: string,
    private readonly posting: Posting,
  ) {
    this.rooms = [posting.room];
    harness.ledger.open(userId, posting.room);
    const { flood } = posting;
    if (flood) this.flood = () => void this.#flood(flood);
  }

  readonly isIn = true;

  get isDone(): boolean {
    return !this.#isPosting;
  }

  connect = async (): Promise<void> => {};
  close = (): void => {};

  send(): void {
    if (!this.#isPosting) void this.#postNew(this.harness.random.whole(1, MOST_AT_ONCE), 0);
  }

  /** Posts confirmed items again: nobody may get them. */
  async prove(items: readonly Item[]): Promise<void> {
    while ((await this.#post(items))?.status !== 200) await this.harness.pause(PAUSE_MS);
  }

  async #flood({ padding, bytes }: NonNullable<Posting["flood"]>): Promise<void> {
    for (let left = Math.ceil(this.harness.floodBytes / bytes); left > 0 && !this.#isPosting; left -= MOST) {
      await this.#postNew(Math.min(left, MOST), padding);
    }
  }

  async #postNew(count: number, padding: number): Promise<void> {
    const { ledger } = this.harness;
    this.#isPosting = true;
    const items = Array.from({ length: count }, () =>
      ledger.newItem(this.userId, this.posting.room, padding),
    );
    for (;;) {
      const posted = await this.#post(items);
      if (posted?.status === 200) {
        const { ids } = answer.parse(posted.body);
        for (const [at, item] of items.entries()) ledger.confirmed(item, ids[at] ?? "");
        break;
      }
      this.harness.count(`${this.posting.protocol} post ${posted?.status ?? "without answer"}`);
      // The request was refused as a whole, unless an earlier attempt was stored unnoticed, or the log of several nodes
      // has not answered in time: then the same ids again are right.
      const isInDoubt = posted?.status === 500 || (this.harness.hasNodes && posted?.status === 503);
      if (posted && !isInDoubt && items.every(({ attempts }) => attempts === 1)) {
        for (const item of items) ledger.refused(item);
        break;
      }
      await this.harness.pause(PAUSE_MS);
      for (const item of items) ledger.resent(item);
    }
    this.#isPosting = false;
  }

  #post(items: readonly Item[]) {
    const { protocol, room, event } = this.posting;
    const events = items.map((item) => ({ room, id: item.key, ...event(item) }));
    return this.harness.ask("POST", `/v1/${protocol}/events`, events);
  }
}
