import packageJson from "../../package.json" with { type: "json" };
import type { Cluster } from "../cluster/cluster.ts";
import type { Config } from "../config.ts";
import type { Core } from "../core/core.ts";
import type { Clock } from "../core/ports/clock.ts";
import type { NodeState } from "../http/cluster.ts";
import { type Phase, whyNotReady } from "../http/health.ts";
import type { JetStreamLog } from "../log/jetstream.ts";
import type { Leases } from "../log/leases.ts";
import type { Storage } from "../storage/open.ts";

export interface StatusParts {
  readonly config: Config;
  readonly clock: Clock;
  readonly core: Core;
  readonly storage: Storage;
  /** Where there are several nodes. */
  readonly shared: JetStreamLog | undefined;
  readonly cluster: Cluster | undefined;
  readonly leases: Leases | undefined;
}

/** How this server is: for its health, for operators, and for the other nodes. */
export class Status {
  phase: Phase = "starting";
  /** New WebSockets are refused. */
  isClosing = false;
  /** New requests are refused. */
  isStopping = false;
  readonly #startedAt: number;

  constructor(private readonly parts: StatusParts) {
    this.#startedAt = parts.clock.monotonic();
  }

  /** Seconds. */
  get uptime(): number {
    return (this.parts.clock.monotonic() - this.#startedAt) / 1_000;
  }

  get isDraining(): boolean {
    return this.phase === "draining";
  }

  /** This node cannot follow the log, so another node serves clients better. */
  get isIsolated(): boolean {
    return this.parts.shared?.health.isIsolated ?? false;
  }

  /** Why the server is not ready; undefined when it is. */
  get fault(): string | undefined {
    const { core, shared } = this.parts;
    return whyNotReady(this.phase, core.storeHealth.works(), shared?.health.whyNotReady());
  }

  get node(): NodeState {
    const { config, core, storage, shared, cluster, leases } = this.parts;
    const reason = this.fault ?? null;
    return {
      ...{ name: config.NODE_NAME, ready: reason === null, reason },
      warning: cluster?.settingsWarning ?? null,
      version: packageJson.version,
      uptime: this.uptime,
      connections: core.connections.count,
      lagSeconds: (shared?.health.lagMs ?? 0) / 1_000,
      ...{ position: storage.store.position(), hash: storage.store.hash() },
      writeLevel: cluster?.writeLevel ?? 0,
      leases: (leases?.held ?? []).filter(([, isHeld]) => isHeld).map(([name]) => name),
    };
  }
}
