import type { Cursor } from "./cursor.ts";
import { Webhook } from "./webhook.ts";
import {
  freshSecrets,
  type Secret,
  type WebhookFilter,
  type WebhookParts,
  type WebhookRow,
} from "./webhook-parts.ts";

/** Both secrets sign for this long after a new one came. */
const ROTATION_MS = 86_400_000;

export interface WebhookChange extends WebhookFilter {
  readonly url?: string | undefined;
  readonly secret?: string | undefined;
  readonly from?: "now" | "beginning" | Cursor | undefined;
  readonly batch?: number | undefined;
  readonly paused?: boolean | undefined;
}

export interface WebhooksParts extends WebhookParts {
  all(): WebhookRow[];
  remove(name: string): void;
}

/** Every receiver that backends have named. */
export class Webhooks {
  readonly #all = new Map<string, Webhook>();

  constructor(private readonly parts: WebhooksParts) {}

  start(): void {
    for (const row of this.parts.all()) {
      const webhook = new Webhook(row, this.parts);
      this.#all.set(row.name, webhook);
      webhook.start();
    }
  }

  stop(): void {
    for (const webhook of this.#all.values()) webhook.stop();
  }

  get all(): Iterable<Webhook> {
    return this.#all.values();
  }

  get(name: string): Webhook | undefined {
    return this.#all.get(name);
  }

  remove(name: string): boolean {
    this.#all.get(name)?.stop();
    this.parts.remove(name);
    return this.#all.delete(name);
  }

  /** Makes it, or changes what is named and keeps the rest. A new one begins now. */
  put(name: string, change: WebhookChange & { readonly url: string }): Webhook {
    const { clock } = this.parts;
    const known = this.#all.get(name);
    const webhook = known ?? new Webhook(emptyRow(name, clock.now()), this.parts);
    const { row } = webhook;
    const { url, secret, from = known ? undefined : "now", batch = row.batch, paused = row.paused } = change;
    const filter = { ...webhook.filter, ...given(change) };
    // With another filter the delivery on its way would be another under the same id.
    if (JSON.stringify(filter) !== row.filter)
      Object.assign(row, { untilPosition: null, untilOrdinal: null });
    if (batch !== row.batch && row.attempts === 0)
      Object.assign(row, { untilPosition: null, untilOrdinal: null });
    Object.assign(row, { url, batch, paused, filter: JSON.stringify(filter) });
    if (secret !== undefined) {
      if (known) this.#rotate(row, secret);
      else row.secrets = freshSecrets(secret);
    }
    if (from !== undefined) {
      const { position, ordinal } = this.#cursorOf(from);
      Object.assign(row, { position, ordinal, untilPosition: null, untilOrdinal: null });
    }
    // What was changed may well be what was wrong.
    Object.assign(row, { nextAttempt: null });
    this.#all.set(name, webhook);
    webhook.restart();
    return webhook;
  }

  #cursorOf(from: "now" | "beginning" | Cursor): Cursor {
    if (from === "now") return this.parts.feed.end().cursor;
    return from === "beginning" ? this.parts.feed.beginning().cursor : this.parts.feed.placeOf(from).cursor;
  }

  #rotate(row: WebhookRow, secret: string): void {
    const now = this.parts.clock.now();
    const [last]: Secret[] = JSON.parse(row.secrets);
    if (!last || last.secret === secret) return;
    row.secrets = JSON.stringify([{ secret }, { secret: last.secret, until: now + ROTATION_MS }]);
  }
}

const emptyRow = (name: string, createdAt: number): WebhookRow => ({
  ...{ name, url: "", secrets: freshSecrets(), filter: "{}", batch: 100, paused: false, createdAt },
  ...{ position: 0, ordinal: 0, untilPosition: null, untilOrdinal: null, attempts: 0, nextAttempt: null },
  ...{ failingSince: null, lastError: null, lastErrorAt: null, deliveredAt: null },
});

/** An empty list is no filter. */
function given({ protocols, rooms, kinds }: WebhookFilter): WebhookFilter {
  const list = (values: readonly string[]) => (values.length > 0 ? values : undefined);
  return {
    ...(protocols && { protocols: list(protocols) }),
    ...(rooms && { rooms: list(rooms) }),
    ...(kinds && { kinds: list(kinds) }),
  };
}
