import type { EventFilter, FeedEvent } from "../core/ports/feed-store.ts";
import { formatCursor } from "../feed/cursor.ts";
import { Expired, type Feed, type FeedPage, type Place } from "../feed/feed.ts";
import { HEADERS } from "./headers.ts";

export type FeedEncoder = (event: FeedEvent) => string;

/** A comment is sent after this time without an event, so that proxies keep the connection open. */
const COMMENT_MS = 15_000;
const PAGE = 64;
/** A consumer that has reached the end gets a chunk at most this often: each costs a few queries. */
const GATHER_MS = 100;
/** An EventSource waits this long before it connects again. */
const RETRY_MS = 1_000;

interface FeedStream {
  readonly place: Place;
  readonly filter: EventFilter;
  readonly encode: FeedEncoder;
  readonly signal: AbortSignal;
}

interface StreamDependencies {
  readonly feed: Feed;
  after(ms: number, work: () => void): () => void;
}

export const encodeAnswer = ({ events, next, more }: FeedPage, encode: FeedEncoder): string =>
  `{"events":[${events.map(encode).join(",")}],"next":"${formatCursor(next.cursor)}","more":${more}}`;

/**
 * Server-Sent Events. A chunk is read from the database when the consumer has taken the one before: a consumer that reads
 * slowly uses no memory and delays nobody.
 */
export function streamFeed(
  { feed, after }: StreamDependencies,
  { place, filter, encode, signal }: FeedStream,
): Response {
  const ended = new AbortController();
  const end = () => ended.abort();
  signal.addEventListener("abort", end);
  let from = place;
  let said = formatCursor(place.cursor);
  const encoder = new TextEncoder();

  let isAtEnd = false;
  let chunkAt = 0;

  async function nextChunk(): Promise<string | undefined> {
    const early = chunkAt + GATHER_MS - performance.now();
    if (isAtEnd && early > 0) await new Promise<void>((resolve) => void setTimeout(resolve, early));
    const quiet = new AbortController();
    const silence = () => quiet.abort();
    ended.signal.addEventListener("abort", silence);
    // From the last chunk on: events that the filter leaves out do not put the comment off.
    const cancel = after(COMMENT_MS, silence);
    try {
      for (;;) {
        if (feed.stopped) return undefined;
        const woken = feed.next(quiet.signal);
        const page = await feed.page(from, filter, PAGE);
        if (ended.signal.aborted) return undefined;
        from = page.next;
        isAtEnd = !page.more;
        const text = page.events.map((event) => frame(event)).join("");
        const next = formatCursor(from.cursor);
        // A block without data is no event, but it moves the place at which the consumer would continue.
        const moved = page.events.length === 0 && next !== said ? `id: ${next}\n` : "";
        if (text || (page.more && moved)) {
          // The consumer knows the last event; the next comment tells it what was left out after that.
          said = formatCursor(page.events.at(-1) ?? from.cursor);
          chunkAt = performance.now();
          return text || `${moved}\n`;
        }
        if (!page.more) await woken;
        if (ended.signal.aborted) return undefined;
        if (quiet.signal.aborted) {
          said = next;
          return `: still here\n${moved}\n`;
        }
      }
    } finally {
      cancel();
      silence();
      ended.signal.removeEventListener("abort", silence);
    }
  }
  const frame = (event: FeedEvent) => `id: ${formatCursor(event)}\ndata: ${encode(event)}\n\n`;

  let opening = `retry: ${RETRY_MS}\nid: ${said}\n\n`;
  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const chunk = opening || (await nextChunk().catch(overtaken));
        opening = "";
        if (chunk === undefined) controller.close();
        else controller.enqueue(encoder.encode(chunk));
      },
      cancel: end,
    },
    { highWaterMark: 0 },
  );
  return new Response(body, {
    headers: { ...HEADERS, "content-type": "text/event-stream; charset=utf-8", "cache-control": "no-store" },
  });

  /** Ends the stream. The consumer connects again and gets the 410, which has the oldest position. */
  function overtaken(error: unknown): undefined {
    if (!(error instanceof Expired)) throw error;
    return undefined;
  }
}
