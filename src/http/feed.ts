import { type Context, Hono } from "hono";
import { z } from "zod";
import type { EventFilter } from "../core/ports/feed-store.ts";
import type { AnyProtocol } from "../core/protocol/protocol.ts";
import { allOf, kindOf, roomKindsOf } from "../core/protocol/room-name.ts";
import { parseTime } from "../core/protocol/time.ts";
import { parseCursor } from "../feed/cursor.ts";
import { encodeEvent } from "../feed/encode.ts";
import type { Place } from "../feed/feed.ts";
import { protocolOf } from "../feed/protocol-rooms.ts";
import { explainExpired, type PlaceDependencies, placeOf } from "./feed-place.ts";
import { encodeAnswer, type FeedEncoder, streamFeed } from "./feed-stream.ts";
import { HEADERS } from "./headers.ts";
import type { Operation } from "./operation.ts";
import { pageLimit } from "./page-limit.ts";
import { check, invalid, Problem } from "./problem.ts";
import { roomOrAll } from "./room-filter.ts";

/** Seconds. */
const MAX_WAIT = 60;
const AFTER = "must be a position of the feed, an ISO time, or end";
const waits = `must be 0 to ${MAX_WAIT}`;

const one = z.object({
  after: z.string().default("0"),
  limit: pageLimit(100),
  wait: z.coerce.number(waits).min(0, waits).max(MAX_WAIT, waits).default(0),
});
const repeated = z.object({
  room: z.array(roomOrAll).max(100, "at most 100 rooms"),
  kind: z.array(z.string()).max(100, "at most 100 kinds"),
  protocol: z.array(z.string()).max(100, "at most 100 protocols"),
});
/** What may stand in the query, for the description. A filter may stand there more than once. */
const query = one.extend({
  room: roomOrAll.optional(),
  kind: z.string().optional(),
  protocol: z.string().optional(),
});

const event = z.object({
  position: z.string(),
  protocol: z.string().nullable(),
  room: z.string(),
  offset: z.int(),
  kind: z.string(),
  time: z.iso.datetime(),
  sender: z.string().nullable(),
  clientId: z.string().nullable(),
  data: z.unknown(),
});

export const feedOperations: readonly Operation[] = [
  {
    method: "get",
    path: "/v1/feed",
    summary:
      "Lists every stored event in log order, after a position, an ISO time, or the end; " +
      "room, kind and protocol may be repeated. With wait it answers once there is an event, or after that many seconds. " +
      "With Accept: text/event-stream it streams Server-Sent Events.",
    query,
    answers: { 200: z.object({ events: z.array(event), next: z.string(), more: z.boolean() }) },
    problems: [400, 410],
  },
];

export interface FeedDependencies extends PlaceDependencies {
  readonly protocols: readonly AnyProtocol[];
  /** Calls `work` once, after this many milliseconds. */
  after(ms: number, work: () => void): () => void;
}

/** The feed for backends: pages, long polls and Server-Sent Events over one cursor. */
export function feedRoutes(
  deps: FeedDependencies,
  /** The contracts that the request may hear of; undefined: all. */
  contractsOf: (request: Request) => readonly string[] | undefined,
): Hono {
  const app = new Hono();
  const encode: FeedEncoder = (event) => encodeEvent(event, protocolOf(deps.protocols, event.room));

  app.get("/", async (c) => {
    const { after, limit, wait } = check(one, c.req.query());
    const filter = filterOf(c, deps.protocols, contractsOf(c.req.raw));
    const isStream = /\btext\/event-stream\b/.test(c.req.header("accept") ?? "");
    // An EventSource that connects again sends its place.
    const { signal } = c.req.raw;
    const place = await placeOfText(deps, (isStream && c.req.header("last-event-id")) || after, signal);
    if (isStream) return streamFeed(deps, { place, filter, encode, signal });
    const page = await nextPage(deps, { place, filter, limit, wait, signal }).catch(explainExpired);
    return c.body(encodeAnswer(page, encode), 200, { ...HEADERS, "content-type": "application/json" });
  });
  return app;
}

interface Wanted {
  readonly place: Place;
  readonly filter: EventFilter;
  readonly limit: number;
  readonly wait: number;
  readonly signal: AbortSignal;
}

async function nextPage({ feed, after }: FeedDependencies, { place, filter, limit, wait, signal }: Wanted) {
  if (wait === 0) return feed.page(place, filter, limit);
  const ended = new AbortController();
  const end = () => ended.abort();
  const cancel = after(wait * 1_000, end);
  signal.addEventListener("abort", end);
  try {
    let from = place;
    for (;;) {
      const woken = feed.next(ended.signal);
      const page = await feed.page(from, filter, limit);
      if (page.events.length > 0 || ended.signal.aborted || feed.stopped) return page;
      from = page.next;
      if (!page.more) await woken;
    }
  } finally {
    cancel();
    end();
  }
}

function filterOf(
  c: Context,
  protocols: readonly AnyProtocol[],
  allowed: readonly string[] | undefined,
): EventFilter {
  const list = (name: string) => c.req.queries(name) ?? [];
  const { room, kind, protocol } = check(repeated, {
    room: list("room"),
    kind: list("kind"),
    protocol: list("protocol"),
  });
  const wanted = protocol.map((name, index) => {
    const known = protocols.find((one) => one.name === name);
    if (known) return known;
    const names = protocols.map((one) => one.name).join(", ");
    throw invalid(`protocol.${index}`, `must be one of ${names}`);
  });
  const asked = [
    ...wanted.map(({ name }) => name),
    ...room.flatMap((one) => protocolOf(protocols, one) ?? []),
  ];
  const forbidden = asked.find((name) => allowed && !allowed.includes(name));
  if (forbidden !== undefined) {
    throw new Problem(403, `The key lacks the scope read for ${forbidden}; it is for ${allowed?.join(", ")}`);
  }
  const heard =
    allowed && protocol.length === 0 ? protocols.filter(({ name }) => allowed.includes(name)) : wanted;
  const isAll = (name: string) => name === allOf(kindOf(name));
  return {
    ...(kind.length > 0 && { kinds: kind }),
    ...(room.length > 0 && {
      rooms: { names: room.filter((name) => !isAll(name)), kinds: room.filter(isAll).map(kindOf) },
    }),
    ...((allowed || protocol.length > 0) && { roomKinds: heard.flatMap(roomKindsOf) }),
  };
}

/** A position, a time, or `end`. */
function placeOfText(deps: FeedDependencies, after: string, signal: AbortSignal): Place | Promise<Place> {
  if (after === "end") return deps.feed.end();
  const cursor = parseCursor(after);
  if (cursor) return placeOf(deps, "after", cursor);
  const time = parseTime(after);
  if (time !== undefined) return deps.feed.placeOfTime(time, signal);
  throw invalid("after", AFTER);
}
