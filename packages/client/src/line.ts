import { Attempts } from "./attempts.ts";
import type { Backoff } from "./backoff.ts";
import type { Clock } from "./clock.ts";
import {
  type Closing,
  type ConnectionEvent,
  ConnectionFailed,
  type ConnectionState,
  type Verdict,
} from "./connection.ts";
import { Heart } from "./heart.ts";
import { isOffline, type Network, watchNetwork } from "./network.ts";
import type { Address, CreateSocket, Socket } from "./socket.ts";

export interface LineParts {
  readonly clock: Clock;
  readonly random: () => number;
  readonly createSocket: CreateSocket;
  readonly backoff: Backoff;
  readonly network: Network | undefined;
  /** Milliseconds that an attempt may take until the server has let it in. */
  readonly connectTimeout: number;
  /** Milliseconds. An interval of 0: the line has no sign of life to wait for. */
  readonly heartbeat: { readonly interval: number; readonly timeout: number };
  /** Where to connect, with a token that was just asked for. */
  address(): Promise<Address>;
  opened(): void;
  received(frame: string): void;
  /** A connection is gone that had been admitted, or never was. */
  lost(): void;
  ping(): void;
  verdict(closing: Closing): Verdict;
  /** Whether another token can be had. */
  readonly canRenew: boolean;
  changed(event: ConnectionEvent): void;
}

/** Never came from a server (RFC 6455, 7.1.5). */
const ABNORMAL = 1006;
/** A `readyState` (HTML: The WebSocket interface). */
const OPEN = 1;
/** How long a close may take. */
const CLOSE_MS = 2_000;

/** One connection that is kept up: when it is lost it is made again. */
export class Line {
  #state: ConnectionState = "disconnected";
  #socket: Socket | undefined;
  #renewed = false;
  #offline = false;
  #cancel: (() => void) | undefined;
  #unwatch: (() => void) | undefined;
  /** Which attempt the work of an earlier one must not disturb. */
  #turn = 0;
  readonly #heart: Heart;
  readonly #attempts: Attempts;

