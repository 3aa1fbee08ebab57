import type { RosterEntry } from "../core/live/roster.ts";
import type { Clock } from "../core/ports/clock.ts";
import { decode, encode, type Transport } from "./transport.ts";

/** Changes within this go out together. */
export const GATHER_MS = 10;
const ANSWER_MS = 1_000;
/** Entries of one answer to a node that asks for all. */
export const CHUNK = 2_000;
/** How long the rest of an answer waits to be asked for. */
const REST_MS = 10_000;

interface Delta {
  readonly id: string;
  readonly counter: number;
  readonly entries: readonly RosterEntry[];
}

/** A part of a node's whole roster. */
export interface Chunk {
  /** How many deltas it contains. */
  readonly counter: number;
  readonly entries: readonly RosterEntry[];
  /** Asks for the rest; absent in the last one. */
  readonly rest?: string;
}

interface Followed {
  /** Undefined until its whole roster is known. */
  counter: number | undefined;
  isAsking: boolean;
  /** Deltas that came while its whole roster was asked for. */
  waiting: Delta[];
}

export interface RosterSyncParts {
  readonly clock: Clock;
  readonly transport: Transport;
  readonly subject: string;
  /** Of this node, now. */
  id(): string;
  newId(): string;
  /** Asks a node for a part of its whole roster. */
  ask(id: string, rest: string | undefined, timeoutMs: number): Promise<Chunk>;
  readonly roster: {
    heard(node: string, entry: RosterEntry): void;
    heardAll(node: string, entries: readonly RosterEntry[]): void;
    said(): Iterable<RosterEntry>;
  };
}

/** Each node sends deltas of its roster with a counter, and its whole roster to a node that has missed one. */
export class RosterSync {
  #counter = 0;
  readonly #pending = new Map<string, RosterEntry>();
  readonly #followed = new Map<string, Followed>();
  readonly #rests = new Map<string, Chunk>();
  #unsubscribe = () => {};

  constructor(private readonly parts: RosterSyncParts) {}

  start(): void {
    const { subject, transport } = this.parts;
    this.#unsubscribe = transport.subscribe(subject, (bytes) => this.#heard(decode(bytes)));
  }

  stop(): void {
    this.#unsubscribe();
  }

  /** The whole roster of each known node is known. */
  get isWhole(): boolean {
    return [...this.#followed.values()].every(({ counter }) => counter !== undefined);
  }

  /** How many deltas of this node have gone out. */
  get counter(): number {
    return this.#counter;
  }

  /** The values of this node's connections under this key are these now. */
  changed(roster: string, group: string, key: string, values: readonly unknown[]): void {
    if (this.#pending.size === 0) this.parts.clock.after(GATHER_MS, () => this.flush());
    this.#pending.set(JSON.stringify([roster, group, key]), { roster, group, key, values });
  }

  flush(): void {
    if (this.#pending.size === 0) return;
    const entries = [...this.#pending.values()];
    this.#pending.clear();
    const delta: Delta = { id: this.parts.id(), counter: ++this.#counter, entries };
    // The counter grows all the same, so that the others notice what they miss and ask for everything.
    if (this.parts.transport.isConnected) this.parts.transport.publish(this.parts.subject, encode(delta));
  }

  /** This node has a new id, under which the others know nothing of it. */
  restart(): void {
    this.#counter = 0;
    this.#pending.clear();
  }

  /** A node is alive, and has sent this number of deltas. */
  follow(id: string, counter: number): void {
    const followed = this.#of(id);
    if (followed.counter !== counter) void this.#askAll(id, followed);
  }

  gone(id: string): void {
    if (this.#followed.delete(id)) this.parts.roster.heardAll(id, []);
  }

  /** Answers a node that asks for the whole roster, or for the rest of it. */
  chunk(rest?: string): Chunk {
    if (rest === undefined) {
      this.flush();
      return this.#cut({ counter: this.#counter, entries: [...this.parts.roster.said()] });
    }
    const found = this.#rests.get(rest);
    this.#rests.delete(rest);
    if (!found) throw new Error("asked too late");
    return this.#cut(found);
  }

  #cut({ counter, entries }: Chunk): Chunk {
    if (entries.length <= CHUNK) return { counter, entries };
    const rest = this.parts.newId();
    this.#rests.set(rest, { counter, entries: entries.slice(CHUNK) });
    this.parts.clock.after(REST_MS, () => this.#rests.delete(rest));
    return { counter, entries: entries.slice(0, CHUNK), rest };
  }

  #of(id: string): Followed {
    const followed = this.#followed.get(id) ?? { counter: undefined, isAsking: false, waiting: [] };
    this.#followed.set(id, followed);
    return followed;
  }

  #heard(delta: Delta): void {
    if (delta.id === this.parts.id()) return;
    const followed = this.#followed.get(delta.id);
    // Its next heartbeat makes it known.
    if (!followed) return;
    if (followed.isAsking) followed.waiting.push(delta);
    else if (delta.counter === (followed.counter ?? Number.NaN) + 1) this.#apply(followed, delta);
    else if (delta.counter > (followed.counter ?? 0)) void this.#askAll(delta.id, followed);
  }

  #apply(followed: Followed, { id, counter, entries }: Delta): void {
    followed.counter = counter;
    for (const entry of entries) this.parts.roster.heard(id, entry);
  }

  async #askAll(id: string, followed: Followed): Promise<void> {
    if (followed.isAsking) return;
    followed.isAsking = true;
    const entries: RosterEntry[] = [];
    let last: Chunk | undefined;
    try {
      do {
        last = await this.parts.ask(id, last?.rest, ANSWER_MS);
        entries.push(...last.entries);
      } while (last.rest !== undefined);
    } catch {
      // It is asked again at its next heartbeat.
      last = undefined;
    }
    followed.isAsking = false;
    const waiting = followed.waiting.splice(0);
    // It may have gone meanwhile.
    if (!last || this.#followed.get(id) !== followed) return;
    followed.counter = last.counter;
    this.parts.roster.heardAll(id, entries);
    for (const delta of waiting) if (delta.counter > last.counter) this.#heard(delta);
  }
}
