import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Faults } from "../faults.ts";
import { OwnServer } from "../own-server.ts";
import type { Random } from "../random.ts";
import { Balancer } from "./balancer.ts";
import { LogServers } from "./log-servers.ts";
import { differences } from "./same.ts";

const SETTLED_MS = 60_000;
const LOOK_MS = 250;
/** All of them share one machine, which must not look like dead peers. */
const HEARTBEAT_INTERVAL_MS = "5000";

/** Nodes on a log of three servers, behind a balancer; any of them can be killed and comes back with its data. */
export class OwnCluster {
  readonly #directory = mkdtempSync(join(tmpdir(), "switchboard-verify-"));
  readonly #nodes: OwnServer[] = [];
  #servers: LogServers | undefined;
  #balancer: Balancer | undefined;
  /** Who is down: a node or a server of the log. */
  #down: (() => Promise<void>) | undefined;

  constructor(
    private readonly faults: Faults,
    private readonly size: number,
    private readonly random: Random,
    private readonly count: (what: string) => void,
  ) {
    process.once("exit", this.#leaveNothing);
  }

  get secret(): string {
    return this.#nodes[0]!.secret;
  }

  get apiKey(): string {
    return this.#nodes[0]!.apiKey;
  }

  get errors(): readonly string[] {
    return this.#nodes.flatMap(({ errors }) => errors);
  }

  origin(): string {
    return `http://127.0.0.1:${this.#balancer?.port}`;
  }

  /** The first time all of it; after a kill, what was killed. */
  async start(): Promise<void> {
    if (this.#servers) {
      await this.#down?.();
      this.#down = undefined;
      return;
    }
    this.#servers = await LogServers.start(this.#directory);
    for (let n = 1; n <= this.size; n++) {
      const env = { LOG_URL: this.#servers.url, NODE_NAME: `node-${n}`, HEARTBEAT_INTERVAL_MS };
      this.#nodes.push(new OwnServer(this.faults, env));
    }
    await Promise.all(this.#nodes.map((node) => node.start()));
    this.#balancer = await Balancer.open(() => this.#nodes.map(({ port }) => port));
  }

  /** One node or one server of the log, without a warning. */
  async kill(): Promise<void> {
    const servers = this.#servers!;
    const victim = Math.floor(this.random.next() * (this.size + servers.count));
    const node = this.#nodes[victim];
    if (node) {
      this.count("nodes killed");
      await node.kill();
      this.#down = () => node.start();
      return;
    }
    this.count("log servers killed");
    await servers.kill(victim - this.size);
    this.#down = () => servers.restart(victim - this.size);
  }

  limitFiles(bytes: number | undefined): boolean {
    return this.#nodes[0]?.limitFiles(bytes) ?? false;
  }

  /** Waits until all nodes have come to the same: what is still on its way to the log arrives meanwhile. */
  async settle(): Promise<void> {
    const deadline = performance.now() + SETTLED_MS;
    for (;;) {
      const found = await this.#differences();
      if (found.length === 0) return;
      if (performance.now() > deadline) {
        for (const difference of found) this.faults.add("diverged", difference);
        return;
      }
      await Bun.sleep(LOOK_MS);
    }
  }

  async #differences(): Promise<readonly string[]> {
    const places = await Promise.all(this.#nodes.map((node) => placeOf(node.origin())));
    if (places.includes("") || new Set(places).size > 1)
      return [`positions and hashes: ${places.map((place) => place || "no answer").join("; ")}`];
    return differences(this.#nodes.map(({ database }) => database));
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

/** The position and the hash of a node; "" when it does not say. */
async function placeOf(origin: string): Promise<string> {
  try {
    const answer = await fetch(`${origin}/metrics`, { signal: AbortSignal.timeout(5_000), proxy: false });
    const text = await answer.text();
    const [, position] = /^switchboard_log_position (.+)$/m.exec(text) ?? [];
    const [, hash] = /^switchboard_log_hash (.+)$/m.exec(text) ?? [];
    return `${position} ${hash}`;
  } catch {
    return "";
  }
}
