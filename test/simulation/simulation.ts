import { PostRefusal } from "../../src/core/inbound/publish-api.ts";
import { Refusal } from "../../src/core/protocol/refusal.ts";
import { openDatabase } from "../../src/storage/database.ts";
import { checkStays, checkStored } from "../../src/verify/check.ts";
import { contracts } from "../../src/verify/contracts/all.ts";
import { Faults } from "../../src/verify/faults.ts";
import { Ledger } from "../../src/verify/ledger.ts";
import { Random } from "../../src/verify/random.ts";
import type { Actor, Cast, Stage } from "../../src/verify/stage.ts";
import type { Answer } from "../../src/verify/target.ts";
import { FakeClock } from "../support/fake-clock.ts";
import { Instance, type StoreFault, tokenOf } from "./instance.ts";

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
    | StoreFault;
  readonly who: number;
  readonly much: number;
}

/** From six clients on a contract has each of its kinds: a user without access, a member, a reader of batches. */
const CLIENTS_EACH = 6;
/** Bytes: a reader may survive a short flood. No socket holds a long one, and all of it may wait for a token's verification. */
const [SHORT_FLOOD, LONG_FLOOD] = [240_000, 960_000];
const ROUNDS = 400;

/** The real core on a clock, sockets and a disk of its own, driven by the clients of `switchboard verify`. */
export class Simulation {
  readonly faults = new Faults();
  /** What happened, and how often. */
  readonly counts = new Map<string, number>();
  readonly #ledger = new Ledger(this.faults);
  readonly #database = openDatabase(":memory:", "NORMAL");
  #now = Date.UTC(2026, 0, 1);
  #instance = this.#start();
  /** The clients' own clock: it survives the server. */
  readonly #clientClock = new FakeClock(0);
  #casts: Cast[] = [];
  #actors: Actor[] = [];
  readonly #fixture = {
    ...{ run: "w", random: new Random(1), ledger: this.#ledger, floodBytes: 0 },
    open: async (way, events) => this.#instance.open(way, events),
    ask: (method, path, body) => this.#ask(method, path, body),
    token: async (userId, rooms) => tokenOf(userId, rooms),
    pause: (ms) => new Promise((resolve) => void this.#clientClock.after(ms, resolve)),
    count: (what, by) => this.#count(what, by),
    wire: async () => undefined,
  } satisfies Stage;

  /** Connects every client, performs the actions, waits until all is answered and read, and checks the promises. */
  static async run(actions: readonly Action[]): Promise<Simulation> {
    const simulation = new Simulation();
    try {
      await simulation.#settle(simulation.#cast());
      await simulation.#quiesce();
      for (const action of actions) {
        simulation.#perform(action);
        await simulation.#flush();
      }
      await simulation.#quiesce();
      await simulation.#check();
    } finally {
      simulation.#instance.crash();
      simulation.#database.client.close();
    }
    return simulation;
  }

  async #cast(): Promise<void> {
    for (const { contract } of contracts) this.#casts.push(await contract.cast(this.#fixture, CLIENTS_EACH));
    this.#actors = this.#casts.flatMap(({ actors }) => [...actors]);
  }

  #start(): Instance {
    return new Instance(this.#database, this.#now, this.faults, (what) => this.#count(what));
  }

  #count(what: string, by = 1): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + by);
  }

  #advance(ms: number): void {
    this.#instance.clock.advance(ms);
    this.#clientClock.advance(ms);
  }

  #perform({ what, who, much }: Action): void {
    const one = this.#instance;
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
    if (what === "read") one.read(much, (n) => (n * 7 + who) % 4 !== 0);
    if (what === "cut") one.cut(who);
    if (what === "turn") one.core.turns.end();
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
    const before = this.#instance;
    if (!before.hasCrashed) return;
    this.#now = before.clock.now();
    // A crash loses its open transaction.
    const { client } = this.#database;
    if (client.inTransaction) client.run("ROLLBACK");
    this.#instance = this.#start();
    before.disconnectAll();
    for (let n = 0; n < 12; n++) await null;
  }

  async #tick(): Promise<boolean> {
    const { core } = this.#instance;
    this.#connect();
    await this.#flush();
    core.turns.end();
    const hasRead = this.#instance.read(Number.POSITIVE_INFINITY);
    this.#advance(120);
    await this.#flush();
    // The next page of a catch-up waits for a turn of the event loop.
    if (this.#isCatchingUp()) await new Promise<void>((resolve) => void setImmediate(resolve));
    return hasRead;
  }

  /** Returns when every client is connected, every message answered and every frame read. */
  async #quiesce(): Promise<void> {
    this.#instance.storeFault = undefined;
    let quiet = 0;
    for (let round = 0; round < ROUNDS && quiet < 3; round++) {
      const hasRead = await this.#tick();
      const isBusy = hasRead || this.#isCatchingUp();
      quiet = !isBusy && this.#actors.every(({ isDone }) => isDone) ? quiet + 1 : 0;
    }
  }

  /** Somebody is still being told what it missed. */
  #isCatchingUp(): boolean {
    return Array.from(this.#instance.core.connections.all).some(
      ({ catchingUp }) => (catchingUp?.size ?? 0) > 0,
    );
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
    this.#count("messages heard", this.#ledger.heard);
    this.#count("messages said again", this.#ledger.repeated);
  }

  /** Answers a backend's request as the HTTP routes would; undefined after a crash. */
  async #ask(method: string, path: string, body?: unknown): Promise<Answer | undefined> {
    const { crashed } = this.#instance;
    try {
      return await Promise.race([crashed.promise, this.#answer(method, path, body)]);
    } catch (error) {
      if (error instanceof Refusal || error instanceof PostRefusal) return { status: 503, body: undefined };
      throw error;
    }
  }

  async #answer(method: string, path: string, body: unknown): Promise<Answer> {
    const { core } = this.#instance;
    const [, member, userId = ""] = /^\/v1\/rooms\/([^/]+)\/members\/(.+)$/.exec(path) ?? [];
    if (member !== undefined && method === "PUT") {
      await core.recordRoom(member, "member", { userId, role: null });
      return { status: 200, body: {} };
    }
    if (member !== undefined) {
      await core.recordRoom(member, "member.removed", { userId });
      return { status: 204, body: undefined };
    }
    const [, history] = /^\/v1\/rooms\/([^/]+)\/messages/.exec(path) ?? [];
    if (history !== undefined) return { status: 200, body: this.#history(history) };
    const [, protocol = ""] = /^\/v1\/([^/]+)\/events$/.exec(path) ?? [];
    const events = body as { room: string; type: string; data: unknown; id: string }[];
    const ids = await core.post(
      protocol,
      events.map(({ room, ...event }) => ({ to: { room }, ...event })),
    );
    return { status: 200, body: { ids } };
  }

  #history(room: string) {
    const { core, store } = this.#instance;
    const kind = room.slice(0, room.indexOf(":"));
    const past = core.protocols.find(({ roomKinds }) => roomKinds.includes(kind))?.historyView;
    if (!past) throw new Error(`${room} has no history`);
    const events = store.page(room, { kind: past.kind, limit: 100_000 });
    return { messages: events.map((event) => past.show(event)), hasMore: false };
  }
}
