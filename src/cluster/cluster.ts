import type { RosterEntry } from "../core/live/roster.ts";
import type { Bus } from "../core/ports/bus.ts";
import type { Cancel, Clock } from "../core/ports/clock.ts";
import { Applied } from "./applied.ts";
import { Divergence } from "./divergence.ts";
import { Membership, type Peer, WRITE_LEVEL } from "./membership.ts";
import { Newcomers } from "./newcomers.ts";
import { rankOf } from "./owners.ts";
import { type Answers, type Gathered, Questions } from "./questions.ts";
import { Recent } from "./recent.ts";
import { Relays } from "./relays.ts";
import { type Chunk, RosterSync, type RosterSyncParts } from "./roster-sync.ts";
import { type Fingerprints, settingsWarning } from "./settings.ts";
import type { Transport } from "./transport.ts";

/** How long the administration of a room waits for the other nodes. */
const APPLIED_MS = 2_000;
/** How long a starting node waits for heartbeats of the others, and then for their rosters. */
const HELLO_MS = 250;
const WHOLE_MS = 2_000;
const POLL_MS = 20;
/** A silent node may have stalled and come back: what it cannot read is not written for this long. */
export const REMEMBERED_MS = 300_000;

export interface ClusterParts {
  readonly clock: Clock;
  readonly transport: Transport;
  /** Clusters of different names may share a transport. */
  readonly cluster: string;
  /** The name of this node, for operators. */
  readonly node: string;
  /** The newest batch format that this node reads, if it is not this version's. */
  readonly reads?: number;
  /** Of the settings that all nodes should have alike. */
  readonly settings: Fingerprints;
  newId(): string;
  applied(): number;
  hash(): string;
  draining(): boolean;
  /**
   * Nodes have different data, though each has applied the log up to this position. `isOdd`: most of them agree, and
   * this node differs.
   */
  differs(position: number, isOdd: boolean): void;
  note(line: string, context: Record<string, unknown>): void;
}

/** What this node does with the messages of others. */
export interface ClusterNode {
  readonly roster: RosterSyncParts["roster"];
  isHeard(room: string): boolean;
  relayed(room: string, frame: string): void;
  /** Answers to the questions of other nodes. */
  readonly answers: Answers;
}

/** The other nodes: which of them are alive, their rosters, frames that they relay, and questions to them. */
export class Cluster {
  readonly relays: Relays;
  readonly #membership: Membership;
  readonly #roster: RosterSync;
  readonly #questions: Questions;
  readonly #newcomers: Newcomers;
  readonly #divergence: Divergence;
  /** The newest formats of batches that nodes read. */
  readonly #formats: Recent<number>;
  readonly #applied: Applied;
  #node: ClusterNode | undefined;

