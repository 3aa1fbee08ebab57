import { rankOf } from "../../src/cluster/owners.ts";
import { type Core, createCore } from "../../src/core/core.ts";
import { Connection } from "../../src/core/outbound/connection.ts";
import type { Agent } from "../../src/core/ports/agent.ts";
import type { Bus } from "../../src/core/ports/bus.ts";
import type { TokenVerifier } from "../../src/core/ports/identity.ts";
import type { Store } from "../../src/core/ports/store.ts";
import { protocols } from "../../src/protocols/all.ts";
import { openDatabase } from "../../src/storage/database.ts";
import { createPeople } from "../../src/storage/people.ts";
import { createStore } from "../../src/storage/store.ts";
import { FakeClock } from "./fake-clock.ts";
import { FakeSockets } from "./fake-sockets.ts";
import { rowsOf } from "./node-rows.ts";
import { createMemoryScratch } from "./scratch.ts";
import { type Knowing, type LinkedNode, NodeLog, type SharedLog } from "./shared-log.ts";

/** A token is the user's id, and opens nothing by itself. */
const verifier: TokenVerifier = {
  verify: async (userId) => ({
    ...{ userId, roles: [], grants: [], claims: {} },
    ...{ issuedAt: 0, expiresAt: Number.MAX_SAFE_INTEGER },
  }),
};

/** A node: a core with a database and sockets of its own, without a server around it. */
export class LogNode {
  readonly database = openDatabase(":memory:", "NORMAL");
  readonly faults: unknown[] = [];
  readonly clock: FakeClock;
  core!: Core;
  readonly #heard = new Map<string, string[]>();
  #store!: Store;
  #log!: NodeLog;
  /** What its agent does when it is asked. */
  answer: Agent["answer"] = () => Promise.reject(new Error("no agent"));
  /** While it is behind: it waits then before it refuses or lets in. */
  knows: Knowing = "nothing";

  constructor(
    private readonly log: SharedLog,
    now: number,
    private readonly isLinked = false,
  ) {
    this.clock = new FakeClock(now);
    this.restart();
    if (isLinked) log.linked.add(this);
  }

  /** The node is gone, and the others notice. */
  die(): void {
    this.log.linked.delete(this);
    for (const other of this.log.linked) {
      other.core.rosters.heardAll(this.id, []);
      other.core.turns.end();
    }
  }

  readonly id = crypto.randomUUID();

  get #others(): LinkedNode[] {
    return [...this.log.linked].filter((one) => one !== this);
  }

  readonly #bus: Bus = {
    rank: (work) =>
      rankOf(
        work,
        { id: this.id, draining: false },
        this.#others.map((other) => ({ id: other.id, draining: false })),
      ),
    relay: (room, frame) => {
      for (const { core } of this.#others) {
        core.relayed(room, frame);
        core.turns.end();
      }
    },
    rosterChanged: (roster, group, key, values) => {
      const entry = JSON.parse(JSON.stringify({ roster, group, key, values }));
      for (const { core } of this.#others) {
        core.rosters.heard(this.id, entry);
        core.turns.end();
      }
    },
  };

  /** The node dies and comes back; its connections are gone. */
  restart(): void {
    this.#heard.clear();
    const sockets = new FakeSockets((name, frame) => this.#heard.get(name)?.push(frame));
    this.#log = new NodeLog(this.log, this.clock, () => this.knows);
    this.#store = createStore(this.database);
    this.core = createCore({
      ...{ clock: this.clock, verifier, protocols: Object.values(protocols), log: this.#log.attach },
      report: (error) => void this.faults.push(error),
      store: this.#store,
      people: createPeople(this.database),
      agent: { answer: (question) => this.answer(question) },
      settings: {
        ...{ path: "", authMs: undefined, heartbeatMs: undefined, batchMs: 100 },
        ...{ maxContentLength: 10_000, maxFrameBytes: 786_432, maxGiftsPerSecond: 3 },
        ...{ connectionsPerMinute: 0, messagesPerMinute: 0 },
        encryption: { rotationMs: 1, compression: false, maxPlainBytes: 1 },
      },
      limits: {
        ...{ messagesPerMinute: 0, burst: 0, broadcastsPerMinute: 0, connectionsPerUser: 3 },
        ...{ bufferedBytes: 1_048_576, messageBytes: 65_536, resumedEvents: 0 },
      },
      publisher: () => sockets,
      dedup: { maxBytes: 1_048_576, scratch: createMemoryScratch() },
      note: () => {},
      bus: this.isLinked ? this.#bus : undefined,
    });
    const open = (name: string) => sockets.open(name);
    this.#open = open;
  }

  #open!: (name: string) => ReturnType<FakeSockets["open"]>;

  get position(): number {
    return this.#log.position;
  }

  /** What waits until it has caught up waits no longer. */
  giveUp(): void {
    this.#log.gaveUp.resolve(false);
  }

  /** Applies the next batches, at most this many; returns how many that were. */
  advance(most = Number.POSITIVE_INFINITY): number {
    this.#log.arrive();
    const applied = this.#log.deliver(most);
    this.core.turns.end();
    return applied;
  }

  /** A connection of a user, and the frames that it has got so far. */
  async connect(name: string, url: string, userId: string) {
    const opened = this.#connect(name, url, userId);
    while (!opened.connection.identity && opened.connection.open) await null;
    this.core.turns.end();
    return opened;
  }

  /** A connection without a token. */
  guest(name: string, url: string) {
    return this.#connect(name, url, undefined);
  }

  #connect(name: string, url: string, userId: string | undefined) {
    const protocol = this.core.protocols.find((one) => one.name === name)!;
    const id = this.core.newId();
    const connection = new Connection(
      id,
      protocol,
      protocol.open(new URL(url, "ws://node")),
      "",
      0,
      () => {},
    );
    const heard: string[] = [];
    this.#heard.set(id, heard);
    this.core.connections.opened(connection, this.#open(id), userId);
    return {
      connection,
      heard,
      close: () => {
        this.core.connections.closed(connection, 1000, "");
        this.core.turns.end();
      },
      say: (frame: unknown) => {
        this.core.connections.received(connection, JSON.stringify(frame));
        this.core.turns.end();
      },
    };
  }

  rows(): unknown {
    return { running: this.#store.hash(), ...rowsOf(this.database) };
  }
}
