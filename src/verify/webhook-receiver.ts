import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { z } from "zod";
import { FeedLog, feedEvent } from "./feed-log.ts";
import type { Harness } from "./harness.ts";
import type { Random } from "./random.ts";

const delivery = z.object({ data: z.object({ events: z.array(feedEvent) }) });
const NAME = "verify";
/** Longer than the server waits for an answer. */
const STALL_MS = 3_000;
const TRY_AGAIN_MS = 100;
/** How long it waits for a delivery, before the server is killed. */
const HOLD_MS = 1_500;

/** What a receiver does wrong now and then, and how often. */
const WRONG = {
  refuses: 0.02,
  stalls: 0.004,
  "closes the connection": 0.02,
  "takes it and answers 500": 0.01,
  "takes it and stalls": 0.004,
  "takes it and closes the connection": 0.01,
};

/**
 * A receiver of a webhook that fails, stalls, closes, and takes deliveries without saying so. It remembers their ids.
 */
export class WebhookReceiver {
  readonly log: FeedLog;
  readonly #server = createServer((request, response) => void this.#answer(request, response));
  readonly #taken = new Set<string>();
  readonly #random: Random;
  #isCalm = false;
  /** Called when a delivery has come that gets no answer. */
  #held: (() => void) | undefined;

  constructor(private readonly harness: Harness) {
    this.#random = harness.random.fork("webhook");
    this.log = new FeedLog("the receiver of the webhook", harness.ledger, true, harness.hasNodes);
  }

  /** Registers its webhook, which begins with the first event. */
  async begin(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    const { port } = this.#server.address() as AddressInfo;
    const webhook = { url: `http://127.0.0.1:${port}/`, from: "beginning", batch: 100 };
    while ((await this.harness.ask("PUT", `/v1/webhooks/${NAME}`, webhook))?.status !== 200) {
      await this.harness.pause(TRY_AGAIN_MS);
    }
  }

  /** From now on it does nothing wrong. */
  calm(): void {
    this.#isCalm = true;
  }

  /** Resolves when a delivery waits that gets no answer, or when none has come for a while. */
  async hold(): Promise<void> {
    const held = Promise.withResolvers<void>();
    this.#held = held.resolve;
    await Promise.race([held.promise, Bun.sleep(HOLD_MS)]);
    this.#held = undefined;
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const answer = (status: number) => void response.writeHead(status).end();
    const id = String(request.headers["webhook-id"]);
    const body = await textOf(request);
    if (body === undefined) return;
    if (this.#held) {
      this.harness.count("webhook is waiting when the server is killed");
      this.#held();
      return;
    }
    const { events } = delivery.parse(JSON.parse(body)).data;
    const wrong = this.#isCalm ? undefined : this.#wrong();
    this.harness.count(`webhook ${wrong ?? "takes it"}`);
    if (wrong === "refuses") return answer(503);
    if (wrong === "closes the connection") return void response.destroy();
    if (wrong === "stalls") {
      await Bun.sleep(STALL_MS);
      return answer(503);
    }
    if (!this.#taken.has(id)) this.log.takeAll(events);
    this.#taken.add(id);
    if (wrong === "takes it and answers 500") return answer(500);
    if (wrong === "takes it and closes the connection") return void response.destroy();
    if (wrong === "takes it and stalls") await Bun.sleep(STALL_MS);
    answer(204);
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

/** Undefined where the server was killed before it had sent all of it. */
async function textOf(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of request) chunks.push(chunk);
  } catch {
    return undefined;
  }
  return Buffer.concat(chunks).toString();
}
