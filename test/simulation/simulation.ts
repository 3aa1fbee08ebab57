import { checkStays, checkStored } from "../../src/verify/check.ts";
import { Faults } from "../../src/verify/faults.ts";
import type { Actor, Harness, Workload } from "../../src/verify/harness.ts";
import { Ledger } from "../../src/verify/ledger.ts";
import { Random } from "../../src/verify/random.ts";
import type { Action } from "./actions.ts";
import { disagreements } from "./agreement.ts";
import { contracts } from "./contracts.ts";
import { Crowd, FORGOTTEN_MS, KNOWN_MS } from "./crowd.ts";
import { Fleet, type Skews, START } from "./fleet.ts";
import { tokenOf } from "./instance.ts";
import { Past } from "./past.ts";
import { Witnesses } from "./witnesses.ts";

/** From six clients on a contract has each of its kinds: a user without access, a member, a reader of batches. */
const CLIENTS_EACH = 6;
/** Bytes: a reader may survive a short flood. No socket holds a long one, and all of it may wait for a token's verification. */
const [SHORT_FLOOD, LONG_FLOOD] = [240_000, 960_000];
const ROUNDS = 400;
/** Rooms are forgotten that have been silent through two sweeps of half an hour. */
const SILENCE_MS = 61 * 60_000;

class Unsettled extends Error {}

/**
 * The real core on a clock, sockets and a disk of its own, driven by the clients of `switchboard verify`. Or several of
 * them on one log, between whom clients and requests move about.
 */
