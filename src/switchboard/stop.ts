import type { Config } from "../config.ts";
import type { Core } from "../core/core.ts";
import type { Clock } from "../core/ports/clock.ts";
import { Refusal } from "../core/protocol/refusal.ts";
import type { Feed } from "../feed/feed.ts";
import type { Listener } from "../listener.ts";
import type { Leases } from "../log/leases.ts";
import { dismissAll, until } from "./dismissal.ts";
import type { watchListener } from "./listen.ts";
import type { Status } from "./status.ts";
import type { OpenWebhooks } from "./webhooks.ts";

/** How often clients are sent away while their node cannot follow the log. */
const ISOLATED_MS = 1_000;
/** How long a server that stops waits for the answers to the last requests. */
const ANSWER_MS = 1_000;

export interface StopWiring {
  readonly config: Config;
  readonly core: Core;
  readonly feed: Feed;
  readonly webhooks: OpenWebhooks;
  readonly status: Status;
  readonly server: Listener;
  readonly isOneOfSeveral: boolean;
  readonly watch: ReturnType<typeof watchListener>;
  readonly sources: { stop(): void } | undefined;
  readonly leases: Leases | undefined;
  stopCollecting(): void;
  /** Closes the database, and the log of several nodes. */
  close(): Promise<void>;
}

/** Ends the work for others, sends the clients away, answers the last requests, and closes. */
export async function stopServing(wiring: StopWiring): Promise<void> {
  const { config, core, feed, webhooks, status, server, watch, sources, leases } = wiring;
  status.phase = "draining";
  // A load balancer that cannot connect goes on to another node at once; one that gets a refusal may pass it on.
  if (wiring.isOneOfSeveral) server.refuse();
  wiring.stopCollecting();
  webhooks.webhooks.stop();
  feed.stop();
  watch.stopRenewing();
  sources?.stop();
  await webhooks.sharedWebhooks?.stop();
  await leases?.stop();
  await dismissAll(core, config.SHUTDOWN_GRACE_MS);
  core.stop();
  // Requests that were received are answered. Bun gives a request that is still arriving 10 s, which is not waited for.
  status.isStopping = true;
  await until(() => server.unanswered() === 0, Math.min(config.SHUTDOWN_GRACE_MS, ANSWER_MS));
  await server.stop();
  watch.stop();
  await wiring.close();
}

/** While this node cannot follow the log, its clients are sent to others. */
export function sendAwayWhileIsolated(clock: Clock, core: Core, status: Status): void {
  clock.every(ISOLATED_MS, () => {
    if (status.isIsolated)
      for (const one of [...core.connections.all]) one.refuse(new Refusal("server_restart"));
  });
}
