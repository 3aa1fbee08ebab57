import { FeedLog, feedEvent } from "./feed-log.ts";
import type { Actor, Stage } from "./stage.ts";
import type { Target } from "./target.ts";
import type { Wire } from "./wire.ts";

/** A backend that reads the feed as Server-Sent Events, and comes back with the position of the last one. */
export class FeedStream implements Actor {
  readonly userId = "the consumer of the feed";
  readonly rooms = [];
  readonly isDone = true;
  readonly log: FeedLog;
  #isIn = false;
  #ended = new AbortController();

  constructor(
    private readonly stage: Stage,
    private readonly target: Target,
    readonly wire: Wire | undefined,
    isWhole: boolean,
  ) {
    this.log = new FeedLog(this.userId, stage.ledger, isWhole);
  }

  get isIn(): boolean {
    return this.#isIn;
  }

  /** Resolves when the stream is open, or was not. */
  async connect(): Promise<void> {
    const { apiKey } = this.target;
    const origin = this.wire ? `http://127.0.0.1:${this.wire.port}` : this.target.origin();
    this.#ended = new AbortController();
    const headers = {
      accept: "text/event-stream",
      authorization: `Bearer ${apiKey}`,
      "last-event-id": this.log.position,
    };
    try {
      const answer = await fetch(`${origin}/v1/feed`, {
        ...{ headers, signal: this.#ended.signal, proxy: false },
      });
      if (answer.status === 200 && answer.body) void this.#read(answer.body);
      else this.stage.count(`feed ${answer.status}`);
    } catch {
      // The server is down at the moment.
    }
  }

  close(): void {
    this.#ended.abort();
    this.wire?.close();
  }

  async #read(body: ReadableStream<Uint8Array>): Promise<void> {
    this.#isIn = true;
    this.stage.count("streams of the feed");
    const decoder = new TextDecoder();
    let rest = "";
    try {
      for await (const chunk of body) {
        const blocks = (rest + decoder.decode(chunk, { stream: true })).split("\n\n");
        rest = blocks.pop() ?? "";
        for (const block of blocks) this.#take(block);
      }
    } catch {
      // It was cut.
    } finally {
      this.#isIn = false;
    }
  }

  #take(block: string): void {
    const data = /^data: (.*)$/m.exec(block)?.[1];
    if (data === undefined) return;
    this.stage.count("events of the feed");
    this.log.take(feedEvent.parse(JSON.parse(data)));
  }
}
