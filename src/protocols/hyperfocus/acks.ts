import type { History, StoredEvent } from "../../core/ports/history.ts";
import type { Entry } from "../../core/protocol/entry.ts";
import type { Decision, Place } from "../../core/protocol/reducer.ts";
import { Refusal } from "../../core/protocol/refusal.ts";
import { RECEIVED } from "./gifts.ts";
import type { Host, Stream } from "./stream.ts";

/** The kinds of entries in the log. `client` is the key under which a client acknowledges. */
export type AckEntries = {
  host: { readonly client: string };
  ack: { readonly client: string; readonly giftId: string };
};

/** How many of the last gifts are sent again at most. */
const MAX_RESENT = 1_000;
/** Bytes of a frame around its gift, at most. */
const HEAD_BYTES = 128;
/** How many hosts of a stream are remembered, and how many of one user: those that connected last. */
const MAX_HOSTS = 100;
const MAX_HOSTS_OF_USER = 10;

/**
 * The key of a host contains its user, so that nobody acknowledges in another user's name. Spaces separate
 * the two.
 */
export const hostKey = (userId: string, clientId: string): string => `host ${userId} ${clientId}`;
/** The key without its client id. */
const userOf = (key: string): string => key.slice(0, key.lastIndexOf(" "));

export const applies = {
  /** A host has connected. On its first visit it owes an acknowledgement for every gift from now on. */
  host({ body: { client } }: Entry<AckEntries["host"]>, { state: stream }: Place<Stream>): Decision {
    const { upTo, beyond } = stream.hosts.get(client) ?? { upTo: stream.delivered, beyond: [] };
    stream.hosts.append(client, { upTo, beyond, cameAt: lastCame(stream) + 1 });
    forgetHosts(stream, userOf(client));
    return { rows: stream.rows() };
  },

  ack({ room, body }: Entry<AckEntries["ack"]>, { history, state: stream }: Place<Stream>): Decision {
    const gift = history.byExternalId(room, body.giftId);
    if (!gift) throw new Refusal("not_found");
    const host = stream.hosts.get(body.client);
    if (host) stream.hosts.set(body.client, acknowledged(host, gift.count, stream.delivered));
    return { rows: stream.rows() };
  },
};

/** From the rows alone, so that a node that has just restarted counts on from the same number. */
const lastCame = ({ hosts }: Stream): number =>
  Math.max(0, ...Array.from(hosts.values(), ({ cameAt }) => cameAt));

/**
 * A user who has one host too many loses their own that was longest away. When the stream has one too many, the user
 * with the most hosts loses one: nobody makes another user's hosts be forgotten by coming under many client ids.
 */
function forgetHosts({ hosts }: Stream, user: string): void {
  const byUser = new Map<string, string[]>();
  for (const [key] of hosts.entries()) {
    const keys = byUser.get(userOf(key));
    if (keys) keys.push(key);
    else byUser.set(userOf(key), [key]);
  }
  const own = byUser.get(user) ?? [];
  const most = Array.from(byUser.values()).reduce((a, b) => (b.length > a.length ? b : a));
  const [longestAway] = own.length > MAX_HOSTS_OF_USER ? own : hosts.size > MAX_HOSTS ? most : [];
  if (longestAway !== undefined) hosts.delete(longestAway);
}

/** Adds one acknowledged gift. `delivered` is the number of gifts that the stream has shown. */
export function acknowledged(host: Host, gift: number, delivered: number): Host {
  let upTo = Math.max(host.upTo, delivered - MAX_RESENT);
  const beyond = new Set([...host.beyond, gift].filter((number) => number > upTo));
  while (beyond.delete(upTo + 1)) upTo++;
  return { ...host, upTo, beyond: [...beyond] };
}

/**
 * Gifts that the host has not acknowledged, oldest first: as many of the last ones as fit. They go by acknowledgements and
 * not by an offset, and before the host is in the stream at once. A host that resumes gets what it missed instead.
 */
export function unacknowledged(
  history: History,
  room: string,
  { delivered, host }: { delivered: number; host: Host | undefined },
  maxBytes: number,
): StoredEvent[] {
  if (!host) return [];
  const limit = Math.min(MAX_RESENT, delivered - host.upTo);
  if (limit <= 0) return [];
  const last = history.page(room, { kind: RECEIVED, limit });
  const isMissing = ({ count }: StoredEvent) => count > host.upTo && !host.beyond.includes(count);
  const events: StoredEvent[] = [];
  let bytes = 0;
  for (const event of last.filter(isMissing).reverse()) {
    bytes += Buffer.byteLength(event.body) + HEAD_BYTES;
    if (bytes > maxBytes) break;
    events.unshift(event);
  }
  return events;
}
