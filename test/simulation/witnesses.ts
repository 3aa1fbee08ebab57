import { contracts } from "../../src/verify/contracts/all.ts";
import { Faults } from "../../src/verify/faults.ts";
import { Ledger } from "../../src/verify/ledger.ts";
import { Resumer } from "../../src/verify/resumer.ts";
import type { Actor, Stage } from "../../src/verify/stage.ts";

/** Frames of one node, by who heard them. */
type Heard = Map<string, string[]>;

/**
 * A client of each contract on a node that nobody speaks to. It hears what comes out of the log and nothing else, so it
 * hears the same on every such node.
 */
export class Witnesses {
  readonly #heard: Heard = new Map();
  #actors: readonly Actor[] = [];

  static async on(stage: Stage, clients: number): Promise<Witnesses> {
    const witnesses = new Witnesses();
    await witnesses.#cast(stage, clients);
    return witnesses;
  }

  /** The listeners of a cast of their own, whose ledger knows nothing of what others say. */
  async #cast(stage: Stage, clients: number): Promise<void> {
    const own: Stage = {
      ...stage,
      ledger: new Ledger(new Faults()),
      open: (way, events) => {
        const frames: string[] = [];
        this.#heard.set(`${this.#heard.size} ${way.path.split("?")[0]}`, frames);
        return stage.open(way, {
          ...events,
          heard(frame) {
            const ofLog = inBatch(frame).filter((one) => !isPing(one));
            frames.push(...ofLog.map((one) => JSON.stringify(one)));
            events.heard(frame);
          },
        });
      },
    };
    const casts = await Promise.all(contracts.map(({ contract }) => contract.cast(own, clients)));
    this.#actors = casts.flatMap(({ actors }) => actors.filter((actor) => actor instanceof Resumer));
    for (const actor of this.#actors) await actor.connect();
  }

  /** Greetings name the time of a node's own clock: what is compared begins now. */
  begin(): void {
    for (const frames of this.#heard.values()) frames.length = 0;
  }

  get frames(): number {
    return [...this.#heard.values()].reduce((sum, frames) => sum + frames.length, 0);
  }

  /** The first frame in which one of them heard something else than on the other node, as long as both were connected. */
  difference(other: Witnesses): string | undefined {
    for (const [who, frames] of this.#heard) {
      const others = other.#heard.get(who) ?? [];
      for (const [n, frame] of frames.slice(0, others.length).entries()) {
        if (frame !== others[n]) return `${who}, frame ${n}: ${frame} and ${others[n]}`;
      }
    }
    return undefined;
  }
}

/** A node asks its own connections, by its own clock. */
const isPing = (frame: unknown): boolean => String((frame as { type?: unknown }).type).endsWith("ping");

/** A batch is cut by a node's own clock. */
function inBatch(frame: unknown): readonly unknown[] {
  const { type, data } = frame as { type?: string; data?: { messages?: readonly unknown[] } };
  return (type === "batch" && data?.messages) || [frame];
}
