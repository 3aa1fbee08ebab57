import { join } from "node:path";
import type { Faults } from "../faults.ts";
import { OwnServer } from "../own-server.ts";
import { waitFor } from "../patience.ts";
import { type Cut, Link } from "./link.ts";

const START_MS = 180_000;
const AGAIN_MS = 500;
const POLL_MS = 50;
const ANSWER_MS = 5_000;
/** The reason of a node that has made something else of the log than the others: it stays as it is. */
const DIFFERS = "differs from the other nodes";

export interface Place {
  readonly position: number;
  readonly hash: string;
}

/** A node, and its links to the servers of the log. */
export class OwnNode {
  readonly server: OwnServer;

  private constructor(
    readonly name: string,
    private readonly faults: Faults,
    private readonly links: readonly Link[],
    settings: Readonly<Record<string, string>>,
    preload: string | undefined,
  ) {
    const url = links.map(({ port }) => `nats://127.0.0.1:${port}`).join();
    this.server = new OwnServer(faults, { ...settings, LOG_URL: url, NODE_NAME: name }, preload);
  }

  /** `clock`: its clock is wrong, and this number says how. */
  static async make(
    name: string,
    faults: Faults,
    logPorts: readonly number[],
    settings: Readonly<Record<string, string>>,
    clock: number | undefined,
  ): Promise<OwnNode> {
    const links = await Promise.all(logPorts.map((port) => Link.open(port)));
    const wrong = clock === undefined ? {} : { VERIFY_CLOCK: `${clock}` };
    const preload = clock === undefined ? undefined : join(import.meta.dir, "clock.ts");
    return new OwnNode(name, faults, links, { ...settings, ...wrong }, preload);
  }

  /** Tries again while the log cannot be reached, as an init system does. `reached` is what other nodes have applied. */
  async start(reached = 0): Promise<void> {
    const deadline = performance.now() + START_MS;
    for (;;) {
      try {
        await this.server.start();
        break;
      } catch (error) {
        if (performance.now() > deadline) throw error;
      }
      await Bun.sleep(AGAIN_MS);
    }
    const place = await this.place();
    if (place && place.position < reached)
      this.faults.add(
        "early",
        `${this.name} listened at position ${place.position}, and ${reached} was applied elsewhere`,
      );
  }

  /** Resolves when it is ready or down, or when it will not be ready. */
  async ready(): Promise<void> {
    let reason = "";
    const poll = async () => {
      const answer = await this.#ask("/health/ready");
      reason = answer?.status === 200 ? "" : ((await answer?.text().catch(() => "")) ?? "no answer");
      return reason === "" || !this.server.isUp || reason.includes(DIFFERS);
    };
    await waitFor(poll, () => reason, START_MS, POLL_MS);
    if (reason !== "" && this.server.isUp)
      this.faults.add("diverged", `${this.name} does not become ready: ${reason}`);
  }

  async #metrics(): Promise<string | undefined> {
    return (await this.#ask("/metrics"))?.text().catch(() => undefined);
  }

  /** The work that it does now for all nodes. */
  async leases(): Promise<readonly string[]> {
    const held = (await this.#metrics())?.matchAll(/^switchboard_cluster_lease_held\{lease="(.+)"\} 1$/gm);
    return Array.from(held ?? [], ([, lease = ""]) => lease);
  }

  /** Undefined when it does not say. */
  async place(): Promise<Place | undefined> {
    const text = await this.#metrics();
    if (text === undefined) return undefined;
    const [, position] = /^switchboard_log_position (.+)$/m.exec(text) ?? [];
    const [, hash = ""] = /^switchboard_log_hash (.+)$/m.exec(text) ?? [];
    return { position: Number(position), hash };
  }

  /** Whether it takes a user for online; undefined when it does not say. */
  async isOnline(userId: string): Promise<boolean | undefined> {
    const answer = await this.#ask(`/v1/users/${encodeURIComponent(userId)}`);
    if (answer?.status === 404) return false;
    if (answer?.status !== 200) return undefined;
    return ((await answer.json()) as { readonly online: boolean }).online;
  }

  async #ask(path: string): Promise<Response | undefined> {
    if (!this.server.isUp) return undefined;
    return fetch(`${this.server.origin()}${path}`, {
      headers: { authorization: `Bearer ${this.server.apiKey}` },
      signal: AbortSignal.timeout(ANSWER_MS),
      proxy: false,
    }).catch(() => undefined);
  }

  /** From one server of the log; from all of them where none is named. */
  cut(which: Cut, log?: number): void {
    for (const [index, link] of this.links.entries()) if (log === undefined || log === index) link.cut(which);
  }

  heal(): void {
    for (const link of this.links) link.heal();
  }

  async end(): Promise<void> {
    await this.server.end();
    for (const link of this.links) link.close();
  }
}
