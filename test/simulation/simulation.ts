import { PostRefusal } from "../../src/core/inbound/publish-api.ts";
import { Refusal } from "../../src/core/protocol/refusal.ts";
import { checkStays, checkStored } from "../../src/verify/check.ts";
import { contracts } from "../../src/verify/contracts/all.ts";
import { Faults } from "../../src/verify/faults.ts";
import { Ledger } from "../../src/verify/ledger.ts";
import { Random } from "../../src/verify/random.ts";
import type { Actor, Cast, Stage } from "../../src/verify/stage.ts";
import type { Answer } from "../../src/verify/target.ts";
import { FakeClock } from "../support/fake-clock.ts";
import { rowsOf } from "../support/node-rows.ts";
import { SharedLog } from "../support/shared-log.ts";
import { type Instance, type StoreFault, tokenOf } from "./instance.ts";
import { Node } from "./node.ts";
import { Witnesses } from "./witnesses.ts";

/** One step of a simulation. `who` and `much` choose the actor and the amount; some actions ignore them. */
export interface Action {
  readonly what:
    | "connect"
    | "speak"
    | "flood"
    | "disturb"
    | "read"
    | "cut"
    | "shuffle"
    | "turn"
    | "advance"
    | "jump"
    | "crash"
    /** With several nodes: what one of them has sent is in the log now, or the log's next batches come to it. */
    | "arrive"
    | "deliver"
    | StoreFault;
  readonly who: number;
  readonly much: number;
}

/** From six clients on a contract has each of its kinds: a user without access, a member, a reader of batches. */
const CLIENTS_EACH = 6;
/** Bytes: a reader may survive a short flood. No socket holds a long one, and all of it may wait for a token's verification. */
const [SHORT_FLOOD, LONG_FLOOD] = [240_000, 960_000];
const ROUNDS = 400;
const START = Date.UTC(2026, 0, 1);

/** Milliseconds by which the clocks of nodes are wrong. */
export type Skews = readonly [number, ...number[]];

/**
 * The real core on a clock, sockets and a disk of its own, driven by the clients of `switchboard verify`. Or several of
 * them on one log, between whom clients and requests move about.
 */
export class Simulation {
  readonly faults = new Faults();
  /** What happened, and how often. */
  readonly counts = new Map<string, number>();
  readonly #ledger = new Ledger(this.faults);
  readonly #log: SharedLog | undefined;
  readonly #nodes: readonly Node[];
  /** Those that clients and backends come to. */
  readonly #served: readonly Node[];
  /** Nodes where some only listen. */
  readonly #followers: readonly Node[];
  #witnesses: Witnesses[] = [];
  /** Connections that were opened, and requests. */
  #asked = 0;
  /** The clients' own clock: it survives the server. */
  readonly #clientClock = new FakeClock(0);
  #casts: Cast[] = [];
  #actors: Actor[] = [];
  readonly #fixture = {
    ...{ run: "w", random: new Random(1), ledger: this.#ledger, floodBytes: 0, hasNodes: false as boolean },
    open: async (way, events) => this.#next().instance.open(way, events),
    ask: (method, path, body) => this.#ask(method, path, body),
    token: async (userId, rooms) => tokenOf(userId, rooms),
    pause: (ms) => new Promise((resolve) => void this.#clientClock.after(ms, resolve)),
    count: (what, by) => this.#count(what, by),
    wire: async () => undefined,
  } satisfies Stage;

  private constructor(skews: Skews, followers: Skews | readonly []) {
    this.#log = skews.length > 1 ? new SharedLog() : undefined;
    const count = (what: string) => this.#count(what);
    const start = (skew: number) => new Node(START + skew, this.faults, count, this.#log);
    this.#served = skews.map(start);
    this.#fixture.hasNodes = skews.length > 1;
    this.#followers = followers.map(start);
    this.#nodes = [...this.#served, ...this.#followers];
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
      await simulation.#settle(simulation.#cast());
      await simulation.#quiesce();
      await simulation.#listen();
      for (const action of actions) {
        simulation.#perform(action);
        await simulation.#flush();
      }
      await simulation.#quiesce();
      await simulation.#check();
    } finally {
      for (const node of simulation.#nodes) node.close();
    }
    return simulation;
  }

  async #cast(): Promise<void> {
    for (const { contract } of contracts) this.#casts.push(await contract.cast(this.#fixture, CLIENTS_EACH));
    this.#actors = this.#casts.flatMap(({ actors }) => [...actors]);
  }

  async #listen(): Promise<void> {
    for (const { instance } of this.#followers) {
      const open: Stage["open"] = async (way, events) => instance.open(way, events);
      this.#witnesses.push(await this.#settle(Witnesses.on({ ...this.#fixture, open }, CLIENTS_EACH)));
    }
    if (this.#witnesses.length > 0) await this.#quiesce();
    for (const witnesses of this.#witnesses) witnesses.begin();
  }

  /** With several nodes: what is in their log. */
  get batches(): readonly string[] {
    return this.#log?.batches ?? [];
  }

  get #instances(): Instance[] {
    return this.#nodes.map(({ instance }) => instance);
  }

  /** The node that a load balancer would choose. */
  #next(): Node {
    return this.#served[this.#asked++ % this.#served.length]!;
  }

