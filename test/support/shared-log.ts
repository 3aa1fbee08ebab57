import type { Core } from "../../src/core/core.ts";
import { type Apply, BATCH_FORMAT, type Batch, type Log } from "../../src/core/log/log.ts";
import type { Clock } from "../../src/core/ports/clock.ts";
import { Deliveries } from "../../src/log/deliveries.ts";

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

  /** What nodes have sent that are gone. */
  readonly abandoned: Batch[] = [];

  /** The same batch appended again, because its acknowledgement was lost, is in the log once. */
  append({ id, entries }: Batch): void {
    if (this.#ids.has(id)) return;
    this.#ids.add(id);
    this.batches.push(JSON.stringify({ v: BATCH_FORMAT, id, node: "", entries }));
  }

  /** What was sent long ago arrives. */
  arriveLate(): void {
    for (const batch of this.abandoned.splice(0)) this.append(batch);
  }
}

/** What a node knows that has not applied all of the log. */
export type Knowing = "nothing" | "behind" | "in doubt";

/** The log as one node sees it: what it sends arrives, and what comes next is applied, when a test says so. */
export class NodeLog {
  #applied!: () => number;
  #deliveries!: Deliveries;
  /** The batch that is on its way to the log. */
  #sent: Batch | undefined;

  constructor(
    private readonly log: SharedLog,
    private readonly clock: Clock,
    private readonly knows: () => Knowing = () => "nothing",
  ) {}

  readonly attach = (applied: () => number, apply: Apply): Log => {
    this.#applied = applied;
    this.#deliveries = new Deliveries({
      ...{ clock: this.clock, applied },
      apply: (position, batch) => this.#tryOnce(apply, position, batch),
      done: () => {},
      tooNew: (format) => {
        throw new Error(`entry format ${format} is too new`);
      },
    });
    return {
      shared: true,
      append: (batch) => {
        if (this.#sent) throw new Error("a second batch is on its way");
        this.#sent = batch;
      },
      barrier: () => this.barrier(),
      catchUp: (inDoubt) =>
        (this.knows() === "behind" || (this.knows() === "in doubt" && inDoubt)) &&
        this.position < this.log.batches.length
          ? Promise.race([this.barrier().then(() => true), this.gaveUp.promise])
          : undefined,
    };
  };

  #tryOnce(apply: Apply, position: number, batch: Batch): boolean {
    const sent = this.#sent;
    // A node that applies its own batch may send the next one at once.
    if (sent?.id === batch.id) this.#sent = undefined;
    const isApplied = apply(position, batch);
    if (!isApplied) this.#sent = sent;
    return isApplied;
  }

  /** Resolves when everything is applied here that the log holds now. */
  barrier(): Promise<void> {
    return this.#deliveries.reached(this.log.batches.length);
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

  /** The node is gone, and what it has sent arrives later, perhaps after the same messages by way of another node. */
  abandon(): void {
    if (this.#sent) this.log.abandoned.push(this.#sent);
  }

  /** Applies the next batches, at most this many; returns how many that were. */
  deliver(most = Number.POSITIVE_INFINITY): number {
    const before = this.position;
    while (this.position - before < most && this.#read(this.position + 1));
    return this.position - before;
  }

  /** As when one consumer takes the place of another: one batch comes too early, and others again. */
  deliverAgain(): void {
    const next = this.position + 1;
    for (const position of [next + 1, next - 1, next, next]) this.#read(position);
  }

  #read(position: number): boolean {
    const batch = this.log.batches[position - 1];
    return batch !== undefined && this.#deliveries.deliver(position, batch);
  }
}
