import { z } from "zod";
import type { Stored } from "./check.ts";
import type { Harness } from "./harness.ts";
import type { Item } from "./ledger.ts";

const page = z.object({ messages: z.array(z.record(z.string(), z.unknown())), hasMore: z.boolean() });
const PAGE = 1_000;
const TRIES = 60;
const AGAIN_MS = 500;

export interface Shown {
  /** The next page is requested by this id. */
  readonly id: string;
  /** The text that identifies the item. */
  readonly text: string;
}

/** Reads a room's history as a backend does: page by page from its end. */
export async function readBack<T extends z.ZodType>(
  harness: Harness,
  room: string,
  schema: T,
  show: (message: z.output<T>) => Shown,
): Promise<Stored> {
  const items: Item[] = [];
  let before = "";
  for (;;) {
    const path = `/v1/rooms/${room}/messages?limit=${PAGE}${before}`;
    let answer = await harness.ask("GET", path);
    for (let tries = 1; answer?.status !== 200 && tries < TRIES; tries++) {
      await harness.pause(AGAIN_MS);
      answer = await harness.ask("GET", path);
    }
    if (answer?.status !== 200) throw new Error(`the history of ${room} cannot be read`);
    const { messages, hasMore } = page.parse(answer.body);
    const shown = messages.map((message) => show(schema.parse(message)));
    items.unshift(
      ...shown.map(({ text }) => harness.ledger.find(room, text)).filter((item) => item !== undefined),
    );
    const [first] = shown;
    if (!hasMore || !first) return { room, items };
    before = `&before=${encodeURIComponent(first.id)}`;
  }
}
