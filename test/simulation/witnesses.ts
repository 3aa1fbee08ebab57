import { z } from "zod";
import { Author } from "../../src/verify/contracts/author.ts";
import { Faults } from "../../src/verify/faults.ts";
import type { Actor, Harness } from "../../src/verify/harness.ts";
import { Ledger } from "../../src/verify/ledger.ts";
import { Resumer } from "../../src/verify/resumer.ts";
import { contracts } from "./contracts.ts";

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

  /** The listeners of workloads of their own, whose ledger knows nothing of what others say. */
  static async on(harness: Harness, clients: number): Promise<Witnesses> {
    const witnesses = new Witnesses();
    const own: Harness = {
      ...harness,
      ledger: new Ledger(witnesses.#faults),
      open: (endpoint, events) =>
        harness.open(endpoint, {
          ...events,
          heard(frame) {
            // A client that does not resume hears no edit that was made while its node was down.
            if (endpoint.path.includes("resume=")) witnesses.#note(frame);
            events.heard(frame);
          },
        }),
    };
    const workloads = await Promise.all(contracts.map((contract) => contract.workload(own, clients)));
    const actors = workloads.flatMap(({ actors }) => actors);
    const authors = actors.filter((actor) => actor instanceof Author);
    witnesses.#actors = [
      ...actors.filter((actor) => actor instanceof Resumer),
      // Of each session the first, who only listens here.
      ...authors.filter(({ rooms: [room] }, n) => authors.findIndex(({ rooms }) => rooms[0] === room) === n),
    ];
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
    const [first] = (["resumed", "gap", "order"] as const).flatMap((fault) => this.#faults.examples(fault));
    return first;
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
