import { FeedLog, feedEvent } from "./feed-log.ts";
import type { Actor, Harness } from "./harness.ts";
import type { Random } from "./random.ts";
import type { Target } from "./target.ts";
import type { Wire } from "./wire.ts";

/** The share of events after which it leaves: most often others of the same turn are on their way then. */
const LEAVES = 0.004;

/** A backend that reads the feed as Server-Sent Events, leaves now and then, and comes back with its last position. */
export class FeedStream implements Actor {
  readonly userId = "the consumer of the feed";
  readonly rooms = [];
  readonly log: FeedLog;
  readonly #random: Random;
  #isCalm = false;
  #isIn = false;
  #ended = new AbortController();

  constructor(
    private readonly harness: Harness,
    private readonly target: Target,
    readonly wire: Wire | undefined,
    isWhole: boolean,
  ) {
    this.log = new FeedLog(this.userId, harness.ledger, isWhole);
    this.#random = harness.random.fork("feed");
  }

  /** It is connected, so it gets the rest. */
  get isDone(): boolean {
    return this.#isIn;
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
      else {
        this.harness.count(`feed ${answer.status}`);
        this.harness.turnedAway?.(`the feed: ${answer.status}`);
      }
    } catch (error) {
      // The server is down at the moment.
      if (!this.#ended.signal.aborted) this.harness.turnedAway?.(`the feed: ${error}`);
    }
  }

  /** From now on it stays connected. */
  calm(): void {
    this.#isCalm = true;
  }

  close(): void {
    this.#ended.abort();
    this.wire?.close();
  }

  async #read(body: ReadableStream<Uint8Array>): Promise<void> {
    this.#isIn = true;
    this.harness.count("streams of the feed");
    const decoder = new TextDecoder();
    let rest = "";
    try {
      for await (const chunk of body) {
        const blocks = (rest + decoder.decode(chunk, { stream: true })).split("\n\n");
        rest = blocks.pop() ?? "";
        for (const block of blocks) {
          if (!this.#take(block) || this.#isCalm || !this.#random.chance(LEAVES)) continue;
          this.harness.count("times the feed was left");
          this.#ended.abort();
          return;
        }
      }
    } catch {
      // It was cut.
    } finally {
      this.#isIn = false;
    }
  }

  /** False where the block holds no event. */
  #take(block: string): boolean {
    const data = /^data: ([^\n]*)/m.exec(block)?.[1];
    if (data === undefined) return false;
    this.harness.count("events of the feed");
    this.log.take(feedEvent.parse(JSON.parse(data)));
    return true;
  }
}
