import { z } from "zod";
import { contracts } from "../../src/verify/contracts/all.ts";
import { Faults } from "../../src/verify/faults.ts";
import type { Actor, Harness } from "../../src/verify/harness.ts";
import { Ledger } from "../../src/verify/ledger.ts";
import { Resumer } from "../../src/verify/resumer.ts";

const stored = z.looseObject({ room: z.string(), offset: z.number() });
const batch = z.object({ type: z.literal("batch"), data: z.object({ messages: z.array(z.unknown()) }) });

/**
 * A client for each room of each contract, on a node that nobody speaks to. It resumes whenever its node was down, so
 * it hears everything that comes out of the log, and the same on every such node.
 */
export class Witnesses {
  /** Stored frames, by room and offset. */
  readonly #heard = new Map<string, string>();
  readonly #faults = new Faults();
  #actors: readonly Actor[] = [];

  /** The listeners of a cast of their own, whose ledger knows nothing of what others say. */
  static async on(harness: Harness, clients: number): Promise<Witnesses> {
    const witnesses = new Witnesses();
    const own: Harness = {
      ...harness,
      ledger: new Ledger(witnesses.#faults),
      open: (endpoint, events) =>
        harness.open(endpoint, {
          ...events,
          heard(frame) {
            witnesses.#note(frame);
            events.heard(frame);
          },
        }),
    };
    const workloads = await Promise.all(contracts.map(({ contract }) => contract.workload(own, clients)));
    witnesses.#actors = workloads.flatMap(({ actors }) => actors.filter((actor) => actor instanceof Resumer));
    return witnesses;
  }

  connect(): void {
    for (const actor of this.#actors) if (!actor.isIn) void actor.connect();
  }

  get areIn(): boolean {
    return this.#actors.every(({ isIn }) => isIn);
  }

  #note(frame: unknown): void {
    const { data } = batch.safeParse(frame);
    for (const one of data?.data.messages ?? [frame]) {
      const found = stored.safeParse(one).data;
      if (found) this.#heard.set(`${found.room}@${found.offset}`, JSON.stringify(one));
    }
  }

  get frames(): number {
    return this.#heard.size;
  }

  /** What was missed, doubled or out of order here. */
  get missed(): string | undefined {
    return this.#faults.examples("resumed")[0];
  }

  /** The first frame that is not the same on the other node. */
  difference(other: Witnesses): string | undefined {
    for (const place of new Set([...this.#heard.keys(), ...other.#heard.keys()])) {
      const [one, another] = [this.#heard.get(place), other.#heard.get(place)];
      if (one !== another) return `${place}: ${one} and ${another}`;
    }
    return undefined;
  }
}
