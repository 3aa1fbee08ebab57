import type { Logger } from "pino";
import type { Cluster } from "../cluster/cluster.ts";
import type { Config } from "../config.ts";
import type { Core } from "../core/core.ts";
import type { Clock } from "../core/ports/clock.ts";
import type { Feed } from "../feed/feed.ts";
import { Webhooks } from "../feed/webhooks.ts";
import type { Answering } from "../http/body-limit.ts";
import type { JetStreamLog } from "../log/jetstream.ts";
import type { Leases } from "../log/leases.ts";
import type { Storage } from "../storage/open.ts";
import type { Reporting } from "./reporting.ts";
import { SharedWebhooks } from "./shared-webhooks.ts";

export interface WebhooksWiring {
  readonly config: Config;
  readonly clock: Clock;
  readonly log: Logger;
  readonly reporting: Reporting;
  readonly storage: Storage;
  readonly core: Core;
  readonly feed: Feed;
  /** Where there are several nodes. */
  readonly shared: JetStreamLog | undefined;
  readonly cluster: Cluster | undefined;
  readonly leases: Leases | undefined;
}

export type OpenWebhooks = ReturnType<typeof openWebhooks>;

/** Webhooks, which do not send yet. Their rows are in the database, or with the servers of the log of several nodes. */
export function openWebhooks(wiring: WebhooksWiring) {
  const { config, clock, log, reporting, storage, core, feed, shared, cluster, leases } = wiring;
  const rows = () => sharedWebhooks ?? storage.webhooks;
  const allowed = config.WEBHOOK_ALLOW ?? [config.production ? "public" : "*"];
  const webhooks = new Webhooks({
    ...{ clock, feed, allowed, contracts: core.protocols, report: reporting.report, random: Math.random },
    all: storage.webhooks.all,
    save: (row) => rows().save(row),
    remove: (name) => rows().remove(name),
    timeoutMs: config.WEBHOOK_TIMEOUT_MS,
    lastId: storage.eventPages.lastId,
    note: (webhook, what, error) =>
      log[what === "delivered" ? "info" : "warn"]({ webhook, ...(error && { error }) }, `webhook ${what}`),
  });
  const sharedWebhooks =
    shared && cluster && new SharedWebhooks({ shared, cluster, webhooks, log, table: storage.webhooks });
  return {
    ...{ webhooks, sharedWebhooks, allowed },
    /** Begins to send. `answer`: answers a request about webhooks that another node has authorized. */
    start: async (answer: Answering): Promise<void> => {
      if (sharedWebhooks && leases) await sharedWebhooks.start(leases, answer);
      else webhooks.start();
    },
  };
}
