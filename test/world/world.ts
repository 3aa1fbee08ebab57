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
import { Incarnation, type Trouble, tokenOf } from "./incarnation.ts";

/** What happens next; the numbers say to whom and how much, and mean something for some only. */
export interface Move {
  readonly what:
    | "come"
    | "speak"
    | "flood"
    | "disturb"
    | "read"
    | "cut"
    | "shuffle"
    | "turn"
    | "pass"
    | "jump"
    | "die"
    | Trouble;
  readonly who: number;
  readonly much: number;
}

/** From six on a contract has all its kinds of clients: a stranger, one in by membership, one who takes batches. */
const CLIENTS_EACH = 6;
/** Bytes: a reader may get over a short flood; no socket holds a long one, and all of it may wait for a token's check. */
const [SHORT_FLOOD, LONG_FLOOD] = [240_000, 960_000];
const ROUNDS = 400;

/** The real core on a clock, sockets and a disk of its own, driven by the clients of `switchboard verify`. */
export class World {
  readonly faults = new Faults();
  /** What happened in it, and how often. */
  readonly counts = new Map<string, number>();
  readonly #ledger = new Ledger(this.faults);
  readonly #database = openDatabase(":memory:", "NORMAL");
  #now = Date.UTC(2026, 0, 1);
  #incarnation = this.#start();
  /** The clients' own: it goes on when the server dies. */
  readonly #outside = new FakeClock(0);
  #casts: Cast[] = [];
  #actors: Actor[] = [];
  readonly #stage = {
    ...{ run: "w", random: new Random(1), ledger: this.#ledger, floodBytes: 0 },
    open: async (way, events) => this.#incarnation.open(way, events),
    ask: (method, path, body) => this.#ask(method, path, body),
    token: async (userId, rooms) => tokenOf(userId, rooms),
    pause: (ms) => new Promise((resolve) => void this.#outside.after(ms, resolve)),
    count: (what, by) => this.#count(what, by),
    wire: async () => undefined,
  } satisfies Stage;

  /** Plays the moves with everybody there, lets all come to rest, and judges. */
  static async play(moves: readonly Move[]): Promise<World> {
    const world = new World();
    try {
      await world.#settle(world.#cast());
      await world.#rest();
      for (const move of moves) {
        world.#make(move);
        await world.#breathe();
      }
      await world.#rest();
      await world.#judge();
    } finally {
      world.#incarnation.die();
      world.#database.client.close();
    }
    return world;
  }

  async #cast(): Promise<void> {
    for (const { contract } of contracts) this.#casts.push(await contract.cast(this.#stage, CLIENTS_EACH));
    this.#actors = this.#casts.flatMap(({ actors }) => [...actors]);
  }

  #start(): Incarnation {
    return new Incarnation(this.#database, this.#now, this.faults, (what) => this.#count(what));
  }

  #count(what: string, by = 1): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + by);
  }

  #pass(ms: number): void {
    this.#incarnation.clock.advance(ms);
    this.#outside.advance(ms);
  }

  #make({ what, who, much }: Move): void {
    const one = this.#incarnation;
    const actor = this.#actors[who % this.#actors.length];
    if (what === "come") this.#come();
    else if (what === "speak")
      for (const [n, each] of this.#actors.entries()) if ((n + who) % 3 === 0) each.speak?.();
    if (what === "flood" && actor?.isIn && actor.isDone) {
      this.#stage.floodBytes = much < 50 ? SHORT_FLOOD : LONG_FLOOD;
      actor.flood?.();
    }
    if (what === "disturb" && actor?.isIn) actor.disturb?.();
    if (what === "shuffle") for (const cast of this.#casts) void cast.shuffle?.();
    if (what === "read") one.read(much, (n) => (n * 7 + who) % 4 !== 0);
    if (what === "cut") one.cut(who);
    if (what === "turn") one.core.turns.end();
    if (what === "pass") this.#pass(much * 5);
    if (what === "jump") this.#count("jumps of the clock");
    if (what === "jump") one.clock.jump((much - 50) * 400);
    if (what === "die") this.#count("deaths");
    if (what === "die") one.die();
    if (what === "fail" || what === "die before the commit" || what === "die after the commit")
      one.trouble = what;
  }

  #come(): void {
    for (const actor of this.#actors) if (!actor.isIn) void actor.connect();
  }

  /** What waits for a promise goes on; the dead are buried, and there is another server on the same data. */
  async #breathe(): Promise<void> {
    for (let n = 0; n < 12; n++) await null;
    const before = this.#incarnation;
    if (!before.isDead) return;
    this.#now = before.clock.now();
    // What it had begun and not committed went with it.
    const { client } = this.#database;
    if (client.inTransaction) client.run("ROLLBACK");
    this.#incarnation = this.#start();
    before.bury();
    for (let n = 0; n < 12; n++) await null;
  }

  async #pump(): Promise<boolean> {
    const { core } = this.#incarnation;
    this.#come();
    await this.#breathe();
    core.turns.end();
    const hasRead = this.#incarnation.read(Number.POSITIVE_INFINITY);
    this.#pass(120);
    await this.#breathe();
    return hasRead;
  }

  /** Everybody is there, all is answered, and all is read. */
  async #rest(): Promise<void> {
    this.#incarnation.trouble = undefined;
    let quiet = 0;
    for (let round = 0; round < ROUNDS && quiet < 3; round++) {
      const hasRead = await this.#pump();
      quiet = !hasRead && this.#actors.every(({ isDone }) => isDone) ? quiet + 1 : 0;
    }
  }

  async #settle<T>(work: Promise<T>): Promise<T> {
    let isDone = false;
    const end = () => {
      isDone = true;
    };
    work.then(end, end);
    for (let round = 0; round < ROUNDS && !isDone; round++) await this.#pump();
    if (!isDone) throw new Error("it never comes to rest");
    return work;
  }

  async #judge(): Promise<void> {
    const stored = await this.#settle(Promise.all(this.#casts.map((cast) => cast.stored())));
    const rooms = stored.flat();
    await this.#rest();
    checkStored(this.#ledger, rooms);
    checkStays(this.#ledger.stays, rooms, this.faults);
    for (const cast of this.#casts) cast.check?.(rooms, this.faults);
    this.#count("messages heard", this.#ledger.heard);
    this.#count("messages said again", this.#ledger.repeated);
  }

  /** What backends ask, as the server's HTTP routes would do it; no answer comes of the dead. */
  async #ask(method: string, path: string, body?: unknown): Promise<Answer | undefined> {
    const { death } = this.#incarnation;
    try {
      return await Promise.race([death.promise, this.#answer(method, path, body)]);
    } catch (error) {
      if (error instanceof Refusal || error instanceof PostRefusal) return { status: 503, body: undefined };
      throw error;
    }
  }

  async #answer(method: string, path: string, body: unknown): Promise<Answer> {
    const { core } = this.#incarnation;
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
    const { core, store } = this.#incarnation;
    const kind = room.slice(0, room.indexOf(":"));
    const past = core.protocols.find(({ roomKinds }) => roomKinds.includes(kind))?.historyView;
    if (!past) throw new Error(`${room} has no history`);
    const events = store.page(room, { kind: past.kind, limit: 100_000 });
    return { messages: events.map((event) => past.show(event)), hasMore: false };
  }
}