  #count(what: string, by = 1): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + by);
  }

  #advance(ms: number): void {
    for (const { clock } of this.#instances) clock.advance(ms);
    this.#clientClock.advance(ms);
  }

  #perform({ what, who, much }: Action): void {
    const nodes = what.startsWith("crash") ? this.#served : this.#nodes;
    const node = nodes[who % nodes.length]!;
    const one = node.instance;
    const actor = this.#actors[who % this.#actors.length];
    if (what === "connect") this.#connect();
    else if (what === "speak")
      for (const [n, each] of this.#actors.entries()) if ((n + who) % 3 === 0) each.speak?.();
    if (what === "flood" && actor?.isIn && actor.isDone) {
      this.#fixture.floodBytes = much < 50 ? SHORT_FLOOD : LONG_FLOOD;
      actor.flood?.();
    }
    if (what === "disturb" && actor?.isIn) actor.disturb?.();
    if (what === "shuffle") for (const cast of this.#casts) void cast.shuffle?.();
    if (what === "read") for (const each of this.#instances) each.read(much, (n) => (n * 7 + who) % 4 !== 0);
    if (what === "cut") one.cut(who);
    if (what === "turn") one.core.turns.end();
    if (what === "arrive") node.log?.arrive();
    if (what === "deliver") node.log?.deliver(1 + (much % 8));
    // A witness reads at once.
    for (const { instance } of this.#followers) instance.read(Number.POSITIVE_INFINITY);
    if (what === "advance") this.#advance(much * 5);
    if (what === "jump") this.#count("jumps of the clock");
    if (what === "jump") one.clock.jump((much - 50) * 400);
    if (what === "crash") this.#count("crashes");
    if (what === "crash") one.crash();
    if (what === "fail" || what === "crash before the commit" || what === "crash after the commit")
      one.storeFault = what;
  }

  #connect(): void {
    for (const actor of this.#actors) if (!actor.isIn) void actor.connect();
  }

  /** Runs pending promises. After a crash, clients are disconnected and another server starts on the same data. */
  async #flush(): Promise<void> {
    for (let n = 0; n < 12; n++) await null;
    const crashed = this.#nodes.filter(({ instance }) => instance.hasCrashed);
    if (crashed.length === 0) return;
    for (const node of crashed) {
      const before = node.instance;
      node.restart();
      before.disconnectAll();
    }
    for (let n = 0; n < 12; n++) await null;
  }

  async #tick(): Promise<boolean> {
    this.#connect();
    await this.#flush();
    for (const { core } of this.#instances) core.turns.end();
    let isMoving = false;
    for (const node of this.#nodes) isMoving = node.catchUp() || isMoving;
    for (const one of this.#instances) isMoving = one.read(Number.POSITIVE_INFINITY) || isMoving;
    this.#advance(120);
    await this.#flush();
    // The next page of a catch-up waits for a turn of the event loop.
    if (this.#isCatchingUp()) await new Promise<void>((resolve) => void setImmediate(resolve));
    return isMoving;
  }

  /** Returns when every client is connected, every message answered and every frame read. */
  async #quiesce(): Promise<void> {
    for (const one of this.#instances) one.storeFault = undefined;
    let quiet = 0;
    for (let round = 0; round < ROUNDS && quiet < 3; round++) {
      const isMoving = await this.#tick();
      const isBusy = isMoving || this.#isCatchingUp();
      quiet = !isBusy && this.#actors.every(({ isDone }) => isDone) ? quiet + 1 : 0;
    }
  }

  /** Somebody is still being told what it missed. */
  #isCatchingUp(): boolean {
    return this.#instances
      .flatMap(({ core }) => [...core.connections.all])
      .some(({ catchingUp }) => (catchingUp?.size ?? 0) > 0);
  }

  async #settle<T>(work: Promise<T>): Promise<T> {
    let isDone = false;
    const end = () => {
      isDone = true;
    };
    work.then(end, end);
    for (let round = 0; round < ROUNDS && !isDone; round++) await this.#tick();
    if (!isDone) throw new Error("the simulation does not settle");
    return work;
  }

  async #check(): Promise<void> {
    const stored = await this.#settle(Promise.all(this.#casts.map((cast) => cast.stored())));
    const rooms = stored.flat();
    await this.#quiesce();
    checkStored(this.#ledger, rooms);
    checkStays(this.#ledger.stays, rooms, this.faults);
    for (const cast of this.#casts) cast.check?.(rooms, this.faults);
    this.#checkRows();
    const [first, ...others] = this.#witnesses;
    for (const other of others) {
      const differs = first?.difference(other);
      if (differs !== undefined) this.faults.add("altered", `heard of the log: ${differs}`);
      this.#count("frames compared", Math.min(first?.frames ?? 0, other.frames));
    }
    this.#count("messages heard", this.#ledger.heard);
    this.#count("messages said again", this.#ledger.repeated);
  }

  /** Every node has the same, also in what it would read after a restart. */
  #checkRows(): void {
    const [one, ...others] = this.#nodes.map(({ database, instance }) => ({
      ...rowsOf(database),
      running: instance.store.hash(),
    }));
    for (const [n, other] of others.entries()) {
      for (const table of Object.keys(other) as (keyof typeof other)[]) {
        const differs = difference(one?.[table], other[table]);
        if (differs !== undefined) this.faults.add("altered", `node ${n + 1}, ${table}: ${differs}`);
      }
    }
  }

  /** Answers a backend's request as the HTTP routes would; undefined after a crash. */
  async #ask(method: string, path: string, body?: unknown): Promise<Answer | undefined> {
    const node = this.#next();
    const { instance } = node;
    try {
      const answered = this.#answer(instance, method, path, body).then(async (answer) => {
        if (method === "PUT" || method === "DELETE") await this.#appliedEverywhere(node);
        return answer;
      });
      return await Promise.race([instance.crashed.promise, answered]);
    } catch (error) {
      if (error instanceof Refusal || error instanceof PostRefusal) return { status: 503, body: undefined };
      throw error;
    }
  }

  /** What a backend says of access holds on every node once it is answered. */
  async #appliedEverywhere({ log }: Node): Promise<void> {
    const position = log?.position ?? 0;
    while (this.#nodes.some((node) => (node.log?.position ?? 0) < position)) await this.#fixture.pause(10);
  }

  async #answer(instance: Instance, method: string, path: string, body: unknown): Promise<Answer> {
    const { core } = instance;
    const [, member, userId = ""] = /^\/v1\/rooms\/([^/]+)\/members\/(.+)$/.exec(path) ?? [];
    if (member !== undefined && method === "PUT") {
      await core.recordRoom(member, "member", { userId, role: null });
      return { status: 200, body: {} };
    }
    if (member !== undefined) {
      await core.recordRoom(member, "member.removed", { userId });
      return { status: 204, body: undefined };
    }
    const [, removed] = /^\/v1\/rooms\/([^/]+)$/.exec(path) ?? [];
    if (removed !== undefined) {
      await core.recordRoom(removed, "room.removed", {});
      return { status: 204, body: undefined };
    }
    const [, history] = /^\/v1\/rooms\/([^/]+)\/messages/.exec(path) ?? [];
    if (history !== undefined) return { status: 200, body: historyOf(instance, history) };
    const [, protocol = ""] = /^\/v1\/([^/]+)\/events$/.exec(path) ?? [];
    const events = body as { room: string; type: string; data: unknown; id: string }[];
    const ids = await core.post(
      protocol,
      events.map(({ room, ...event }) => ({ to: { room }, ...event })),
    );
    return { status: 200, body: { ids } };
  }
}

function historyOf({ core, store }: Instance, room: string) {
  const kind = room.slice(0, room.indexOf(":"));
  const past = core.protocols.find(({ roomKinds }) => roomKinds.includes(kind))?.historyView;
  if (!past) throw new Error(`${room} has no history`);
  const events = store.page(room, { kind: past.kind, limit: 100_000 });
  return { messages: events.map((event) => past.show(event)), hasMore: false };
}

/** The first thing in which two tables differ. */
function difference(one: unknown, other: unknown): string | undefined {
  if (JSON.stringify(one) === JSON.stringify(other)) return undefined;
  if (!Array.isArray(one) || !Array.isArray(other)) return `${one} and ${other}`;
  const at = one.findIndex((row, n) => JSON.stringify(row) !== JSON.stringify(other[n]));
  const row = at < 0 ? one.length : at;
  return `${JSON.stringify(one[row])} and ${JSON.stringify(other[row])}`;
}
