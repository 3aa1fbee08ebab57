import { sendGarbage } from "./garbage.ts";
import type { Actor, Harness } from "./harness.ts";
import type { Random } from "./random.ts";
import { type Mishap, type Moment, NODE_MISHAPS, type NodeMishap } from "./schedule.ts";
import type { Target } from "./target.ts";

const NEVER_FULL = "the disk was never full: prlimit cannot be used here";
const STALLED = 3;
/** The share of kills that wait for a delivery to be on its way. */
const MET = 0.6;

/** The server or the nodes under test, where verify has started them. */
export interface Killable extends Target {
  /** With SIGKILL; only where it is one server alone. */
  kill?(): Promise<void>;
  /** Resolves when it serves again. */
  start(): Promise<void>;
  /** Where there are several nodes: injects their faults, some of them at the same time. */
  readonly cluster?: { happen(moment: Moment, beforeKill: () => Promise<void>): Promise<void> } | undefined;
  /** From now on none of its files may grow beyond this size. False where the system has no such limit. */
  limitFiles(bytes: number | undefined): boolean;
}

const isOfNodes = (what: Mishap): what is NodeMishap => NODE_MISHAPS.some((one) => one === what);

/** Carries out the faults of the schedule. */
export class Chaos {
  /** Faults that could not be injected, and why. */
  readonly skipped = new Set<string>();
  #isDiskFull = false;
  #wasDiskFull = false;
  /** A stalled actor is not stalled again: the first thaw would make it read. */
  readonly #stalled = new Set<Actor>();

  constructor(
    private readonly harness: Harness,
    private readonly server: Killable,
    private readonly actors: readonly Actor[],
    private readonly random: Random,
    /** Resolves when something is on its way that a kill should meet. */
    private readonly beforeKill: () => Promise<void> = async () => {},
  ) {}

  async happen(moment: Moment): Promise<void> {
    const { what } = moment;
    const { cluster } = this.server;
    if (cluster && (isOfNodes(what) || what === "kill")) await cluster.happen(moment, this.beforeKill);
    else if (isOfNodes(what)) return;
    else await this.#mishaps[what](moment);
  }

  readonly #mishaps: { readonly [What in Exclude<Mishap, NodeMishap>]: (moment: Moment) => Promise<void> } = {
    kill: async ({ who }) => {
      if (who < MET) await this.beforeKill();
      this.harness.count("kill -9");
      await this.server.kill?.();
      await this.server.start();
    },

    cut: async ({ who }) => {
      this.harness.count("connections cut");
      this.#pick(who, ({ wire }) => wire !== undefined)?.wire?.cut();
    },

    abandon: async ({ who }) => {
      this.harness.count("connections abandoned");
      this.#pick(who, ({ wire }) => wire !== undefined)?.wire?.abandon();
    },

    stall: async ({ who, long }) => {
      const flooder = this.#pick(who, ({ flood, isIn, isDone }) => flood !== undefined && isIn && isDone);
      if (!flooder) return;
      const isNear = ({ rooms }: Actor) => rooms.some((room) => flooder.rooms.includes(room));
      const stalled = this.actors
        .filter((actor) => actor.wire && actor !== flooder && isNear(actor) && !this.#stalled.has(actor))
        .filter(() => this.random.chance(0.6))
        .slice(0, STALLED);
      this.harness.count("readers stalled", stalled.length);
      this.harness.count("floods");
      for (const actor of stalled) this.#stalled.add(actor);
      const thaw = stalled.map(({ wire }) => wire?.freeze());
      flooder.flood?.();
      await Bun.sleep(500 + 1_500 * long);
      for (const each of thaw) each?.();
      for (const actor of stalled) this.#stalled.delete(actor);
    },

    disturb: async ({ who }) => {
      this.harness.count("broken messages");
      this.#pick(who, ({ disturb, isIn }) => disturb !== undefined && isIn)?.disturb?.();
    },

    garbage: async ({ who }) => {
      this.harness.count("broken frames");
      await sendGarbage(this.server, who);
    },

    disk: async ({ long }) => {
      if (this.#isDiskFull) return;
      if (!this.server.limitFiles(8_192)) {
        if (!this.#wasDiskFull) this.skipped.add(NEVER_FULL);
        return;
      }
      this.skipped.delete(NEVER_FULL);
      this.#isDiskFull = this.#wasDiskFull = true;
      this.harness.count("disk full");
      await Bun.sleep(200 + 1_000 * long);
      // The server was killed meanwhile: this is another process, without the limit.
      this.server.limitFiles(undefined);
      this.#isDiskFull = false;
    },
  };

  #pick(who: number, fits: (actor: Actor) => boolean): Actor | undefined {
    const fitting = this.actors.filter(fits);
    return fitting[Math.floor(who * fitting.length)];
  }
}
