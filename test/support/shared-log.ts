import { rankOf } from "../../src/cluster/owners.ts";
import { createCore } from "../../src/core/core.ts";
import type { Apply, Batch, Log } from "../../src/core/log/log.ts";
import { Connection } from "../../src/core/outbound/connection.ts";
import type { Bus } from "../../src/core/ports/bus.ts";
import type { TokenVerifier } from "../../src/core/ports/identity.ts";
import type { Store } from "../../src/core/ports/store.ts";
import { protocols } from "../../src/protocols/all.ts";
import { openDatabase } from "../../src/storage/database.ts";
import { createPeople } from "../../src/storage/people.ts";
import { readChain } from "../../src/storage/position.ts";
import { createStore } from "../../src/storage/store.ts";
import { FakeClock } from "./fake-clock.ts";
import { FakeSockets } from "./fake-sockets.ts";
import { createMemoryScratch } from "./scratch.ts";

/** A token is the user's id, and opens nothing by itself. */
const verifier: TokenVerifier = {
  verify: async (userId) => ({
    ...{ userId, roles: [], grants: [], claims: {} },
    ...{ issuedAt: 0, expiresAt: Number.MAX_SAFE_INTEGER },
  }),
};

/** One order of batches for several nodes in one process: a test says when each node gets the next of them. */
export class SharedLog {
  readonly batches: string[] = [];
  /** Nodes that hear of each other what is in no log, at once. */
  readonly linked = new Set<LogNode>();
  readonly #ids = new Set<string>();

  /** The same batch appended again, because its acknowledgement was lost, is in the log once. */
  append({ id, entries }: Batch): void {
    if (this.#ids.has(id)) return;
    this.#ids.add(id);
    this.batches.push(JSON.stringify({ id, entries }));
  }
}

/** The log as one node sees it: what it sends arrives, and what comes next is applied, when a test says so. */
export class NodeLog {
  #apply!: Apply;
  #applied!: () => number;
  /** The batch that is on its way to the log. */
  #sent: Batch | undefined;

  #barriers: { readonly position: number; readonly reached: () => void }[] = [];

  constructor(
    private readonly log: SharedLog,
    /** Whether the node knows how far the log goes. */
    private readonly isAware: () => boolean = () => false,
  ) {}

  readonly attach = (applied: () => number, apply: Apply): Log => {
    this.#applied = applied;
    this.#apply = apply;
    return {
      shared: true,
      append: (batch) => {
        if (this.#sent) throw new Error("a second batch is on its way");
        this.#sent = batch;
      },
      barrier: () => this.#barrier(),
      catchUp: () =>
        this.isAware() && this.position < this.log.batches.length
          ? Promise.race([this.#barrier().then(() => true), this.gaveUp.promise])
          : undefined,
    };
  };

  #barrier(): Promise<void> {
    return new Promise((reached) => {
      this.#barriers.push({ position: this.log.batches.length, reached });
      this.#reach();
    });
  }

  /** Resolved by a test: the node has not caught up in time. */
  readonly gaveUp = Promise.withResolvers<false>();

  get position(): number {
    return this.#applied();
  }

  /** What was sent is in the log. The acknowledgement may be lost: then it is sent again until it is applied. */
  arrive(): void {
    if (this.#sent) this.log.append(this.#sent);
  }

  /** Applies the next batches, at most this many; returns how many that were. */
  deliver(most = Number.POSITIVE_INFINITY): number {
    let applied = 0;
    while (applied < most && this.#applied() < this.log.batches.length) {
      const position = this.#applied() + 1;
      const batch: Batch = JSON.parse(this.log.batches[position - 1]!);
      const sent = this.#sent;
      // A node that applies its own batch may send the next one at once.
      if (sent?.id === batch.id) this.#sent = undefined;
      if (!this.#apply(position, batch)) {
        if (sent?.id === batch.id) this.#sent = sent;
        break;
      }
      applied++;
    }
    this.#reach();
    return applied;
  }

  #reach(): void {
    for (const { position, reached } of this.#barriers) if (position <= this.position) reached();
    this.#barriers = this.#barriers.filter(({ position }) => position > this.position);
  }
}

/** A node: a core with a database and sockets of its own, without a server around it. */
export class LogNode {
  readonly database = openDatabase(":memory:", "NORMAL");
  readonly faults: unknown[] = [];
  readonly clock: FakeClock;
  core!: ReturnType<typeof createCore>;
  readonly #heard = new Map<string, string[]>();
  #store!: Store;
  #log!: NodeLog;
  /** It knows when it is behind, and waits then before it refuses or lets in. */
  isAware = false;

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
      other.core.rosters.heardAll(this.#id, []);
      other.core.turns.end();
    }
  }

  readonly #id = crypto.randomUUID();

  get #others(): LogNode[] {
    return [...this.log.linked].filter((one) => one !== this);
  }

  readonly #bus: Bus = {
    rank: (work) =>
      rankOf(
        work,
        { id: this.#id, draining: false },
        this.#others.map((other) => ({ id: other.#id, draining: false })),
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
        core.rosters.heard(this.#id, entry);
        core.turns.end();
      }
    },
  };

  /** The node dies and comes back; its connections are gone. */
  restart(): void {
    this.#heard.clear();
    const sockets = new FakeSockets((name, frame) => this.#heard.get(name)?.push(frame));
    this.#log = new NodeLog(this.log, () => this.isAware);
    this.#store = createStore(this.database);
    this.core = createCore({
      ...{ clock: this.clock, verifier, protocols, log: this.#log.attach },
      report: (error) => void this.faults.push(error),
      store: this.#store,
      people: createPeople(this.database),
      agent: { answer: () => Promise.reject(new Error("no agent")) },
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
    while (!connection.identity && connection.open) await null;
    this.core.turns.end();
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

/** What every node must agree on. Ids of rows are a node's own, and so is when it was told of a user. */
export function rowsOf(database: ReturnType<typeof openDatabase>) {
  const all = (sql: string) => database.client.query(sql).all();
  return {
    hash: readChain(database.db).hash.text,
    events: all(
      "select position, ordinal, offset, count, time, kind, sender, client_id, entry, alias, body from events order by position, ordinal",
    ),
    rooms: all("select name, title, open, trimmed_offset, trimmed_count from rooms order by name"),
    state: all("select name, key, value from state join rooms on rooms.id = room_id order by 1, 2"),
    members: all(
      "select name, user_id, role, time from members join rooms on id = room_id order by name, user_id",
    ),
    receipts: all(
      "select name, offset, user_id, receipts.time from receipts join rooms on rooms.id = room_id order by 1, 2, 3",
    ),
    revoked: all("select id, revoked_before from users where revoked_before is not null order by id"),
  };
}
