import { PostRefusal } from "../../src/core/inbound/publish-api.ts";
import { Refusal } from "../../src/core/protocol/refusal.ts";
import type { Faults } from "../../src/verify/faults.ts";
import type { Endpoint, SocketEvents } from "../../src/verify/json-socket.ts";
import type { Answer } from "../../src/verify/target.ts";
import { FakeClock } from "../support/fake-clock.ts";
import { MemoryNetwork } from "../support/memory-transport.ts";
import { SharedLog } from "../support/shared-log.ts";
import { answer } from "./backend.ts";
import type { Instance } from "./instance.ts";
import { Node } from "./node.ts";
import { Wires } from "./wires.ts";

export const START = Date.UTC(2026, 0, 1);
/** Nodes hear of each other at least this often while time passes. */
const STEP_MS = 250;

const KNOWING = ["behind", "nothing", "in doubt"] as const;

/** Milliseconds by which the clocks of nodes are wrong. */
export type Skews = readonly [number, ...number[]];

/** The servers of a simulation: one alone, or several on one log. */
export class Fleet {
  /** Of those who are no server: it survives them all. */
  readonly clock = new FakeClock(0);
  readonly log: SharedLog | undefined;
  readonly wires: Wires;
  readonly nodes: readonly Node[];
  /** Those that clients and backends come to. */
  readonly served: readonly Node[];
  /** Nodes where some only listen. */
  readonly followers: readonly Node[];
  /** Connections that were opened, and requests. */
  #asked = 0;
  #opened = 0;

  constructor(skews: Skews, followers: Skews | readonly [], faults: Faults, count: (what: string) => void) {
    const shared =
      skews.length > 1 ? { log: new SharedLog(), network: new MemoryNetwork(this.clock) } : undefined;
    this.log = shared?.log;
    this.wires = new Wires(faults);
    this.nodes = [...skews, ...followers].map(
      (skew, n) =>
        new Node(`node ${n}`, KNOWING[n % KNOWING.length]!, START + skew, faults, count, this.wires, shared),
    );
    this.served = this.nodes.slice(0, skews.length);
    this.followers = this.nodes.slice(skews.length);
  }

  get instances(): Instance[] {
    return this.nodes.map(({ instance }) => instance);
  }

  /** The node that a load balancer would choose; undefined while none listens. */
  next(among: readonly Node[] = this.served): Node | undefined {
    const listening = among.filter(({ isListening }) => isListening);
    return listening[this.#asked++ % listening.length];
  }

  /** Every second connection asks for offsets. */
  open(endpoint: Endpoint, events: SocketEvents, node = this.next()): void {
    const path = this.#opened++ % 2 === 0 ? endpoint.path : withOffsets(endpoint.path);
    if (node?.isListening) node.instance.open({ ...endpoint, path }, events);
    else events.closed("refused");
  }

  /** `stepped` is called after each of the steps in which time passes on the nodes. */
  advance(ms: number, stepped?: () => void, most = STEP_MS): void {
    for (let left = ms; left > 0; left -= most) {
      const step = Math.min(left, most);
      for (const { clock } of this.instances) clock.advance(step);
      this.clock.advance(step);
      stepped?.();
    }
  }

  /** Runs pending promises. After a crash, clients are disconnected and another server starts. */
  async flush(): Promise<void> {
    await settled();
    const crashed = this.nodes.filter(({ instance }) => instance.hasCrashed);
    if (crashed.length === 0) return;
    for (const node of crashed) {
      const before = node.instance;
      node.died();
      const [other] = this.nodes.filter(({ instance }) => !instance.hasCrashed);
      node.restart(other?.database);
      before.disconnectAll();
    }
    await settled();
  }

  async tick(): Promise<boolean> {
    await this.flush();
    for (const { core } of this.instances) core.turns.end();
    let isMoving = false;
    for (const node of this.nodes) isMoving = node.catchUp() || isMoving;
    for (const one of this.instances) isMoving = one.read(Number.POSITIVE_INFINITY) || isMoving;
    this.advance(120);
    await this.flush();
    // The next page of a catch-up waits for a turn of the event loop.
    if (this.isCatchingUp) await new Promise<void>((resolve) => void setImmediate(resolve));
    return isMoving;
  }

  /** Somebody is still being told what it missed, or a node starts. */
  get isCatchingUp(): boolean {
    return this.nodes.some(
      ({ instance, isListening }) =>
        !isListening ||
        [...instance.core.connections.all].some(({ catchingUp }) => (catchingUp?.size ?? 0) > 0),
    );
  }

  /** What a backend is answered; undefined where no answer comes, after a crash or while no node listens. */
  async ask(method: string, path: string, body?: unknown): Promise<Answer | undefined> {
    const node = this.next();
    if (!node) return undefined;
    const { instance } = node;
    try {
      const answered = answer(instance, method, path, body).then(async (answered) => {
        if (method === "PUT" || method === "DELETE") await this.appliedEverywhere(node);
        return answered;
      });
      return await Promise.race([instance.crashed.promise, answered]);
    } catch (error) {
      if (error instanceof Refusal || error instanceof PostRefusal) return { status: 503, body: undefined };
      throw error;
    }
  }

  pause(ms: number): Promise<void> {
    return new Promise((resolve) => void this.clock.after(ms, resolve));
  }

  /** What a backend says of access holds on every node once it is answered. */
  async appliedEverywhere({ log }: Node): Promise<void> {
    const position = log?.position ?? 0;
    while (this.nodes.some((node) => (node.log?.position ?? 0) < position)) await this.pause(10);
  }

  close(): void {
    for (const node of this.nodes) node.close();
  }
}

const withOffsets = (path: string): string => `${path}${path.includes("?") ? "&" : "?"}offsets=1`;

async function settled(): Promise<void> {
  for (let n = 0; n < 12; n++) await null;
}
