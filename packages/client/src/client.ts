import { patient } from "./backoff.ts";
import { type Clock, systemClock } from "./clock.ts";
import {
  type Closing,
  type ConnectionEvent,
  type ConnectionState,
  type ConnectOptions,
  type Verdict,
  verdictOf,
} from "./connection.ts";
import { newId } from "./id.ts";
import { inJson } from "./json.ts";
import { KeptLetters } from "./kept-letters.ts";
import { Line } from "./line.ts";
import { Listeners } from "./listeners.ts";
import { ownNetwork } from "./network.ts";
import type { ClientOptions, Defaults } from "./options.ts";
import { Outbox, Refused } from "./outbox.ts";
import { Bucket, politeRate, type Rate } from "./rate.ts";
import { type Address, createWebSocket } from "./socket.ts";
import type { Letter, StoreEvent } from "./store.ts";
import { type Claims, claimsOf } from "./token.ts";

type AnswerTo<Answers, Type> = Type extends keyof Answers ? Answers[Type] : undefined;
export interface Posted {
  readonly type: string;
  readonly data?: object;
  readonly id?: string | undefined;
}

/** Closes a connection for a frame that is longer than the server takes (RFC 6455, 7.4.1). */
const TOO_BIG = 1009;
const HEARTBEAT = { interval: 25_000, timeout: 10_000 };

/**
 * What the clients of all contracts have in common: a line that is kept up, and messages that wait for it and are
 * confirmed. `Events` are what arrives, by type; `Answers` what a message resolves to.
 */
export abstract class Client<Events extends object, Message extends Posted, Answers extends object> {
  protected readonly clock: Clock;
  protected readonly line: Line;
  protected readonly outbox: Outbox;
  protected readonly listeners = new Listeners<Events>();
  readonly #own = new Listeners<{ connection: ConnectionEvent; store: StoreEvent }>();
  readonly #buckets = new Map<string, Bucket>();
  readonly #rate: Rate;
  /** Why the connection was given up. */
  #failure: Error | undefined;

