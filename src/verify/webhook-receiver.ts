import { z } from "zod";
import { FeedLog, feedEvent } from "./feed-log.ts";
import type { Random } from "./random.ts";
import type { Stage } from "./stage.ts";

const delivery = z.object({ data: z.object({ events: z.array(feedEvent) }) });
const NAME = "verify";
/** Longer than the server waits for an answer. */
const STALL_MS = 3_000;
const TRY_AGAIN_MS = 100;

/** What a receiver does wrong now and then, and how often. */
const WRONG = {
  refuses: 0.02,
  stalls: 0.004,
  "takes it and answers 500": 0.01,
  "takes it and stalls": 0.004,
};

/** A receiver of a webhook that fails, stalls, and takes deliveries without saying so. It remembers their ids. */
export class WebhookReceiver {
  readonly log: FeedLog;
  readonly #server: Bun.Server<undefined>;
  readonly #taken = new Set<string>();
  readonly #random: Random;
  #isCalm = false;

  constructor(private readonly stage: Stage) {
    this.#random = stage.random.fork("webhook");
    this.log = new FeedLog("the receiver of the webhook", stage.ledger, true);
    this.#server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: (request) => this.#answer(request) });
  }

  /** Has the server call it, with everything from the beginning. */
  async begin(): Promise<void> {
    const webhook = { url: `http://127.0.0.1:${this.#server.port}/`, from: "beginning", batch: 100 };
    while ((await this.stage.ask("PUT", `/v1/webhooks/${NAME}`, webhook))?.status !== 200) {
      await this.stage.pause(TRY_AGAIN_MS);
    }
  }

  /** From now on it does nothing wrong. */
  calm(): void {
    this.#isCalm = true;
  }

  close(): void {
    void this.#server.stop(true);
  }

  async #answer(request: Request): Promise<Response> {
    const id = request.headers.get("webhook-id") ?? "";
    const { events } = delivery.parse(await request.json()).data;
    const wrong = this.#isCalm ? undefined : this.#wrong();
    this.stage.count(`webhook ${wrong ?? "takes it"}`);
    if (wrong === "refuses") return new Response(null, { status: 503 });
    if (wrong === "stalls") {
      await Bun.sleep(STALL_MS);
      return new Response(null, { status: 503 });
    }
    if (!this.#taken.has(id)) for (const event of events) this.log.take(event);
    this.#taken.add(id);
    if (wrong === "takes it and answers 500") return new Response(null, { status: 500 });
    if (wrong === "takes it and stalls") await Bun.sleep(STALL_MS);
    return new Response(null, { status: 204 });
  }

  #wrong(): keyof typeof WRONG | undefined {
    let at = this.#random.next();
    for (const [what, chance] of Object.entries(WRONG) as [keyof typeof WRONG, number][]) {
      at -= chance;
      if (at < 0) return what;
    }
    return undefined;
  }
}
