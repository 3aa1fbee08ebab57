import { waitFor } from "../patience.ts";
import type { Mishap, Moment } from "../schedule.ts";
import type { Cut } from "./link.ts";
import type { LogServers } from "./log-servers.ts";
import type { OwnNode } from "./own-node.ts";

const CUTS = ["both", "both", "out", "in"] as const satisfies readonly Cut[];
/** A node that is cut off for longer sends its clients away. */
const ISOLATED_MS = 17_000;
/** The share of kills that the node which sends webhooks gets. */
const SENDER = 0.2;
/** How long servers of the log may take until all of them have what they missed. */
const RECOVERY_MS = 180_000;
const POLL_MS = 200;

interface Parts {
  readonly nodes: readonly OwnNode[];
  readonly servers: Pick<
    LogServers,
    "areWell" | "count" | "cut" | "heal" | "kill" | "pause" | "restart" | "resume"
  >;
  count(what: string): void;
  skip(why: string): void;
  /** A node does not come back. */
  died(why: string): void;
  /** Clocks of nodes can be set. */
  readonly hasClocks: boolean;
}

/**
 * Faults that only several nodes can have. Some go on at the same time, but one node and two servers of the log are
 * well at each moment; now and then two servers die together.
 */
export class NodeFaults {
  readonly #harmedNodes = new Set<OwnNode>();
  readonly #harmedServers = new Set<number>();

  constructor(private readonly parts: Parts) {}

  /** `beforeKill`: before the node that sends webhooks is killed; resolves when a delivery is on its way. */
  async happen(moment: Moment, beforeKill: () => Promise<void>): Promise<void> {
    await this.#mishaps[moment.what]?.(moment, beforeKill);
  }

  /** The node that sends webhooks; undefined while none does, and where it cannot be killed now. */
  async #sender(): Promise<OwnNode | undefined> {
    const { nodes } = this.parts;
    const held = await Promise.all(nodes.map((node) => node.leases()));
    return nodes.find((node, n) => held[n]?.includes("webhooks") && !this.#isHarmed(node));
  }

