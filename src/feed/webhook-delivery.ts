import type { EventFilter, FeedEvent } from "../core/ports/feed-store.ts";
import { roomKindsOf } from "../core/protocol/room-name.ts";
import { formatCursor } from "./cursor.ts";
import { encodeEvent } from "./encode.ts";
import { protocolOf } from "./protocol-rooms.ts";
import type { Secret, WebhookFilter, WebhookParts, WebhookRow } from "./webhook-parts.ts";

type Contracts = WebhookParts["contracts"];

/** The body of one request, and the id by which its receiver recognises a repeat. */
export interface Delivery {
  readonly id: string;
  readonly body: string;
}

/** The same events of the same webhook make the same delivery. */
export function deliveryOf(
  row: WebhookRow,
  events: readonly FeedEvent[],
  last: FeedEvent,
  contracts: Contracts,
): Delivery {
  const [first = last] = events;
  const list = events.map((event) => encodeEvent(event, protocolOf(contracts, event.room))).join(",");
  return {
    id: `msg_${row.createdAt.toString(36)}_${formatCursor(first)}_${formatCursor(last)}`,
    body: `{"type":"events","timestamp":"${new Date(last.time).toISOString()}","data":{"events":[${list}]}}`,
  };
}

/** A delivery without an event. `random` is below 1. */
export const testDelivery = ({ name }: WebhookRow, now: number, random: number): Delivery => ({
  id: `msg_test_${now.toString(36)}_${Math.floor(random * 1e9)}`,
  body: JSON.stringify({
    type: "test",
    timestamp: new Date(now).toISOString(),
    data: { webhook: name },
  }),
});

/** The secrets that sign at this time, newest first. */
export function secretsAt(row: WebhookRow, now: number): string[] {
  const secrets: Secret[] = JSON.parse(row.secrets);
  return secrets.filter(({ until = Number.POSITIVE_INFINITY }) => until > now).map(({ secret }) => secret);
}

export function eventFilter({ protocols, rooms, kinds }: WebhookFilter, contracts: Contracts): EventFilter {
  const isAll = (name: string) => name.endsWith(":*");
  return {
    ...(kinds && { kinds }),
    ...(rooms && {
      rooms: {
        names: rooms.filter((name) => !isAll(name)),
        kinds: rooms.filter(isAll).map((name) => name.slice(0, -2)),
      },
    }),
    ...(protocols && {
      roomKinds: contracts.filter(({ name }) => protocols.includes(name)).flatMap(roomKindsOf),
    }),
  };
}
