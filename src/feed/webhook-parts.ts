import type { Clock } from "../core/ports/clock.ts";
import type { Cursor } from "../core/ports/feed-store.ts";
import type { Feed } from "./feed.ts";
import type { Allowed } from "./webhook-address.ts";
import { newSecret } from "./webhook-send.ts";

/** As the database keeps it. */
export interface WebhookRow {
  readonly name: string;
  url: string;
  secrets: string;
  filter: string;
  batch: number;
  paused: boolean;
  readonly createdAt: number;
  position: number;
  ordinal: number;
  untilPosition: number | null;
  untilOrdinal: number | null;
  attempts: number;
  nextAttempt: number | null;
  failingSince: number | null;
  lastError: string | null;
  lastErrorAt: number | null;
  deliveredAt: number | null;
}

export interface WebhookFilter {
  readonly protocols?: readonly string[] | undefined;
  readonly rooms?: readonly string[] | undefined;
  readonly kinds?: readonly string[] | undefined;
}

export interface Secret {
  readonly secret: string;
  /** Milliseconds since the epoch; without it the secret stays valid. */
  readonly until?: number;
}

export interface WebhookParts {
  readonly clock: Clock;
  readonly feed: Feed;
  readonly contracts: readonly { readonly name: string; readonly roomKinds: readonly string[] }[];
  readonly allowed: Allowed;
  readonly timeoutMs: number;
  save(row: WebhookRow): void;
  /** The id of the last row of the log. */
  lastId(): number;
  /** Reports to the operator that deliveries fail, or succeed again. */
  note(name: string, what: "failing" | "delivered" | "paused", error?: string): void;
  report(error: unknown, context: Record<string, unknown>): void;
  random(): number;
}

export const newSecrets = (secret = newSecret()): string => JSON.stringify([{ secret }] satisfies Secret[]);

/** The columns of a place, with no delivery in flight. */
export const placeAt = ({ position, ordinal }: Cursor) => ({
  ...{ position, ordinal, untilPosition: null, untilOrdinal: null },
});
