import type { FeedEvent } from "../core/ports/feed-store.ts";
import { iso } from "../core/protocol/time.ts";
import { formatCursor } from "./cursor.ts";

/** As consumers get it: JSON text. The data goes in as it is stored. */
export function encodeEvent(event: FeedEvent, protocol: string | null): string {
  const { room, offset, kind, time, sender, clientId, body } = event;
  const head = JSON.stringify({
    position: formatCursor(event),
    protocol,
    room,
    offset,
    kind,
    time: iso(time),
    sender,
    clientId,
  });
  return `${head.slice(0, -1)},"data":${body}}`;
}