  constructor(private readonly parts: LineParts) {
    this.#attempts = new Attempts(parts.backoff, parts.random);
    this.#heart = new Heart({
      ...{ clock: parts.clock, ...parts.heartbeat },
      ask: () => parts.ping(),
      dead: () => this.#drop({ code: ABNORMAL, reason: "No sign of life" }),
    });
  }

  get state(): ConnectionState {
    return this.#state;
  }

  start(): void {
    if (this.#state === "connecting" || this.#state === "connected") return;
    this.#attempts.made = 0;
    this.#renewed = false;
    this.#offline = isOffline(this.parts.network);
    this.#attempts.wish = undefined;
    this.#unwatch = watchNetwork(this.parts.network, {
      offline: () => {
        this.#offline = true;
        this.#drop({ code: ABNORMAL, reason: "Offline" });
      },
      online: () => this.#backOnline(),
      visibilitychange: () => {
        if (this.#state === "connected" && this.#heart.interval > 0) this.#heart.ask();
      },
    });
    void this.#open();
  }

  /** Resolves when the connection is closed. */
  async stop(): Promise<void> {
    const socket = this.#socket;
    const was = this.#state;
    this.#end();
    this.#state = "disconnected";
    if (was === "connected" || was === "connecting") this.#say("disconnected", { code: 1000, reason: "" });
    if (!socket?.close) return;
    const close = socket.close.bind(socket);
    await new Promise<void>((resolve) => {
      const cancel = this.parts.clock.after(CLOSE_MS, resolve);
      socket.onclose = () => {
        cancel();
        resolve();
      };
      close(1000);
    });
  }

  send(frame: string): void {
    this.#socket?.send(frame);
  }

  /** The server has let the connection in. */
  admitted(): void {
    if (this.#state !== "connecting") return;
    this.#cancel?.();
    this.#attempts.made = 0;
    this.#renewed = false;
    this.#state = "connected";
    if (this.#heart.interval > 0) this.#heart.start();
    this.#say("connected");
  }

  /** The server says when the next attempt is to be made: exactly then, or from then on. */
  comeBackIn(ms: number, exact: boolean): void {
    this.#attempts.wish = { ms, exact };
  }

  /** The server gives a sign of life this often, in milliseconds, by itself. */
  expectEvery(ms: number): void {
    this.#heart.interval = ms;
  }

  /** The connection is open, and the server has refused what it is for. */
  giveUp(reason: string): void {
    this.#silence();
    this.parts.lost();
    this.#fail({ code: 1008, reason }, reason);
  }

  /** The connection is of no use any more; another is made. */
  reset(reason: string): void {
    this.#drop({ code: ABNORMAL, reason });
  }

  /** From the next attempt on. */
  configure(backoff: Partial<Backoff>, heartbeat: Partial<LineParts["heartbeat"]>): void {
    this.#attempts.backoff = { ...this.#attempts.backoff, ...backoff };
    this.#heart.interval = heartbeat.interval ?? this.#heart.interval;
    this.#heart.timeout = heartbeat.timeout ?? this.#heart.timeout;
  }

  async #open(): Promise<void> {
    const turn = ++this.#turn;
    this.#state = "connecting";
    // Coming online makes another.
    if (this.#offline) return;
    // Also of asking for a token.
    this.#cancel = this.parts.clock.after(this.parts.connectTimeout, () =>
      this.#drop({ code: ABNORMAL, reason: "No answer" }),
    );
    try {
      const address = await this.parts.address();
      if (turn === this.#turn) this.#listen(this.parts.createSocket(address));
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      if (turn === this.#turn) this.#drop({ code: ABNORMAL, reason });
    }
  }

  #listen(socket: Socket): void {
    this.#socket = socket;
    socket.onopen = () => this.parts.opened();
    socket.onmessage = ({ data }: { readonly data: unknown }) => {
      this.#heart.heard();
      if (typeof data === "string") this.parts.received(data);
    };
    socket.onclose = ({ code, reason }: Closing) => this.#drop({ code, reason });
    // A close follows.
    socket.onerror = () => {};
    if (socket.readyState === OPEN) this.parts.opened();
  }

  /** The connection, or the attempt at one, is lost. */
  #drop(closing: Closing): void {
    if (this.#state !== "connecting" && this.#state !== "connected") return;
    this.#silence();
    const { parts } = this;
    const verdict = parts.verdict(closing);
    const isUseless = verdict === "token" && (this.#renewed || !parts.canRenew);
    const { maxAttempts } = this.#attempts.backoff;
    // Going offline is no attempt that has failed.
    const left = this.#offline || this.#attempts.made < maxAttempts;
    const wasConnected = this.#state === "connected";
    this.#state = "connecting";
    parts.lost();
    if (wasConnected) this.#say("disconnected", closing);
    if (verdict === "stop" || isUseless) this.#fail(closing, closing.reason || "The server refuses");
    else if (!left) this.#fail(closing, `No connection after ${maxAttempts} attempts`);
    else {
      this.#renewed ||= verdict === "token";
      this.#tryLater();
    }
  }

  #tryLater(): void {
    // Coming online makes the next one.
    if (this.#offline) return;
    const nextAttemptIn = this.#attempts.next();
    this.#cancel = this.parts.clock.after(nextAttemptIn, () => void this.#open());
    this.#say("reconnecting", { attempt: this.#attempts.made, nextAttemptIn });
  }

  #backOnline(): void {
    const wasOffline = this.#offline;
    this.#offline = false;
    if (this.#state !== "connecting" || this.#socket || !wasOffline) return;
    this.#cancel?.();
    this.#attempts.made = 0;
    this.#tryLater();
  }

  #fail(closing: Closing, message: string): void {
    this.#end();
    this.#state = "error";
    this.#say("error", { ...closing, error: new ConnectionFailed(message, closing) });
  }

  #end(): void {
    this.#silence();
    this.#unwatch?.();
  }

  /** From now on nothing is heard of the connection or the attempt. */
  #silence(): void {
    this.#turn++;
    this.#cancel?.();
    this.#heart.stop();
    const socket = this.#socket;
    this.#socket = undefined;
    if (!socket) return;
    socket.onopen = null;
    socket.onmessage = null;
    socket.onclose = null;
    socket.close?.();
  }

  #say(type: ConnectionEvent["type"], data?: ConnectionEvent["data"]): void {
    const timestamp = new Date(this.parts.clock.now()).toISOString();
    this.parts.changed({ type, timestamp, ...(data && { data }) });
  }
}