  constructor(
    protected readonly options: ClientOptions,
    defaults: Defaults = {},
  ) {
    const {
      clock = systemClock,
      random = Math.random,
      network = ownNetwork(),
      store,
      token,
      queue,
    } = options;
    const { answerTimeout = 15_000, connectTimeout = 10_000, createSocket = createWebSocket } = options;
    this.clock = clock;
    this.#rate = { ...politeRate, ...options.rate };
    this.outbox = new Outbox({
      clock,
      random,
      kept: new KeptLetters(store, (event) => this.#own.tell("store", event)),
      queue,
      answerTimeout,
      take: (type) => this.#take(type),
      write: (letter) => this.write(letter),
    });
    this.line = new Line({
      clock,
      random,
      network,
      createSocket,
      backoff: { ...patient, ...defaults.reconnect, ...options.reconnect },
      heartbeat: { ...(defaults.heartbeat ?? HEARTBEAT), ...options.heartbeat },
      connectTimeout,
      canRenew: typeof token === "function",
      token: async () => (typeof token === "function" ? token() : token),
      prepare: (token) => this.outbox.claim(this.#ownerOf(claimsOf(token))),
      address: (token) => this.address(token),
      opened: (token) => this.opened(token),
      received: (frame) => this.#received(frame),
      lost: () => {
        this.outbox.close();
        this.lost();
      },
      ping: () => this.ping(),
      verdict: (closing) => this.#judge(closing),
      changed: (event) => {
        this.#failure = event.type === "error" ? event.data?.error : undefined;
        if (this.#failure) this.outbox.fail(this.#failure);
        this.#own.tell("connection", event);
      },
    });
  }

  /**
   * Resolves once the server has let the client in. Rejects with `ConnectionFailed` when it is given up, and when the
   * user disconnects before.
   */
  connect({ timeout }: ConnectOptions = {}): Promise<void> {
    if (this.isConnected()) return Promise.resolve();
    const settled = new Promise<void>((resolve, reject) => {
      const cancel =
        timeout === undefined ? undefined : this.clock.after(timeout, () => this.line.expire(timeout));
      const stop = this.onConnectionEvent(({ data }) => {
        const { state } = this.line;
        if (state === "connecting") return;
        stop();
        cancel?.();
        // The user wanted that: no error that the page must catch.
        if (state === "disconnected") settled.catch(() => {});
        if (state === "connected") resolve();
        else reject(data?.error ?? new Error("disconnected"));
      });
    });
    this.line.start();
    return settled;
  }

  /** What waits to be sent waits for the next `connect`. Resolves when the connection is closed. */
  disconnect(): Promise<void> {
    this.outbox.close();
    this.lost();
    return this.line.stop();
  }

  isConnected(): boolean {
    return this.line.state === "connected";
  }

  getConnectionState(): ConnectionState {
    return this.line.state;
  }

  /**
   * Resolves to the server's answer once the message is confirmed: sent, and sent again, in order, when there is a
   * connection. Rejects with `Refused` when the server refuses it, with `QueueFull` when too many wait, with a
   * `TypeError` when JSON has no words for it, and with `NotSent` when the connection is given up.
   */
  send<M extends Message>(message: M): Promise<AnswerTo<Answers, M["type"]>>;
  send(message: Message): Promise<unknown> {
    return this.post(this.prepare(message));
  }

  subscribe<Type extends keyof Events>(eventType: Type, handler: (event: Events[Type]) => void): void {
    this.listeners.add(eventType, handler);
  }

  unsubscribe<Type extends keyof Events>(eventType: Type, handler: (event: Events[Type]) => void): void {
    this.listeners.delete(eventType, handler);
  }

  /** The result ends it. */
  onConnectionEvent(handler: (event: ConnectionEvent) => void): () => void {
    this.#own.add("connection", handler);
    return () => this.#own.delete("connection", handler);
  }

  /** Hears of letters in the store that are somebody else's, and of what the store did not do. The result ends it. */
  onStoreEvent(handler: (event: StoreEvent) => void): () => void {
    this.#own.add("store", handler);
    return () => this.#own.delete("store", handler);
  }

  /** How many messages are not confirmed. */
  get unconfirmed(): number {
    return this.outbox.size;
  }

  /** Gives up what is not confirmed. */
  clear(): void {
    this.outbox.clear();
  }

  /** A name that no other contract's client has. */
  protected abstract readonly contract: string;
  /** Where, and with which subprotocols, to connect. */
  protected abstract address(token: string | undefined): Address | Promise<Address>;
  /** The socket is open: time to say who this is. */
  protected abstract opened(token: string | undefined): void;
  protected abstract heard(frame: unknown): void;
  protected abstract write(letter: Letter): void;
  protected abstract ping(): void;

  protected lost(): void {}

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

  protected get url(): string {
    return this.options.url;
  }

  /** What more than user and endpoint says where a message goes; undefined before the token is there that says it. */
  protected scope(_claims: Claims | undefined): string | undefined {
    return "";
  }

  /** Which messages share a limit. */
  protected limitOf(_type: string): string {
    return "";
  }

  /** Whether the limits leave room for one more; it counts. */
  protected mayNow(type: string): boolean {
    return this.#take(type) === 0;
  }

  protected verdict({ code, reason }: Closing): Verdict {
    return verdictOf(code, reason);
  }

  protected post({ type, data = {}, id = newId() }: Posted): Promise<unknown> {
    return new Promise((resolve, reject) => {
      // As it is now, whatever its owner makes of it while it waits.
      const letter: Letter = inJson({ id, type, data: { ...data } });
      const { token } = this.options;
      const owner =
        this.outbox.owner ?? this.#ownerOf(typeof token === "function" ? undefined : claimsOf(token));
      const fleeting = this.isFleeting(type);
      this.outbox.add({ ...letter, owner, fleeting, resolve, reject }, !fleeting && this.isKept(type));
      if (this.line.state === "error" && this.#failure) this.outbox.fail(this.#failure);
    });
  }

  /** Whose messages these are; undefined before the token is there that says it. */
  #ownerOf(claims: Claims | undefined): string | undefined {
    const user = this.options.userId ?? (claims && String(claims["sub"] ?? ""));
    const scope = this.scope(claims);
    if (user === undefined || scope === undefined) return undefined;
    return JSON.stringify([this.contract, this.url.replace(/[?#].*/, ""), user, scope]);
  }

  #judge(closing: Closing): Verdict {
    // Sent again, it would only close the next one.
    if (closing.code === TOO_BIG && this.outbox.awaited) {
      this.outbox.refuse(new Refused("The message is too long", TOO_BIG));
    }
    return this.verdict(closing);
  }

  #received(text: string): void {
    let frame: unknown;
    try {
      frame = JSON.parse(text);
    } catch {
      // Worth no connection.
      return;
    }
    if (typeof frame === "object" && frame !== null) this.heard(frame);
  }

  #take(type: string): number {
    const key = this.limitOf(type);
    const bucket = this.#buckets.get(key) ?? new Bucket(this.clock, this.#rate);
    this.#buckets.set(key, bucket);
    return bucket.take();
  }
}
