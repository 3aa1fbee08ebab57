import { iso } from "./frames.ts";
import type { Heart } from "./heartbeats.ts";
import { NotInitialized } from "./refuse.ts";
import type { Init, Stats } from "./schema.ts";

/** Who speaks on a connection, by its last `connection:init`. */
export interface Client {
  readonly init: Omit<Init, "token">;
  readonly room: string;
  readonly isHost: boolean;
  /** Under which it acknowledges. */
  readonly key: string;
  /** Number of the last gift that was shown before it came; unknown until it has been greeted. */
  since: number;
  /** How many older gifts it was sent when it came. */
  again: number;
  acks: number;
}

/** What is kept of a connection. */
export interface State {
  client: Client | undefined;
  heart: Heart | undefined;
  pings: number;
  pong: { readonly time: number; readonly sequence: number; readonly stats: Stats } | undefined;
  /** Gifts that it could not render. */
  notRendered: number;
  /** Errors that it has told of. */
  errors: number;
}

export const open = (): State => ({
  client: undefined,
  heart: undefined,
  pings: 0,
  pong: undefined,
  notRendered: 0,
  errors: 0,
});

export function clientOf({ client }: State): Client {
  if (!client) throw new NotInitialized();
  return client;
}

/**
 * One acknowledgement for each gift that it was sent takes nothing from a host's rate: it answers at the
 * server's own pace, and what is refused would be sent again. `delivered` is the number of the last gift.
 */
export function costOfAck({ client }: State, delivered: (room: string) => number): number {
  if (!client?.isHost) return 1;
  return client.acks++ < delivered(client.room) - client.since + client.again ? 0 : 1;
}

/** For operators. */
export function describe({ client, pings, pong, notRendered, errors }: State): Record<string, unknown> {
  const { clientId, streamId, clientType, capabilities, version } = client?.init ?? {};
  return {
    ...{ clientId, streamId, clientType, capabilities, version },
    heartbeat: { pings, lastPong: pong && { ...pong, time: iso(pong.time) } },
    ...{ notRendered, errors },
  };
}
