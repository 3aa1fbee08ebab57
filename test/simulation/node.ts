import { Database } from "bun:sqlite";
import { drizzle } from "drizzle-orm/bun-sqlite";
import { Cluster } from "../../src/cluster/cluster.ts";
import { type OpenDatabase, openDatabase, writing } from "../../src/storage/database.ts";
import type { Faults } from "../../src/verify/faults.ts";
import type { MemoryNetwork, MemoryTransport } from "../support/memory-transport.ts";
import { type Knowing, NodeLog, type SharedLog } from "../support/shared-log.ts";
import { SimulatedClock } from "./clock.ts";
import { Instance } from "./instance.ts";
import type { Wires } from "./wires.ts";

/** What several nodes have in common. */
export interface Shared {
  readonly log: SharedLog;
  readonly network: MemoryNetwork;
}

/** One server over its restarts: its database outlives each instance. */
export class Node {
  database = openDatabase(":memory:", "NORMAL");
  instance!: Instance;
  log: NodeLog | undefined;
  /** It takes connections: it has applied the log and has heard of the other nodes. */
  isListening = false;
  /** What it begins with after its next crash: its database, none, or a copy of another node's. */
  data: "own" | "none" | "copy" = "own";
  #transport: MemoryTransport | undefined;
  #starts = 0;

  constructor(
    readonly name: string,
    private readonly knows: Knowing,
    now: number,
    private readonly faults: Faults,
    private readonly count: (what: string) => void,
    private readonly wires: Wires,
    private readonly shared?: Shared,
  ) {
    this.#start(now);
  }

  #start(now: number): void {
    const { count, database, faults, name, shared, wires } = this;
    const clock = new SimulatedClock(now);
    this.#starts++;
    this.isListening = shared === undefined;
    if (!shared) {
      this.instance = new Instance(database, clock, faults, count, name, wires);
      return;
    }
    const log = new NodeLog(shared.log, clock, () => this.knows);
    const cluster = this.#createCluster(clock, shared);
    const { bus } = cluster;
    const committed = () => cluster.committed();
    this.log = log;
    this.instance = new Instance(database, clock, faults, count, name, wires, { log, bus, committed });
    void this.#join(this.instance, log, cluster);
  }

  #createCluster(clock: SimulatedClock, { network }: Shared): Cluster {
    const { faults, name } = this;
    const transport = network.join();
    this.#transport = transport;
    let ids = 0;
    return new Cluster({
      ...{ clock, transport, cluster: "simulation", node: name, settings: {} },
      newId: () => `${name}-${this.#starts}-${++ids}`,
      applied: () => this.instance.store.position(),
      hash: () => this.instance.store.hash(),
      draining: () => false,
      differs: (position) => faults.add("diverged", `${name} differs at position ${position}`),
      note: () => {},
    });
  }

  /** In the order of the start of a server. Nothing of it goes on after a crash: neither its log nor its clock does. */
  async #join(instance: Instance, log: NodeLog, cluster: Cluster): Promise<void> {
    const { core } = instance;
    core.turns.mute();
    const joined = cluster.announce();
    await log.barrier();
    cluster.start({
      roster: core.rosters,
      isHeard: (room) => core.rooms.isHeard(room),
      relayed: core.relayed,
      answers: {},
    });
    joined();
    await cluster.joined();
    await log.barrier();
    core.turns.startDelivery();
    this.isListening = this.instance === instance && !instance.hasCrashed;
  }

  /** It is down: nothing that it says is heard any more, but for what is on its way to the log. */
  died(): void {
    this.log?.abandon();
    if (this.#transport) this.#transport.isConnected = false;
    if (this.shared) this.isListening = false;
  }

  /** After a crash another instance starts. `other`: the database of a node that goes on. */
  restart(other?: OpenDatabase): void {
    const now = this.instance.clock.now();
    // A crash loses its open transaction.
    const { client } = this.database;
    if (client.inTransaction) client.run("ROLLBACK");
    const { data } = this;
    this.data = "own";
    if (data === "none" || (data === "copy" && other)) {
      client.close();
      this.database = other && data === "copy" ? copyOf(other) : openDatabase(":memory:", "NORMAL");
    }
    this.#start(now);
  }

  /** Everything that was sent is in the log, and everything in the log is applied here. True when that was anything. */
  catchUp(): boolean {
    this.log?.arrive();
    return (this.log?.deliver() ?? 0) > 0;
  }

  close(): void {
    this.instance.crash();
    this.died();
    this.database.client.close();
  }
}

function copyOf({ client: original }: OpenDatabase): OpenDatabase {
  const client = Database.deserialize(original.serialize(), { strict: true });
  return { client, db: drizzle(client), migrated: 0, ...writing(client, ":memory:") };
}