  /** The furthest position that any node has applied now. */
  async #reached(): Promise<number> {
    const places = await Promise.all(this.parts.nodes.map((node) => node.place()));
    return Math.max(0, ...places.map((place) => place?.position ?? 0));
  }

  async #start(node: OwnNode): Promise<void> {
    await node.start(await this.#reached()).catch((error) => this.parts.died(`${node.name}: ${error}`));
  }

  readonly #mishaps: {
    readonly [What in Mishap]?: (moment: Moment, beforeKill: () => Promise<void>) => Promise<void>;
  } = {
    kill: async ({ who, long }, beforeKill) => {
      const { count, servers } = this.parts;
      const sender = who < SENDER ? await this.#sender() : undefined;
      if (sender) {
        await this.#harm(sender, "nodes killed that send webhooks", async () => {
          await beforeKill();
          await sender.server.kill();
          await this.#start(sender);
        });
        return;
      }
      if (who < 0.5) {
        await this.#harmNode(2 * who, "nodes killed", async (node) => {
          await node.server.kill();
          await this.#start(node);
        });
        return;
      }
      await this.#harmServer(2 * who - 1, "log servers killed", async (index) => {
        const dead = long > 0.85 ? [index, (index + 1) % servers.count] : [index];
        if (dead.length > 1) count("log servers killed two at a time");
        await Promise.all(dead.map((one) => servers.kill(one)));
        await Bun.sleep(3_000 * long);
        await Promise.all(dead.map((one) => servers.restart(one)));
      });
    },

    pause: async ({ who, long }) => {
      const { servers } = this.parts;
      const ms = 200 + 6_000 * long;
      if (who < 0.5) {
        await this.#harmNode(2 * who, "nodes paused", async ({ server }) => {
          server.signal("SIGSTOP");
          await Bun.sleep(ms);
          server.signal("SIGCONT");
        });
        return;
      }
      await this.#harmServer(2 * who - 1, "log servers paused", async (index) => {
        servers.pause(index);
        await Bun.sleep(ms);
        servers.resume(index);
      });
    },

    partition: async ({ who, long }) => {
      const { servers } = this.parts;
      const which = CUTS[Math.floor(long * 1_000) % CUTS.length]!;
      const ms = 300 + 6_000 * long;
      const index = Math.floor(who * 1_000) % servers.count;
      if (who < 0.55) {
        const isWhole = who < 0.3;
        const what = isWhole ? "nodes cut off" : "nodes cut off from one log server";
        await this.#harmNode(who / 0.55, what, async (node) => {
          node.cut(which, isWhole ? undefined : index);
          await Bun.sleep(isWhole && long > 0.85 ? ISOLATED_MS : ms);
          node.heal();
        });
        return;
      }
      const isWhole = who < 0.8;
      const what = isWhole ? "log servers cut off" : "log servers cut off from each other";
      await this.#harmServer((who - 0.55) / 0.45, what, async (one) => {
        const others = Array.from({ length: servers.count }, (_, other) => other).filter(
          (other) => other !== one,
        );
        const cut = isWhole ? others : others.slice(0, 1);
        for (const other of cut) servers.cut(one, other, which);
        await Bun.sleep(ms);
        for (const other of cut) servers.heal(one, other);
      });
    },

    clock: async ({ who }) => {
      const { count, hasClocks, nodes, skip } = this.parts;
      if (!hasClocks) {
        skip("the clocks of the nodes were right: only a clone can set them");
        return;
      }
      const node = nodes[Math.floor(who * nodes.length)]!;
      if (this.#harmedNodes.has(node)) return;
      count("clocks set");
      node.server.signal("SIGUSR2");
    },

    join: ({ who }) =>
      this.#harmNode(who, "nodes joined without a database", async (node) => {
        await node.server.kill();
        node.server.removeData();
        await this.#start(node);
      }),

    roll: async () => {
      this.parts.count("restarts of all nodes");
      for (const node of this.parts.nodes) {
        if (this.#isHarmed(node)) continue;
        await this.#harm(node, "nodes restarted", async () => {
          await node.server.terminate();
          await this.#start(node);
          await node.ready();
        });
      }
    },
  };

  /** True also for the last node without a fault. */
  #isHarmed(node: OwnNode): boolean {
    return this.#harmedNodes.has(node) || this.#harmedNodes.size + 1 >= this.parts.nodes.length;
  }

  async #harmNode(who: number, what: string, harm: (node: OwnNode) => Promise<void>): Promise<void> {
    const free = this.parts.nodes.filter((node) => !this.#isHarmed(node));
    const node = free[Math.floor(who * free.length)];
    if (node) await this.#harm(node, what, harm);
  }

  async #harm(node: OwnNode, what: string, harm: (node: OwnNode) => Promise<void>): Promise<void> {
    this.parts.count(what);
    this.#harmedNodes.add(node);
    await harm(node);
    this.#harmedNodes.delete(node);
  }

  /**
   * A server that lacks what the others have cannot stand in for one of them. On a busy machine it lacks it for longer
   * than the next fault takes to come, and a log of such servers takes nothing for minutes.
   */
  async #recovered(): Promise<void> {
    const { servers, skip } = this.parts;
    let isWell = false;
    const poll = async () => {
      isWell = await servers.areWell();
      return isWell;
    };
    await waitFor(poll, () => isWell, RECOVERY_MS, POLL_MS);
    if (!isWell) skip(`waiting for the log: its servers were not well again after ${RECOVERY_MS / 1_000} s`);
  }

  async #harmServer(who: number, what: string, harm: (index: number) => Promise<void>): Promise<void> {
    if (this.#harmedServers.size > 0) return;
    const index = Math.floor(who * this.parts.servers.count);
    this.parts.count(what);
    this.#harmedServers.add(index);
    await harm(index);
    await this.#recovered();
    this.#harmedServers.delete(index);
  }
}
