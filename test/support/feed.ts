import type { Frame } from "./client.ts";

/** A page of the feed, or the problem that it is answered by. */
export interface FeedAnswer {
  readonly status: number;
  readonly body: Frame;
}

type Asking = { http(method: string, path: string, body?: unknown): Promise<Response> };

export async function readFeed(server: Asking, query = ""): Promise<FeedAnswer> {
  const answer = await server.http("GET", `/v1/feed${query}`);
  return { status: answer.status, body: (await answer.json()) as Frame };
}

/** Every event from a position on, page by page. */
export async function readAll(server: Asking, query = "limit=100", after = "0"): Promise<Frame[]> {
  const found: Frame[] = [];
  for (let from = after; ; ) {
    const { body } = await readFeed(server, `?${query}&after=${from}`);
    found.push(...body["events"]);
    from = body["next"];
    if (!body["more"]) return found;
  }
}

export interface SseEvent {
  readonly id: string | undefined;
  readonly data: Frame | undefined;
  readonly comment: string | undefined;
}

/** Server-Sent Events as a consumer gets them, one after the other. */
export async function openStream(port: number, query: string, headers: Record<string, string>) {
  const abort = new AbortController();
  const answer = await fetch(`http://127.0.0.1:${port}/v1/feed${query}`, {
    headers: { accept: "text/event-stream", ...headers },
    signal: abort.signal,
  });
  const reader = answer.body!.getReader();
  const decoder = new TextDecoder();
  let text = "";
  async function next(): Promise<SseEvent | undefined> {
    for (;;) {
      const end = text.indexOf("\n\n");
      if (end >= 0) {
        const block = text.slice(0, end);
        text = text.slice(end + 2);
        const field = (name: string) => new RegExp(`^${name}: ?(.*)$`, "m").exec(block)?.[1];
        const data = field("data");
        return {
          id: field("id"),
          data: data === undefined ? undefined : JSON.parse(data),
          comment: field(""),
        };
      }
      // A server that stops cuts it.
      const { done, value } = await reader.read().catch(() => ({ done: true, value: undefined }));
      if (done) return undefined;
      text += decoder.decode(value, { stream: true });
    }
  }
  return {
    status: answer.status,
    type: answer.headers.get("content-type"),
    next,
    /** The next events that carry data. */
    async events(count: number): Promise<Frame[]> {
      const found: Frame[] = [];
      while (found.length < count) {
        const event = await next();
        if (!event) throw new Error(`the stream ended after ${found.length} of ${count} events`);
        if (event.data) found.push({ ...event.data, id: event.id });
      }
      return found;
    },
    close: () => abort.abort(),
  };
}
