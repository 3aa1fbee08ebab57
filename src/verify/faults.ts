/** What must not happen, in the words of the report. */
export const PROMISES = {
  lost: "confirmed or delivered, but not stored",
  twice: "stored twice, or confirmed as two",
  gap: "missed on an open connection",
  order: "out of order, or delivered twice",
  access: "delivered to or accepted from a user without access",
  resumed: "missed, doubled or out of order, resumed",
  feed: "missed, doubled or out of order in the feed",
  altered: "altered, or never said",
  refused: "refused, but stored",
  unanswered: "never answered",
  died: "the server ended by itself",
  diverged: "not the same on all nodes",
  early: "listened before it had caught up with the log",
  turned: "turned away, where nothing but restarts was going on",
  leased: "work of one node, done by two or by none",
  there: "there, gone or typing, and other nodes do not know",
} as const;
export type Fault = keyof typeof PROMISES;

const EXAMPLES = 5;

/** The faults that were found: their number, and the first few of each kind. */
export class Faults {
  readonly #found = new Map<Fault, { count: number; examples: string[] }>();

  add(fault: Fault, example: string, count = 1): void {
    const found = this.#found.get(fault) ?? { count: 0, examples: [] };
    this.#found.set(fault, found);
    found.count += count;
    if (found.examples.length < EXAMPLES) found.examples.push(example);
  }

  count(fault: Fault): number {
    return this.#found.get(fault)?.count ?? 0;
  }

  examples(fault: Fault): readonly string[] {
    return this.#found.get(fault)?.examples ?? [];
  }

  get held(): boolean {
    return this.#found.size === 0;
  }
}
