import type { Cursor } from "../core/ports/feed-store.ts";
import { Webhook } from "./webhook.ts";
import {
  newSecrets,
  placeAt,
  type Secret,
  type WebhookFilter,
  type WebhookParts,
  type WebhookRow,
} from "./webhook-parts.ts";

/** A replaced secret signs, too, for this long. */
const ROTATION_MS = 86_400_000;
/** Each signs every request, in one header. */
const MAX_SECRETS = 10;

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

/** The webhooks that backends have registered. */
export class Webhooks {
  readonly #all = new Map<string, Webhook>();

  constructor(private readonly parts: WebhooksParts) {}

  /** Starts the webhooks of these rows, each from its place; by default those of the database. */
  start(rows = this.parts.all()): void {
    for (const row of rows) {
      const webhook = new Webhook(row, this.parts);
      this.#all.set(row.name, webhook);
      webhook.start();
    }
  }

  stop(): void {
    for (const webhook of this.#all.values()) webhook.stop();
  }

  /** Stops all of them: another node sends from now on. */
  forget(): void {
    this.stop();
    this.#all.clear();
  }

  get all(): Iterable<Webhook> {
    return this.#all.values();
  }

  get(name: string): Webhook | undefined {
    return this.#all.get(name);
  }

  remove(name: string): void {
    this.parts.remove(name);
    this.#all.get(name)?.stop();
    this.#all.delete(name);
  }

  /** Creates a webhook, or changes the fields that are given. A new one begins with the next event. */
  put(name: string, change: WebhookChange & { readonly url: string }): Webhook {
    const known = this.#all.get(name);
    const webhook = known ?? new Webhook(emptyRow(name, this.parts.clock.now()), this.parts);
    const { row } = webhook;
    const { url, secret, from = known ? undefined : "now", batch = row.batch, paused = row.paused } = change;
    const filter = JSON.stringify({ ...webhook.filter, ...filterIn(change) });
    // With another filter the delivery in flight would have other events under the same id.
    const isOther = filter !== row.filter || (batch !== row.batch && row.attempts === 0);
    webhook.change({
      ...{ url, batch, paused, filter },
      ...(isOther && { untilPosition: null, untilOrdinal: null }),
      ...(secret !== undefined && { secrets: known ? this.#rotated(row, secret) : newSecrets(secret) }),
      ...(from !== undefined && placeAt(this.#cursorOf(from))),
      // The change may have mended what was wrong.
      nextAttempt: null,
    });
    this.#all.set(name, webhook);
    return webhook;
  }

  #cursorOf(from: "now" | "beginning" | Cursor): Cursor {
    if (from === "now") return this.parts.feed.end().cursor;
    return from === "beginning" ? this.parts.feed.beginning().cursor : this.parts.feed.placeOf(from).cursor;
  }

  #rotated({ secrets }: WebhookRow, secret: string): string {
    const [last, ...replaced]: Secret[] = JSON.parse(secrets);
    if (!last || last.secret === secret) return secrets;
    const now = this.parts.clock.now();
    const valid = replaced.filter(({ secret: one, until = 0 }) => until > now && one !== secret);
    const all: Secret[] = [{ secret }, { secret: last.secret, until: now + ROTATION_MS }, ...valid];
    return JSON.stringify(all.slice(0, MAX_SECRETS));
  }
}

const emptyRow = (name: string, createdAt: number): WebhookRow => ({
  ...{ name, url: "", secrets: newSecrets(), filter: "{}", batch: 100, paused: false, createdAt },
  ...{ position: 0, ordinal: 0, untilPosition: null, untilOrdinal: null, attempts: 0, nextAttempt: null },
  ...{ failingSince: null, lastError: null, lastErrorAt: null, deliveredAt: null },
});

/** An empty list is no filter. */
function filterIn({ protocols, rooms, kinds }: WebhookFilter): WebhookFilter {
  const list = (values: readonly string[]) => (values.length > 0 ? values : undefined);
  return {
    ...(protocols && { protocols: list(protocols) }),
    ...(rooms && { rooms: list(rooms) }),
    ...(kinds && { kinds: list(kinds) }),
  };
}
