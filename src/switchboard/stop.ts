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
/** One of several nodes is used as before for this long: load balancers ask for readiness every second or two. */
const DELAY_MS = 2_000;
/** How long a server that stops waits for the answers to the last requests. */
const ANSWER_MS = 1_000;

export interface StopWiring {
  readonly config: Config;
  readonly clock: Clock;
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

/**
 * Tells load balancers first that it is not ready, and lets them go. Then ends the work for others, sends the clients
 * away, answers the last requests, and closes.
 */
export async function stopServing(wiring: StopWiring): Promise<void> {
  const { config, clock, core, feed, webhooks, status, server, watch, sources, leases } = wiring;
  status.phase = "draining";
  // A request that a load balancer sends on a kept connection would be lost if the connection were closed at that moment.
  // So each connection ends with an answer that says so, before the listener closes.
  const delay = config.SHUTDOWN_DELAY_MS ?? (wiring.isOneOfSeveral ? DELAY_MS : 0);
  if (delay > 0) await new Promise<void>((over) => clock.after(delay, over));
  status.isClosing = true;
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
