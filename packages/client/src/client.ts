import { type Closing, type Verdict, verdictOf } from "./connection.ts";
import { newId } from "./id.ts";
import { inJson } from "./json.ts";
import { Line } from "./line.ts";
import { Listeners } from "./listeners.ts";
import type { ClientOptions, Defaults } from "./options.ts";
import { Outbox, Refused } from "./outbox.ts";
import { Bucket, politeRate } from "./rate.ts";
import { Offsets } from "./resume.ts";
import type { Address } from "./socket.ts";
import type { QueuedMessage, StoreEvent } from "./store.ts";
import { StoredMessages } from "./stored-messages.ts";
import { type Claims, claimsOf } from "./token.ts";

type AnswerTo<Answers, Type> = Type extends keyof Answers ? Answers[Type] : undefined;
export interface Posted {
  readonly type: string;
  readonly data?: object;
  readonly id?: string | undefined;
}

/** Closes a connection for a frame that is longer than the server takes (RFC 6455, 7.4.1). */
const TOO_BIG = 1009;

/**
 * What the clients of all contracts have in common: a line that is kept up, and messages that wait for it and are
 * confirmed. `Events` are what arrives, by type; `Answers` what a message resolves to.
 */
export abstract class Client<
  Events extends object,
  Message extends Posted,
  Answers extends object,
> extends Line {
  protected url: string;
  protected readonly outbox: Outbox;
  protected readonly offsets: Offsets;
  protected readonly listeners = new Listeners<Events>();
  protected readonly storeListeners = new Listeners<{ store: StoreEvent }>();
  readonly #buckets = new Map<string, Bucket>();

  constructor(options: ClientOptions, defaults?: Defaults) {
    super(options, defaults);
    this.url = options.url;
    this.offsets = new Offsets(options, this.clock, (verdict) => this.announce("resumed", verdict));
    this.outbox = new Outbox({
      clock: this.clock,
      random: this.attempts.random,
      queue: options.queue,
      answerTimeout: options.answerTimeout ?? 15_000,
      kept: new StoredMessages(options.store, this.clock, (event) =>
        this.storeListeners.tell("store", event),
      ),
      take: (type) => this.take(type),
      write: (message) => this.write(message),
    });
  }

  /**
   * Resolves to the server's answer once the message is confirmed: sent, and sent again, in order, when there is a
   * connection. Rejects with `Refused` when the server refuses it, with `QueueFull` when too many wait, with a
   * `TypeError` when it is not JSON, and with `NotSent` when the connection is given up.
   */
  send<M extends Message>(message: M): Promise<AnswerTo<Answers, M["type"]>>;
  async send(message: Message): Promise<unknown> {
    return this.post(this.prepare(message));
  }

  subscribe<Type extends keyof Events>(eventType: Type, handler: (event: Events[Type]) => void): void {
    this.listeners.add(eventType, handler);
  }

  unsubscribe<Type extends keyof Events>(eventType: Type, handler: (event: Events[Type]) => void): void {
    this.listeners.delete(eventType, handler);
  }

  /** About stored messages of another owner, and failures of the store. Returns a function that unsubscribes. */
  onStoreEvent(handler: (event: StoreEvent) => void): () => void {
    return this.storeListeners.on("store", handler);
  }

  /** How many messages are not confirmed. */
  get unconfirmed(): number {
    return this.outbox.size;
  }

  /** Drops the unconfirmed messages. */
  clear(): void {
    this.outbox.clear();
  }

  /** A name that no other contract's client has. */
  protected abstract readonly contract: string;
  protected abstract heard(frame: unknown): void;
  protected abstract write(message: QueuedMessage): void;

  /** Where, and with which subprotocols, to connect. */
  protected address(_token: string | undefined): Address | Promise<Address> {
    return { url: this.url, protocols: [] };
  }

  /** A frame of the server, before the fields of resuming are removed from it. */
  protected arrived(frame: object): void {
    const plain = this.offsets.plain(frame);
    if (plain) this.heard(plain);
  }

  /** The server has let the client in, and takes messages. */
  protected ready(): void {
    this.admitted();
    this.open();
  }

  /** Unless a handler has disconnected meanwhile. */
  protected open(): void {
    if (this.isConnected()) this.outbox.open();
  }

  protected override lost(): void {
    this.outbox.close();
    if (this.failure) this.outbox.fail(this.failure);
  }

  protected override async locate(token: string | undefined): Promise<Address> {
    await this.outbox.claim(this.#ownerOf(claimsOf(token)));
    return this.offsets.asked(await this.address(token), this.outbox.owner);
  }

  protected override received(text: string): void {
    try {
      this.arrived(JSON.parse(text));
    } catch {
      // The other end may speak another contract, and closes the connection for it.
      this.explain(`Not a frame of ${this.contract}: ${text.slice(0, 99)}`);
    }
  }

  protected override judge(closing: Closing): Verdict {
    // Sent again, it would only close the next one.
    if (closing.code === TOO_BIG && this.outbox.awaited) {
      this.outbox.refuse(new Refused("The message is too long", TOO_BIG));
    }
    return verdictOf(closing.code, closing.reason);
  }

  protected prepare(message: Message): Posted {
    return message;
  }

  protected isFleeting(_type: string): boolean {
    return false;
  }

  /** Whether a later page may send it as it is. */
  protected isKept(_type: string): boolean {
    return true;
  }

  /** What more than user and endpoint says where a message goes; undefined before the token is there that says it. */
  protected scope(_claims: Claims | undefined): string | undefined {
    return "";
  }

  /** Which messages share a limit. */
  protected limitOf(_type: string): string {
    return "";
  }

  protected post({ type, data = {}, id = newId() }: Posted): Promise<unknown> {
    return new Promise((resolve, reject) => {
      // As it is now: the caller may change it while it waits.
      const message: QueuedMessage = inJson({ id, type, data: { ...data } });
      const { token } = this.options;
      const owner =
        this.outbox.owner ?? this.#ownerOf(typeof token === "function" ? undefined : claimsOf(token));
      const fleeting = this.isFleeting(type);
      this.outbox.add({ ...message, owner, fleeting, resolve, reject }, !fleeting && this.isKept(type));
      if (this.failure) this.outbox.fail(this.failure);
    });
  }

  /** Whose messages these are; undefined before the token is there that says it. */
  #ownerOf(claims: Claims | undefined): string | undefined {
    const user = this.options.userId ?? (claims && String(claims["sub"] ?? ""));
    const scope = this.scope(claims);
    if (user === undefined || scope === undefined) return undefined;
    return JSON.stringify([this.contract, this.url.replace(/[?#].*/, ""), user, scope]);
  }

  /** Counts one more. 0, or in how many milliseconds the limits leave room for it. */
  protected take(type: string): number {
    const key = this.limitOf(type);
    const bucket = this.#buckets.get(key) ?? new Bucket(this.clock, { ...politeRate, ...this.options.rate });
    this.#buckets.set(key, bucket);
    return bucket.take();
  }
}
