import type { Core } from "../../src/core/core.ts";
import type { Apply, Batch, Log } from "../../src/core/log/log.ts";

/** A node that hears at once from the others what is in no log. */
export interface LinkedNode {
  readonly id: string;
  readonly core: Core;
}

/** One order of batches for several nodes in one process: a test says when each node gets the next of them. */
export class SharedLog {
  readonly batches: string[] = [];
  readonly linked = new Set<LinkedNode>();
  readonly #ids = new Set<string>();

  /** The same batch appended again, because its acknowledgement was lost, is in the log once. */
  append({ id, entries }: Batch): void {
    if (this.#ids.has(id)) return;
    this.#ids.add(id);
    this.batches.push(JSON.stringify({ id, entries }));
  }
}

/** What a node knows that has not applied all of the log. */
export type Knowing = "nothing" | "behind" | "in doubt";

/** The log as one node sees it: what it sends arrives, and what comes next is applied, when a test says so. */
export class NodeLog {
  #apply!: Apply;
  #applied!: () => number;
  /** The batch that is on its way to the log. */
  #sent: Batch | undefined;

  #barriers: { readonly position: number; readonly reached: () => void }[] = [];

  constructor(
    private readonly log: SharedLog,
    private readonly knows: () => Knowing = () => "nothing",
  ) {}

  readonly attach = (applied: () => number, apply: Apply): Log => {
    this.#applied = applied;
    this.#apply = apply;
    return {
      shared: true,
      append: (batch) => {
        if (this.#sent) throw new Error("a second batch is on its way");
        this.#sent = batch;
      },
      barrier: () => this.#barrier(),
      catchUp: (inDoubt) =>
        (this.knows() === "behind" || (this.knows() === "in doubt" && inDoubt)) &&
        this.position < this.log.batches.length
          ? Promise.race([this.#barrier().then(() => true), this.gaveUp.promise])
          : undefined,
    };
  };

  #barrier(): Promise<void> {
    return new Promise((reached) => {
      this.#barriers.push({ position: this.log.batches.length, reached });
      this.#reach();
    });
  }

  /** Resolved by a test: the node has not caught up in time. */
  readonly gaveUp = Promise.withResolvers<false>();

  get position(): number {
    return this.#applied();
  }

  /** What was sent is in the log. The acknowledgement may be lost: then it is sent again until it is applied. */
  arrive(): void {
    if (this.#sent) this.log.append(this.#sent);
  }

  /** Applies the next batches, at most this many; returns how many that were. */
  deliver(most = Number.POSITIVE_INFINITY): number {
    let applied = 0;
    while (applied < most && this.#applied() < this.log.batches.length) {
      const position = this.#applied() + 1;
      const batch: Batch = JSON.parse(this.log.batches[position - 1]!);
      const sent = this.#sent;
      // A node that applies its own batch may send the next one at once.
      if (sent?.id === batch.id) this.#sent = undefined;
      if (!this.#apply(position, batch)) {
        if (sent?.id === batch.id) this.#sent = sent;
        break;
      }
      applied++;
    }
    this.#reach();
    return applied;
  }

  #reach(): void {
    for (const { position, reached } of this.#barriers) if (position <= this.position) reached();
    this.#barriers = this.#barriers.filter(({ position }) => position > this.position);
  }
}
