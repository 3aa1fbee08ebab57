import { Client, type Posted } from "./client.ts";
import type { ClientOptions } from "./options.ts";
import { Refused } from "./outbox.ts";
import type { QueuedMessage } from "./store.ts";
import type { Claims } from "./token.ts";

export interface AtomicOptions extends ClientOptions {
  /** Where the token does not say it. */
  readonly contextId?: string;
}

/** A frame of the contract's shape. `timestamp` is ISO 8601. */
export interface AtomicFrame<Type extends string, Data> {
  readonly type: Type;
  /** Of the message that it answers. */
  readonly id?: string;
  readonly timestamp: string;
  readonly data: Data;
}

export interface AtomicError {
  readonly type: "error";
  readonly id?: string;
  readonly timestamp: string;
  readonly error: string;
}

/** Contract atomic-guide: Rate Limiting, and the server's own errors: they pass. */
export const PASSING = [
  "Rate limit exceeded",
  "Room rate limit exceeded",
  "Server busy, try again",
  "Internal server error",
];

/** What the three clients of the contract atomic-guide have in common. */
export abstract class AtomicClient<
  Events extends object,
  Message extends Posted,
  Answers extends object,
> extends Client<Events, Message, Answers> {
  declare protected readonly options: AtomicOptions;

  constructor(options: AtomicOptions) {
    super(options);
  }

  /** In a message, not in the query, so that no log of URLs has the token. */
  protected opened(token: string | undefined): void {
    const { contextId } = this.options;
    this.transmit(JSON.stringify({ type: "auth", token: token ?? "", contextId }));
  }

  /** The context: the one that is asked for, or else the token's, as the server sees it. */
  protected override scope(claims: Claims | undefined): string | undefined {
    const { contextId } = this.options;
    if (contextId || !claims) return contextId || undefined;
    if (typeof claims["contextId"] === "string") return claims["contextId"];
    const rooms: unknown[] = Array.isArray(claims["rooms"]) ? claims["rooms"] : [];
    const contexts = new Set(rooms.filter((room) => /^context:./.test(String(room))));
    return contexts.size === 1 ? String([...contexts][0]).slice(8) : "";
  }

  protected ping(): void {
    this.say("ping", {});
  }

  protected write({ id, type, data }: QueuedMessage): void {
    this.say(type, data, id);
    // What nothing answers is done when a ping behind it is answered.
    if (!this.isAnswered(type)) this.say("ping", {}, id);
  }

  protected say(type: string, data: object, id?: string): void {
    const timestamp = new Date(this.clock.now()).toISOString();
    this.transmit(JSON.stringify({ type, id, timestamp, data }));
  }

  /** Let in: what was so before the line was lost is made so again. Calls `line.admitted`, and then `outbox.open`. */
  protected abstract resume(): void;
  protected abstract isAnswered(type: string): boolean;

  protected heard(frame: AtomicError | AtomicFrame<string, unknown>): void {
    if (frame.type === "error" && "error" in frame) this.explain(frame.error);
    this.told(frame);
    if (frame.type === "connected") this.resume();
    const { awaited } = this.outbox;
    if (!awaited || frame.id !== awaited.id) return;
    if (!("error" in frame)) this.outbox.settle(frame);
    else if (PASSING.includes(frame.error)) this.outbox.retry(new Refused(frame.error));
    else this.outbox.refuse(new Refused(frame.error));
  }

  protected abstract told(frame: AtomicError | AtomicFrame<string, unknown>): void;
}
