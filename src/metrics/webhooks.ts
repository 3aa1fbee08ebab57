import type { Exposition, Labels } from "./exposition.ts";

export interface WebhookCounts {
  readonly row: { readonly name: string };
  readonly lag: { readonly events: number; readonly seconds: number };
  readonly outcomes: Readonly<Record<string, number>>;
}

export function exposeWebhooks(exposition: Exposition, webhooks: readonly WebhookCounts[]): void {
  exposition.gauge(
    "switchboard_webhook_lag_events",
    "Events of the log that a webhook has not reached yet, also those that its filter leaves out.",
    webhooks.map(({ row, lag }): [Labels, number] => [{ webhook: row.name }, lag.events]),
  );
  exposition.gauge(
    "switchboard_webhook_lag_seconds",
    "How old the oldest event is that a webhook is waiting to deliver.",
    webhooks.map(({ row, lag }): [Labels, number] => [{ webhook: row.name }, lag.seconds]),
  );
  exposition.counter(
    "switchboard_webhook_deliveries_total",
    "Requests to the receiver of a webhook, by outcome.",
    webhooks.flatMap(({ row, outcomes }) =>
      Object.entries(outcomes).map(([outcome, count]): [Labels, number] => [
        { webhook: row.name, outcome },
        count,
      ]),
    ),
  );
}
