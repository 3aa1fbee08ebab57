import { patient } from "./backoff.ts";
import { type Clock, systemClock } from "./clock.ts";
import {
  type Closing,
  type ConnectionEvent,
  type ConnectionState,
  type Verdict,
  verdictOf,
} from "./connection.ts";
import { newId } from "./id.ts";
import { Line } from "./line.ts";
import { Listeners } from "./listeners.ts";
import { ownNetwork } from "./network.ts";
import type { ClientOptions, Defaults } from "./options.ts";
import { Outbox, Refused } from "./outbox.ts";
import { MessageQueue } from "./queue.ts";
import { Bucket, politeRate, type Rate } from "./rate.ts";
import { type Address, createWebSocket } from "./socket.ts";
import type { Letter } from "./store.ts";

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
  readonly #connection = new Listeners<{ change: ConnectionEvent }>();
  readonly #buckets = new Map<string, Bucket>();
  readonly #rate: Rate;
  #token: string | undefined;
  #isRestored = false;

  constructor(
    protected readonly options: ClientOptions,
    defaults: Defaults = {},
  ) {
    const { clock = systemClock, random = Math.random, network = ownNetwork(), store, token } = options;
    this.clock = clock;
    this.#rate = { ...politeRate, ...options.rate };
    this.outbox = new Outbox({
      ...{ clock, random, store },
      queue: new MessageQueue(options.queue),
      answerTimeout: options.answerTimeout ?? 15_000,
      take: (type) => this.#take(type),
      write: (letter) => this.write(letter),
    });
    this.line = new Line({
      ...{ clock, random, network },
      createSocket: options.createSocket ?? createWebSocket,
      backoff: { ...patient, ...defaults.reconnect, ...options.reconnect },
      heartbeat: { ...(defaults.heartbeat ?? HEARTBEAT), ...options.heartbeat },
      connectTimeout: options.connectTimeout ?? 10_000,
      canRenew: typeof token === "function",
      address: async () => {
        this.#token = typeof token === "function" ? await token() : token;
        return this.address(this.#token);
      },
      opened: () => this.opened(this.#token),
      received: (frame) => this.#received(frame),
      lost: () => {
        this.outbox.close();
        this.lost();
      },
      ping: () => this.ping(),
      verdict: (closing) => this.#judge(closing),
      changed: (event) => this.#connection.tell("change", event),
    });
  }

  /** Resolves once the server has let the client in; rejects with `ConnectionFailed` when it is given up. */
  async connect(): Promise<void> {
    await this.#restore();
    const settled = new Promise<void>((resolve, reject) => {
      const stop = this.onConnectionEvent(({ type, data }) => {
        if (type === "reconnecting" || (type === "disconnected" && this.line.state !== "disconnected"))
          return;
        stop();
        if (type === "connected") resolve();
        else reject(data?.error ?? new Error("disconnected"));
      });
      if (this.isConnected()) {
        stop();
        resolve();
      }
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
   * connection. Rejects with `Refused` when the server refuses it, with `QueueFull` when too many wait.
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
    this.#connection.add("change", handler);
    return () => this.#connection.delete("change", handler);
  }

  /** How many messages are not confirmed. */
  get unconfirmed(): number {
    return this.outbox.size;
  }

  /** Gives up what is not confirmed. */
  clear(): void {
    this.outbox.clear();
  }

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
    return new Promise((resolve, reject) =>
      this.outbox.add({ id, type, data: { ...data }, fleeting: this.isFleeting(type), resolve, reject }),
    );
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

  /** What an earlier page left unconfirmed comes first. */
  async #restore(): Promise<void> {
    if (this.#isRestored) return;
    this.#isRestored = true;
    // Where a store does not work, as in some private windows, messages wait in memory.
    this.outbox.restore((await this.options.store?.load().catch(() => [])) ?? []);
  }
}
