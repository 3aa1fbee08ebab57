import { Attempts } from "./attempts.ts";
import { patient } from "./backoff.ts";
import {
  ABNORMAL,
  asError,
  type Closing,
  type ConnectionEvent,
  ConnectionFailed,
  type ConnectionState,
  type ConnectOptions,
  POLICY,
  type Verdict,
} from "./connection.ts";
import { ConnectionEvents } from "./connection-events.ts";
import { HEARTBEAT, Heart } from "./heart.ts";
import { isOffline, type Network, watchNetwork } from "./network.ts";
import { closed, OPEN, release } from "./open-socket.ts";
import type { ClientOptions, Defaults } from "./options.ts";
import { type Address, createWebSocket, type Socket } from "./socket.ts";

/** One connection that is kept up: when it is lost it is made again. */
export abstract class Line extends ConnectionEvents {
  protected readonly attempts: Attempts;
  protected readonly heart: Heart;
  /** Why the connection was given up. */
  protected failure: Error | undefined;
  #state: ConnectionState = "disconnected";
  #socket: Socket | undefined;
  #renewed = false;
  #offline = false;
  #cancel: (() => void) | undefined;
  #unwatch: (() => void) | undefined;
  /** Which attempt the work of an earlier one must not disturb. */
  #turn = 0;
  /** What is wrong with this attempt, or was with the last one: in the server's own words, or the runtime's. */
  #cause: Error | undefined;

  constructor(options: ClientOptions, defaults: Defaults = {}) {
    super(options);
    const { random = Math.random, reconnect } = options;
    this.attempts = new Attempts({ ...patient, ...defaults.reconnect, ...reconnect }, random);
    this.heart = new Heart({
      ...{ clock: this.clock, ...HEARTBEAT, ...defaults.heartbeat, ...options.heartbeat },
      ask: () => this.ping(),
      dead: () => this.drop("No sign of life"),
    });
  }

