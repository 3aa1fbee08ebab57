import type { Context } from "../../core/protocol/context.ts";
import { iso } from "../../core/protocol/time.ts";
import type { AckEntries } from "./acks.ts";
import type { GiftEntries } from "./gifts.ts";
import type { Heart } from "./heartbeats.ts";
import { NotInitialized } from "./refuse.ts";
import type { events, Init, PostedStatus, Stats } from "./schema.ts";

/** The client of a connection, as its last `connection:init` describes it. */
export interface Client {
  readonly init: Omit<Init, "token">;
  readonly room: string;
  readonly isHost: boolean;
  /** The key under which a host acknowledges; a viewer has none. */
  readonly key: string | undefined;
  /** Number of the last gift shown before the client connected; unknown until it has been greeted. */
  since: number;
  /** How many older gifts the client was sent on entry. */
  resent: number;
  acks: number;
}

/** The state of a connection. */
export interface State {
  /** The stream that a host has asked to enter, while its token is checked. */
  entering: string | undefined;
  client: Client | undefined;
  heart: Heart | undefined;
  pings: number;
  /** Pings since the client last said something. */
  unanswered: number;
  pong: { readonly time: number; readonly sequence: number; readonly stats: Stats } | undefined;
  /** Gifts that the client could not render. */
  notRendered: number;
  /** Errors that the client has reported. */
  errors: number;
}

/** The kinds of entries in the log. */
export type Entries = GiftEntries & AckEntries & { status: PostedStatus };
export type Ctx = Context<typeof events, Entries, State>;

export const open = (): State => ({
  entering: undefined,
  client: undefined,
  heart: undefined,
  pings: 0,
  unanswered: 0,
  pong: undefined,
  notRendered: 0,
  errors: 0,
});

export function clientOf({ client }: State): Client {
  if (!client) throw new NotInitialized();
  return client;
}

/**
 * One acknowledgement for each gift that it was sent costs a host none of its rate: the host answers at the
 * server's own pace, and a gift whose acknowledgement is refused would be sent again. `delivered` is the
 * number of the last gift.
 */
export function costOfAck({ client }: State, delivered: (room: string) => number): number {
  if (!client?.isHost) return 1;
  return client.acks++ < delivered(client.room) - client.since + client.resent ? 0 : 1;
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
