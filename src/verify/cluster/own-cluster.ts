import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Faults } from "../faults.ts";
import { isSource } from "../own-server.ts";
import { waitFor } from "../patience.ts";
import type { Random } from "../random.ts";
import type { Mishap } from "../schedule.ts";
import { Balancer } from "./balancer.ts";
import { LogServers } from "./log-servers.ts";
import { NodeFaults } from "./node-faults.ts";
import { OwnNode } from "./own-node.ts";
import { probe } from "./probe.ts";
import { differences } from "./same.ts";

/** How long nothing may move before nodes that differ count as different. */
const SETTLED_MS = 30_000;
const POLL_MS = 250;
/** All of them share one machine, which must not look like dead peers. */
const HEARTBEAT_INTERVAL_MS = "5000";

export interface ClusterParts {
  readonly faults: Faults;
  readonly size: number;
  readonly random: Random;
  readonly mishaps: readonly Mishap[];
  count(what: string): void;
}

/** Nodes on a log of three servers, behind a balancer. Each comes back with its data after a fault. */
export class OwnCluster {
  readonly #directory = mkdtempSync(join(tmpdir(), "switchboard-verify-"));
  readonly #nodes: OwnNode[] = [];
  readonly #skipped = new Set<string>();
  #servers: LogServers | undefined;
  #balancer: Balancer | undefined;
  cluster: NodeFaults | undefined;

  constructor(private readonly parts: ClusterParts) {
    process.once("exit", this.#leaveNothing);
  }

  get secret(): string {
    return this.#nodes[0]!.server.secret;
  }

  get apiKey(): string {
    return this.#nodes[0]!.server.apiKey;
  }

  get errors(): readonly string[] {
    return this.#nodes.flatMap(({ server }) => server.errors);
  }

  /** Faults that could not be injected, and why. */
  get skipped(): readonly string[] {
    return [...this.#skipped];
  }

  origin(): string {
    return `http://127.0.0.1:${this.#balancer?.port}`;
  }

  async start(): Promise<void> {
    const { count, faults, mishaps, random, size } = this.parts;
    const servers = await LogServers.start(this.#directory);
    this.#servers = servers;
    const hasClocks = isSource() && mishaps.includes("clock");
    for (let n = 1; n <= size; n++) {
      const clock = hasClocks ? random.whole(1, 1_000_000) : undefined;
      this.#nodes.push(
        await OwnNode.make(`node-${n}`, faults, servers.ports, { HEARTBEAT_INTERVAL_MS }, clock),
      );
    }
    await Promise.all(this.#nodes.map((node) => node.start()));
    this.#balancer = await Balancer.open(() => this.#nodes.map(({ server }) => server.port));
    this.cluster = new NodeFaults({
      ...{ nodes: this.#nodes, servers, count, hasClocks },
      skip: (why) => this.#skipped.add(why),
      died: (why) => faults.add("died", why),
    });
  }

  /** Of one node; all of them get it back. */
  limitFiles(bytes: number | undefined): boolean {
    // One that is down has no process that could have a limit.
    const up = this.#nodes.filter(({ server }) => server.isUp);
    const nodes =
      bytes === undefined ? this.#nodes : [this.parts.random.pick(up.length > 0 ? up : this.#nodes)];
    return nodes.map(({ server }) => server.limitFiles(bytes)).some((done) => done);
  }

  /** Waits until all nodes have come to the same: what is still on its way to the log arrives meanwhile. */
  async settle(): Promise<void> {
    let [seen, found]: [string, readonly string[]] = ["", []];
    const poll = async () => {
      const places = await Promise.all(this.#nodes.map((node) => node.place()));
      const now = places.map((place) => (place ? `${place.position} ${place.hash}` : "no answer"));
      const same = new Set(now).size === 1 && places[0] !== undefined;
      found = same
        ? differences(this.#nodes.map(({ server }) => server.database))
        : [`positions and hashes: ${now.join("; ")}`];
      seen = now.join();
      return found.length === 0;
    };
    // A slow machine is waited for as long as its nodes get on.
    await waitFor(poll, () => seen, SETTLED_MS, POLL_MS);
    for (const difference of found) this.parts.faults.add("diverged", difference);
  }

  /** Who is there, and who types, is known on all nodes. Last of all: it kills one of them. */
  probe(): Promise<void> {
    return probe(this.#nodes, this.parts.faults);
  }

  async end(): Promise<void> {
    this.#balancer?.close();
    await Promise.all(this.#nodes.map((node) => node.end()));
    process.off("exit", this.#leaveNothing);
    this.#leaveNothing();
  }

  readonly #leaveNothing = (): void => {
    this.#servers?.killAll();
    rmSync(this.#directory, { recursive: true, force: true });
  };
}
