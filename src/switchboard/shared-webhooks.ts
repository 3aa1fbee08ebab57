import type { Logger } from "pino";
import type { Cluster } from "../cluster/cluster.ts";
import type { Webhooks } from "../feed/webhooks.ts";
import { Problem } from "../http/problem.ts";
import type { JetStreamLog } from "../log/jetstream.ts";
import type { Leases } from "../log/leases.ts";
import type { SharedRows } from "../log/shared-rows.ts";
import type { WebhookRow, WebhookTable } from "../storage/webhook-table.ts";

/** A test of a webhook takes as long as its receiver. */
const ANSWER_MS = 15_000;
const STORED_MS = 5_000;
const RETRY_MS = 1_000;

/** A request about webhooks, and its answer, on their way between nodes. */
interface Asked {
  readonly method: string;
  /** With the query. */
  readonly path: string;
  readonly type: string | null;
  readonly body: string;
}
interface Answered {
  readonly status: number;
  readonly headers: readonly [string, string][];
  readonly body: string;
}

const nobody = new Problem(
  503,
  "No node sends webhooks at this moment, until another has taken over: try again",
  undefined,
  {},
  { "retry-after": "2" },
);
const notStored = new Problem(
  503,
  "What was changed may not be stored: try again",
  undefined,
  {},
  { "retry-after": "2" },
);

export interface SharedWebhooksParts {
  readonly shared: JetStreamLog;
  readonly cluster: Cluster;
  readonly webhooks: Webhooks;
  readonly table: WebhookTable;
  readonly log: Logger;
}

/**
 * The webhooks of several nodes. The node that holds the lease sends, and answers requests for all nodes. The servers
 * of the log keep the rows with the place of each webhook, so another node can go on from there.
 */
export class SharedWebhooks {
  #state: "elsewhere" | "taking over" | "here" = "elsewhere";
  #isHeld = false;
  #attempts = 0;
  readonly #rows: SharedRows<WebhookRow>;
  /** Answers a request on this node. */
  #answer: ((request: Request) => Response | Promise<Response>) | undefined;

  constructor(private readonly parts: SharedWebhooksParts) {
    this.#rows = parts.shared.rows<WebhookRow>("webhooks", () => {
      if (this.#isHeld) void this.#take();
    });
  }

  readonly save = (row: WebhookRow): void => {
    // A request that began before this node lost the lease may end after that.
    if (this.#state === "here") this.#rows.save(row);
    else queueMicrotask(() => this.parts.webhooks.forget());
  };
  readonly remove = (name: string): void => this.#rows.remove(name);

  /** Starts, and shares the rows that earlier versions kept on this node alone. */
  async start(leases: Leases, answer: (request: Request) => Response | Promise<Response>): Promise<void> {
    const { cluster, log, table } = this.parts;
    this.#answer = answer;
    for (const row of table.all()) {
      await this.#rows.add(row);
      table.remove(row.name);
      log.info({ webhook: row.name }, "a webhook of this node is one of all nodes from now on");
      await cluster.askForOne("webhooks added", null, ANSWER_MS);
    }
    leases.hold("webhooks", {
      start: () => {
        this.#isHeld = true;
        void this.#take();
      },
      stop: () => {
        this.#isHeld = false;
        this.#lose();
      },
    });
  }

  async #take(): Promise<void> {
    const { log, shared, webhooks } = this.parts;
    const attempt = ++this.#attempts;
    const isWanted = () => attempt === this.#attempts;
    this.#state = "taking over";
    webhooks.forget();
    while (isWanted()) {
      try {
        // Another node may have delivered events that this one has not applied yet.
        await shared.barrier();
        const rows = await this.#rows.load();
        if (!isWanted()) return;
        this.#state = "here";
        webhooks.start(rows);
        return;
      } catch (error) {
        log.warn({ err: error }, "the webhooks cannot be taken over; tried again");
        await Bun.sleep(RETRY_MS);
      }
    }
  }

  #lose(): void {
    this.#attempts++;
    this.#state = "elsewhere";
    this.#rows.release();
    this.parts.webhooks.forget();
  }

  /** Resolves when what was changed is stored. Rejects with a `Problem`. */
  readonly stored = async (): Promise<void> => {
    if (!(await this.#rows.flushed(STORED_MS)) || this.#state !== "here") throw notStored;
  };

  /** What this node has delivered is stored, if that can be. */
  async stop(): Promise<void> {
    this.parts.webhooks.stop();
    await this.#rows.flushed(RETRY_MS);
  }

  /** Has the node that sends answer a request; undefined if this node sends. */
  readonly forward = (request: Request): Promise<Response> | undefined =>
    this.#state === "here" ? undefined : this.#ask(request);

  async #ask(request: Request): Promise<Response> {
    const { pathname, search } = new URL(request.url);
    const asked: Asked = {
      ...{ method: request.method, path: pathname + search, type: request.headers.get("content-type") },
      body: await request.text(),
    };
    const answered = await this.parts.cluster.askForOne<Answered>("webhooks", asked, ANSWER_MS);
    if (!answered) throw nobody;
    const { status, headers, body } = answered;
    return new Response(status === 204 ? null : body, { status, headers: [...headers] });
  }

  /** Answers to the questions of other nodes; null if this node does not send. */
  readonly answers = {
    webhooks: (asked: Asked) => this.#answered(asked),
    "webhooks added": async () => {
      if (!this.#isHeld) return null;
      await this.#rows.flushed(RETRY_MS);
      await this.#take();
      return true;
    },
  };

  readonly #answered = async ({ method, path, type, body }: Asked): Promise<Answered | null> => {
    if (this.#state !== "here" || !this.#answer) return null;
    const request = new Request(`http://node${path}`, {
      method,
      ...(type !== null && { headers: { "content-type": type } }),
      ...(method !== "GET" && method !== "HEAD" && { body }),
    });
    const response = await this.#answer(request);
    return { status: response.status, headers: [...response.headers], body: await response.text() };
  };
}