export class Simulation {
  readonly faults = new Faults();
  /** What happened, and how often. */
  readonly counts = new Map<string, number>();
  readonly #ledger = new Ledger(this.faults);
  readonly #fleet: Fleet;
  readonly #crowd: Crowd | undefined;
  readonly #past: Past;
  #witnesses: Witnesses[] = [];
  #workloads: Workload[] = [];
  #actors: Actor[] = [];
  readonly #fixture = {
    ...{ run: "w", random: new Random(1), ledger: this.#ledger, floodBytes: 0, hasNodes: false as boolean },
    open: async (endpoint, events) => this.#fleet.open(endpoint, events),
    ask: (method, path, body) => this.#fleet.ask(method, path, body),
    token: async (userId, rooms) => tokenOf({ userId, rooms, issuedAt: START + this.#fleet.clock.now() }),
    pause: (ms) => this.#fleet.pause(ms),
    count: (what, by) => this.#count(what, by),
    wire: async () => undefined,
  } satisfies Harness;

  private constructor(skews: Skews, followers: Skews | readonly []) {
    this.#fleet = new Fleet(skews, followers, this.faults, (what) => this.#count(what));
    this.#fixture.hasNodes = skews.length > 1;
    const count = (what: string) => this.#count(what);
    this.#past = new Past(this.#fleet, count);
    if (skews.length > 1) this.#crowd = new Crowd(this.#fleet, this.faults, count);
  }

  /**
   * Connects every client, performs the actions, waits until all is answered and read, and checks the promises. There
   * is a node for each skew: by how many milliseconds its clock is wrong. A listener hears the same on each of
   * the followers.
   */
  static async run(
    actions: readonly Action[],
    skews: Skews = [0],
    followers: Skews | readonly [] = [],
  ): Promise<Simulation> {
    const simulation = new Simulation(skews, followers);
    try {
      if (simulation.#crowd) await simulation.#settle(simulation.#past.begin());
      await simulation.#settle(simulation.#prepare());
      await simulation.#quiesce();
      await simulation.#listen();
      for (const action of actions) {
        simulation.#perform(action);
        await simulation.#fleet.flush();
        simulation.#crowd?.look();
      }
      await simulation.#quiesce();
      await simulation.#check();
    } catch (error) {
      if (!(error instanceof Unsettled)) throw error;
      simulation.faults.add("unanswered", error.message);
      simulation.#compareRows();
    } finally {
      simulation.#fleet.close();
    }
    return simulation;
  }

  async #prepare(): Promise<void> {
    for (const contract of contracts)
      this.#workloads.push(await contract.workload(this.#fixture, CLIENTS_EACH));
    this.#actors = this.#workloads.flatMap(({ actors }) => [...actors]);
  }

  async #listen(): Promise<void> {
    if (this.#crowd) await this.#settle(this.#crowd.befriend());
    for (const node of this.#fleet.followers) {
      const open: Harness["open"] = async (endpoint, events) => this.#fleet.open(endpoint, events, node);
      this.#witnesses.push(await this.#settle(Witnesses.on({ ...this.#fixture, open }, CLIENTS_EACH)));
    }
    if (this.#crowd) await this.#quiesce();
  }

  /** With several nodes: what is in their log. */
  get batches(): readonly string[] {
    return this.#fleet.log?.batches ?? [];
  }

  #count(what: string, by = 1): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + by);
  }

  #perform({ what, who, much }: Action): void {
    const { nodes, instances } = this.#fleet;
    const node = nodes[who % nodes.length]!;
    const one = node.instance;
    const actor = this.#actors[who % this.#actors.length];
    if (what === "connect") this.#connect();
    else if (what === "speak")
      for (const [n, each] of this.#actors.entries()) if ((n + who) % 3 === 0) each.send?.();
    if (what === "flood" && actor?.isIn && actor.isDone) {
      this.#fixture.floodBytes = much < 50 ? SHORT_FLOOD : LONG_FLOOD;
      actor.flood?.();
    }
    if (what === "disturb" && actor?.isIn) actor.disturb?.();
    if (what === "shuffle") for (const workload of this.#workloads) void workload.shuffle?.();
    if (what === "read") for (const each of instances) each.read(much, (n) => (n * 7 + who) % 4 !== 0);
    if (what === "cut") one.cut(who);
    if (what === "turn") one.core.turns.end();
    if (what === "arrive") node.log?.arrive();
    if (what === "arrive" && much > 60) this.#fleet.log?.arriveLate();
    if (what === "deliver" && much > 70) node.log?.deliverAgain();
    if (what === "deliver") node.log?.deliver(1 + (much % 8));
    if (what === "visit") this.#crowd?.visit(who, much);
    if (what === "type") this.#crowd?.type(who);
    if (what === "revoke") this.#crowd?.revoke(who);
    if (what === "trim") this.#past.trim(node, much);
    if (what === "repeat") this.#past.repeat(who, much);
    if (what === "change") this.#past.change(who, much);
    if (what === "shower") this.#past.shower(much);
    if (what === "strangers") this.#past.strangers(who);
    if (what === "advance") this.#advance(much * (this.#crowd ? 20 : 5));
    if (what === "silence") this.#advance(SILENCE_MS, 1_000);
    if (what === "jump") this.#count("jumps of the clock");
    if (what === "jump") one.clock.jump((much - 50) * 400);
    if (what === "crash") this.#count("crashes");
    if (what === "crash" && this.#crowd) node.data = (["own", "own", "none", "copy"] as const)[much % 4]!;
    if (what === "crash") this.#count(`crashes with ${node.data} data`);
    if (what === "crash") one.crash();
    if (what === "fail" || what === "crash before the commit" || what === "crash after the commit")
      one.storeFault = what;
  }

  #advance(ms: number, most?: number): void {
    const { instances, nodes } = this.#fleet;
    const stepped = () => {
      for (const { core } of instances) core.turns.end();
      if (most) for (const node of nodes) node.catchUp();
      this.#crowd?.look();
    };
    this.#fleet.advance(ms, this.#crowd && stepped, most);
  }

  #connect(): void {
    for (const actor of this.#actors) if (!actor.isIn) void actor.connect();
    for (const witnesses of this.#witnesses) witnesses.connect();
    this.#crowd?.connect();
  }

  async #tick(): Promise<boolean> {
    this.#connect();
    const isMoving = await this.#fleet.tick();
    this.#crowd?.look();
    return isMoving;
  }

  /** Returns when every client is connected, every message answered and every frame read. */
  async #quiesce(): Promise<void> {
    for (const one of this.#fleet.instances) one.storeFault = undefined;
    let quiet = 0;
    for (let round = 0; round < ROUNDS && quiet < 3; round++) {
      const isMoving = await this.#tick();
      const isBusy = isMoving || this.#fleet.isCatchingUp;
      const isDone =
        this.#actors.every(({ isDone }) => isDone) && this.#witnesses.every(({ areIn }) => areIn);
      quiet = !isBusy && isDone ? quiet + 1 : 0;
    }
  }

  async #settle<T>(work: Promise<T>): Promise<T> {
    let isDone = false;
    const end = () => {
      isDone = true;
    };
    work.then(end, end);
    for (let round = 0; round < ROUNDS && !isDone; round++) await this.#tick();
    if (!isDone) throw new Unsettled("the simulation does not settle");
    return work;
  }

  async #check(): Promise<void> {
    const stored = await this.#settle(Promise.all(this.#workloads.map((workload) => workload.stored())));
    const rooms = stored.flat();
    await this.#quiesce();
    checkStored(this.#ledger, rooms);
    checkStays(this.#ledger.stays, rooms, this.faults);
    for (const workload of this.#workloads) workload.check?.(rooms, this.faults);
    this.#compareRows();
    const [first, ...others] = this.#witnesses;
    for (const witnesses of this.#witnesses)
      if (witnesses.missed !== undefined) this.faults.add("resumed", witnesses.missed);
    for (const other of others) {
      const differs = first?.difference(other);
      if (differs !== undefined) this.faults.add("diverged", `heard of the log: ${differs}`);
      this.#count("frames compared", Math.min(first?.frames ?? 0, other.frames));
    }
    if (this.#crowd) await this.#checkCrowd(this.#crowd);
    for (const [kind, times] of this.#fleet.wires.compared) this.#count(`compared ${kind}`, times);
    this.#count("messages heard", this.#ledger.heard);
    this.#count("messages said again", this.#ledger.repeated);
  }

  #compareRows(): void {
    for (const disagreement of disagreements(this.#fleet.nodes)) this.faults.add("diverged", disagreement);
  }

  /** Long after the last of them has come or gone, and again when all of them are there. */
  async #checkCrowd(crowd: Crowd): Promise<void> {
    await this.#pass(FORGOTTEN_MS);
    crowd.check();
    crowd.gather();
    await this.#pass(KNOWN_MS);
    crowd.typeAll();
    crowd.halve();
    crowd.revoke(0);
    await this.#quiesce();
    crowd.check();
  }

  async #pass(ms: number): Promise<void> {
    for (let passed = 0; passed <= ms; passed += 120) await this.#tick();
  }
}