  /**
   * Resolves once the server has let the client in. Rejects with `ConnectionFailed` when it is given up, and when the
   * user disconnects before.
   */
  connect({ timeout }: ConnectOptions = {}): Promise<void> {
    if (this.isConnected()) return Promise.resolve();
    const settled = this.settled(
      timeout === undefined ? timeout : this.clock.after(timeout, () => this.#expire(timeout)),
    );
    if (this.#state !== "connecting") this.#start();
    return settled;
  }

  /** What waits to be sent waits for the next `connect`. Resolves when the connection is closed. */
  async disconnect(): Promise<void> {
    const socket = this.#socket;
    const was = this.#state;
    this.lost();
    this.#end();
    this.#state = "disconnected";
    if (was !== "error" && was !== "disconnected") this.announce("disconnected", { code: 1000, reason: "" });
    if (socket?.close) await closed(socket, this.clock);
  }

  getConnectionState(): ConnectionState {
    return this.#state;
  }

  /** Where, and with which subprotocols, to connect. When this fails, no other attempt is made. */
  protected abstract locate(token: string | undefined): Promise<Address>;
  /** The socket is open: time to say who this is. */
  protected abstract opened(token: string | undefined): void;
  protected abstract received(frame: string): void;
  protected abstract ping(): void;

  /** A connection is gone that had been admitted, or never was, or is given up: then there is a `failure`. */
  protected abstract lost(): void;
  protected abstract judge(closing: Closing): Verdict;

  /** A socket that throws is of no use; what it was given is sent again on the next one. */
  protected transmit(frame: string): void {
    try {
      this.#socket?.send(frame);
    } catch (error) {
      this.#failed(error);
    }
  }

  /** The server's own words for why it is about to refuse the connection. */
  protected explain(words: string | undefined): void {
    if (this.#state === "connecting" && words) this.#cause = new Error(words);
  }

  /** The server has let the connection in. */
  protected admitted(): void {
    if (this.#state !== "connecting") return;
    this.#cancel?.();
    this.attempts.made = 0;
    this.#renewed = false;
    this.#cause = undefined;
    this.#state = "connected";
    if (this.heart.interval > 0) this.heart.start();
    this.announce("connected");
  }

  /** Ends the connection or the attempt. After the code of a policy the client does not try again. */
  protected drop(reason: string, code = ABNORMAL): void {
    if (this.#state !== "connecting" && this.#state !== "connected") return;
    const turn = this.#silence();
    const closing = { code, reason };
    const verdict = this.judge(closing);
    const canRenew = typeof this.options.token === "function" && !this.#renewed;
    const { maxAttempts } = this.attempts.backoff;
    const wasConnected = this.isConnected();
    this.#cause ??= new Error(reason || `closed with ${code}`);
    this.#state = "connecting";
    this.lost();
    if (wasConnected) this.announce("disconnected", closing);
    // A handler may have ended it.
    if (turn !== this.#turn) return;
    if (verdict === "stop" || (verdict === "token" && !canRenew)) this.#fail(closing);
    // Going offline is no attempt that has failed.
    else if (!this.#offline && this.attempts.made >= maxAttempts) {
      this.#fail(closing, `No connection after ${maxAttempts} attempts: `);
    } else {
      this.#renewed ||= verdict === "token";
      this.#tryLater({ ...closing, error: this.#cause });
    }
  }

  #start(): void {
    const network: Network = this.options.network ?? globalThis;
    this.#end();
    this.attempts.made = 0;
    this.attempts.wish = undefined;
    this.#renewed = false;
    this.#offline = isOffline(network);
    this.#cause = this.#offline ? new Error("Offline") : undefined;
    this.#unwatch = watchNetwork(network, {
      offline: () => {
        this.#offline = true;
        this.drop("Offline");
      },
      online: () => this.#backOnline(),
      visibilitychange: () => {
        if (this.isConnected() && this.heart.interval > 0) this.heart.ask();
      },
    });
    void this.#open();
  }

  async #open(): Promise<void> {
    const turn = ++this.#turn;
    this.#state = "connecting";
    // Coming online makes another.
    if (this.#offline) return;
    this.#cause = undefined;
    // Also of asking for a token.
    this.#cancel = this.clock.after(this.options.connectTimeout ?? 10_000, () => this.drop("No answer"));
    const isOver = () => turn !== this.#turn;
    let code = ABNORMAL;
    try {
      // A client that is disconnected again in the same task has asked for nothing.
      await null;
      const { token: given } = this.options;
      if (isOver()) return;
      // When this fails, another attempt may go well.
      const token = typeof given === "function" ? await given() : given;
      if (isOver()) return;
      code = POLICY;
      const address = await this.locate(token);
      if (isOver()) return;
      const socket = (this.options.createSocket ?? createWebSocket)(address);
      this.#socket = socket;
      socket.onopen = () => this.opened(token);
      socket.onmessage = ({ data }: { readonly data: unknown }) => {
        this.heart.heard();
        if (typeof data === "string") this.received(data);
      };
      socket.onclose = ({ code, reason }: Closing) => this.drop(reason, code);
      // A close follows. Browsers do not say why; other runtimes do.
      socket.onerror = ({ error, message }: { readonly error?: unknown; readonly message?: unknown }) => {
        if (error || message) this.#cause ??= asError(error || message);
      };
      if (socket.readyState === OPEN) this.opened(token);
    } catch (error) {
      if (!isOver()) this.#failed(error, code);
    }
  }

  #failed(error: unknown, code?: number): void {
    this.#cause = asError(error);
    this.drop(this.#cause.message, code);
  }

  #tryLater(why: ConnectionEvent["data"]): void {
    // Coming online makes the next one.
    if (this.#offline) return;
    const nextAttemptIn = this.attempts.next();
    this.#cancel = this.clock.after(nextAttemptIn, () => void this.#open());
    this.announce("reconnecting", { ...why, attempt: this.attempts.made, nextAttemptIn });
  }

  #backOnline(): void {
    const wasOffline = this.#offline;
    this.#offline = false;
    if (this.#state !== "connecting" || this.#socket || !wasOffline) return;
    this.#cancel?.();
    this.attempts.made = 0;
    this.#tryLater({});
  }

  /** The server should have let the client in by now. */
  #expire(ms: number): void {
    if (this.#state !== "connecting") return;
    this.#cause ??= new Error("No answer");
    this.#fail({ code: ABNORMAL, reason: "No answer" }, `No connection after ${ms} ms: `);
  }

  #fail(closing: Closing, before = ""): void {
    const cause = this.#cause ?? new Error();
    this.#end();
    this.#state = "error";
    this.failure = new ConnectionFailed(before + cause.message, closing, cause);
    this.lost();
    this.announce("error", { ...closing, error: this.failure });
  }

  #end(): void {
    this.#silence();
    this.failure = undefined;
    this.#unwatch?.();
  }

  /** Ignores everything that still comes from the connection or the attempt. */
  #silence(): number {
    this.#cancel?.();
    this.heart.stop();
    const socket = this.#socket;
    this.#socket = undefined;
    if (socket) release(socket);
    return ++this.#turn;
  }
}