  constructor(private readonly parts: ClusterParts) {
    const { applied, clock, cluster, draining, hash, newId, node: name, note, transport } = parts;
    const subject = (of: string) => `sb.${cluster}.${of}`;
    const id = () => this.#membership.id;
    const { reads = WRITE_LEVEL } = parts;
    this.#formats = new Recent(clock, REMEMBERED_MS);
    this.#applied = new Applied(clock, applied, APPLIED_MS);
    this.#questions = new Questions(
      transport,
      {
        roster: (rest: string | null) => this.#roster.chunk(rest ?? undefined),
        applied: (position: number) => this.#applied.reached(position),
      },
      (id) => subject(`node.${id}`),
    );
    this.#roster = new RosterSync({
      ...{ clock, transport, id, newId },
      subject: subject("roster"),
      ask: (id, rest, ms) => this.#questions.ask<Chunk>(id, "roster", rest ?? null, ms),
      roster: {
        heard: (node, entry) => this.#node?.roster.heard(node, entry),
        heardAll: (node, entries) => this.#node?.roster.heardAll(node, entries),
        said: (): Iterable<RosterEntry> => this.#node?.roster.said() ?? [],
      },
    });
    this.#divergence = new Divergence({
      others: () => this.peers.map(({ id }) => id),
      differs: parts.differs,
    });
    this.#newcomers = new Newcomers({
      ...{ clock, transport, newId, applied, writeLevel: reads },
      subject: subject("newcomer"),
      heard: (id, level) => this.#formats.set(id, level),
    });
    this.relays = new Relays({
      ...{ clock, transport, id, applied },
      subject: subject("relay"),
      isHeard: (room) => this.#node?.isHeard(room) ?? false,
      deliver: (room, frame) => this.#node?.relayed(room, frame),
    });
    this.#membership = new Membership({
      ...{ clock, transport, newId },
      subject: subject("beat"),
      status: () => {
        this.#roster.flush();
        const own = { position: applied(), hash: hash() };
        this.#divergence.own(own);
        const { mark } = this.#divergence;
        return {
          ...{ name, counter: this.#roster.counter, ...own, mark },
          ...{ writeLevel: reads, draining: draining(), settings: parts.settings },
        };
      },
      heard: ({ id, counter, position, hash, mark, writeLevel }) => {
        this.#formats.set(id, writeLevel);
        this.#roster.follow(id, counter);
        this.#divergence.heard(id, { position, hash });
        if (mark) this.#divergence.heard(id, mark);
      },
      met: (peer) => {
        const warning = settingsWarning(parts.settings, [peer]);
        if (warning) note(warning, {});
      },
      gone: ({ id, name }, hasLeft) => {
        if (hasLeft) this.#formats.delete(id);
        note("a node is gone", { node: name });
        this.#roster.gone(id);
        this.#divergence.gone(id);
      },
      renamed: () => {
        note("this node was held up: it joins the others anew", {});
        this.#roster.restart();
        this.#questions.listen(this.#membership.id);
      },
    });
  }

  readonly bus: Bus = {
    relay: (room, frame) => this.relays.relay(room, frame),
    rosterChanged: (...change) => this.#roster.changed(...change),
    rank: (work) =>
      rankOf(work, { id: this.#membership.id, draining: this.parts.draining() }, this.#membership.alive()),
  };

  /** The name that all nodes share. */
  get name(): string {
    return this.parts.cluster;
  }

  /** The newest format of batches that every live node reads. */
  get writeLevel(): number {
    const { reads = WRITE_LEVEL } = this.parts;
    return Math.min(reads, ...this.#formats.values());
  }

  /** Other nodes that are alive. */
  get peers(): readonly Peer[] {
    return this.#membership.peers;
  }

  /** Which settings other nodes have set otherwise; undefined when all are alike. */
  get settingsWarning(): string | undefined {
    return settingsWarning(this.parts.settings, this.#membership.alive());
  }

  /** Tells the others that this node catches up with the log. Call what it returns once it has joined them. */
  announce(): Cancel {
    return this.#newcomers.announce();
  }

  /**
   * The position up to which every live node has applied the log, also each that still catches up.
   * One that stops, or that can apply nothing more, does not count: it would keep the log from being purged.
   */
  get appliedByAll(): number {
    const live = this.peers.filter(({ draining }) => !draining).map(({ position }) => position);
    return Math.min(this.parts.applied(), ...live, ...this.#newcomers.positions);
  }

  start(node: ClusterNode): void {
    this.#node = node;
    this.#newcomers.start();
    this.#questions.answer(node.answers);
    this.#questions.listen(this.#membership.id);
    this.relays.start();
    this.#roster.start();
    this.#membership.start();
  }

  /** Resolves when the rosters of the others are known, or after a time limit. */
  async joined(): Promise<void> {
    const { clock } = this.parts;
    const wait = (ms: number) => new Promise<void>((done) => clock.after(ms, done));
    await wait(HELLO_MS);
    const until = clock.monotonic() + WHOLE_MS;
    while (!this.#roster.isWhole && clock.monotonic() < until) await wait(POLL_MS);
  }

  /** To be called whenever more of the log was applied. */
  committed(): void {
    this.relays.release();
    this.#divergence.applied(this.parts.applied(), this.parts.hash);
    this.#applied.committed();
  }

  /** Asks all other nodes, or those of this name. */
  ask<T>(name: string, about: unknown, node?: string): Promise<Gathered<T>> {
    const asked = this.peers.filter((peer) => node === undefined || peer.name === node);
    return this.#questions.gather<T>(asked, name, about);
  }

  /** Asks all other nodes; resolves to the first answer that is not null, or to undefined where there is none. */
  askForOne<T>(name: string, about: unknown, timeoutMs: number): Promise<T | undefined> {
    return new Promise((resolve) => {
      const asked = this.peers.map(async ({ id }) => {
        const answer = await this.#questions.ask<T | null>(id, name, about, timeoutMs).catch(() => null);
        if (answer !== null) resolve(answer);
      });
      void Promise.all(asked).then(() => resolve(undefined));
    });
  }

  /** Waits until every other node has applied what this one has. Resolves to the names of those that have not in time. */
  async appliedEverywhere(): Promise<readonly string[]> {
    const { silent } = await this.#questions.gather(this.peers, "applied", this.parts.applied(), APPLIED_MS);
    return silent;
  }

  /** Tells the others that this node is gone. */
  stop(): void {
    this.#membership.stop();
    this.#roster.stop();
    this.relays.stop();
    this.#questions.stop();
    this.#newcomers.stop();
  }
}
