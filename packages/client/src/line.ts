import { Attempts } from "./attempts.ts";
import type { Backoff } from "./backoff.ts";
import {
  asError,
  type Closing,
  type ConnectionEvent,
  ConnectionFailed,
  type ConnectionState,
} from "./connection.ts";
import { Heart } from "./heart.ts";
import type { LineParts } from "./line-parts.ts";
import { isOffline, watchNetwork } from "./network.ts";
import type { Socket } from "./socket.ts";

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
  /** What is wrong with this attempt, or was with the last one: in the server's own words, or the runtime's. */
  #cause: Error | undefined;
  readonly #heart: Heart;
  readonly #attempts: Attempts;

  constructor(private readonly parts: LineParts) {
    this.#attempts = new Attempts(parts.backoff, parts.random);
    this.#heart = new Heart({
      clock: parts.clock,
      ...parts.heartbeat,
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
    this.#cause = this.#offline ? new Error("Offline") : undefined;
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
    if (was === "connected" || was === "connecting") this.say("disconnected", { code: 1000, reason: "" });
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

  /** A socket that throws is of no use; what it was given is sent again on the next one. */
  send(frame: string): void {
    try {
      this.#socket?.send(frame);
    } catch (error) {
      this.#cause = asError(error);
      this.#drop({ code: ABNORMAL, reason: this.#cause.message });
    }
  }

  /** The server says in its own words why it is about to close a connection that it has not let in. */
  explain(words: string): void {
    if (this.#state === "connecting") this.#cause = new Error(words);
  }

  /** The server has let the connection in. */
  admitted(): void {
    if (this.#state !== "connecting") return;
    this.#cancel?.();
    this.#attempts.made = 0;
    this.#renewed = false;
    this.#cause = undefined;
    this.#state = "connected";
    if (this.#heart.interval > 0) this.#heart.start();
    this.say("connected");
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
    this.#fail({ code: 1008, reason }, new Error(reason));
  }

  /** The server should have let the client in by now. */
  expire(ms: number): void {
    if (this.#state !== "connecting") return;
    this.#silence();
    this.parts.lost();
    const closing = { code: ABNORMAL, reason: "No answer" };
    this.#fail(closing, this.#cause ?? new Error(closing.reason), `No connection after ${ms} ms: `);
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
    this.#cause = undefined;
    // Also of asking for a token.
    this.#cancel = this.parts.clock.after(this.parts.connectTimeout, () =>
      this.#drop({ code: ABNORMAL, reason: "No answer" }),
    );
    const isOver = () => turn !== this.#turn;
    // A client that is disconnected again in the same task has asked for nothing.
    await null;
    if (isOver()) return;
    let mayHelp = true;
    try {
      const token = await this.parts.token();
      if (isOver()) return;
      await this.parts.prepare(token);
      if (isOver()) return;
      mayHelp = false;
      const address = await this.parts.address(token);
      if (!isOver()) this.#listen(this.parts.createSocket(address), token);
    } catch (error) {
      if (isOver()) return;
      this.#cause = asError(error);
      const closing = { code: ABNORMAL, reason: this.#cause.message };
      if (mayHelp) this.#drop(closing);
      else this.#fail(closing, this.#cause);
    }
  }

  #listen(socket: Socket, token: string | undefined): void {
    this.#socket = socket;
    socket.onopen = () => this.parts.opened(token);
    socket.onmessage = ({ data }: { readonly data: unknown }) => {
      this.#heart.heard();
      if (typeof data === "string") this.parts.received(data);
    };
    socket.onclose = ({ code, reason }: Closing) => this.#drop({ code, reason });
    // A close follows. Browsers do not say why; other runtimes do.
    socket.onerror = ({ error, message }: { readonly error?: unknown; readonly message?: unknown }) => {
      if (error || message) this.#cause ??= asError(error || message);
    };
    if (socket.readyState === OPEN) this.parts.opened(token);
  }

  /** The connection, or the attempt at one, is lost. */
  #drop(closing: Closing): void {
    if (this.#state !== "connecting" && this.#state !== "connected") return;
    this.#silence();
    const { parts } = this;
    const verdict = parts.verdict(closing);
    const isUseless = verdict === "stop" || (verdict === "token" && (this.#renewed || !parts.canRenew));
    const { maxAttempts } = this.#attempts.backoff;
    // Going offline is no attempt that has failed.
    const left = this.#offline || this.#attempts.made < maxAttempts;
    const wasConnected = this.#state === "connected";
    const cause = this.#cause ?? new Error(closing.reason || `closed with ${closing.code}`);
    this.#cause = cause;
    this.#state = "connecting";
    parts.lost();
    if (wasConnected) this.say("disconnected", closing);
    if (isUseless) this.#fail(closing, cause);
    else if (!left) this.#fail(closing, cause, `No connection after ${maxAttempts} attempts: `);
    else {
      this.#renewed ||= verdict === "token";
      this.#tryLater({ ...closing, error: cause });
    }
  }

  #tryLater(why: ConnectionEvent["data"]): void {
    // Coming online makes the next one.
    if (this.#offline) return;
    const nextAttemptIn = this.#attempts.next();
    this.#cancel = this.parts.clock.after(nextAttemptIn, () => void this.#open());
    this.say("reconnecting", { ...why, attempt: this.#attempts.made, nextAttemptIn });
  }

  #backOnline(): void {
    const wasOffline = this.#offline;
    this.#offline = false;
    if (this.#state !== "connecting" || this.#socket || !wasOffline) return;
    this.#cancel?.();
    this.#attempts.made = 0;
    this.#tryLater({});
  }

  #fail(closing: Closing, cause: Error, before = ""): void {
    this.#end();
    this.#state = "error";
    this.say("error", { ...closing, error: new ConnectionFailed(before + cause.message, closing, cause) });
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

  say(type: ConnectionEvent["type"], data?: ConnectionEvent["data"]): void {
    const timestamp = new Date(this.parts.clock.now()).toISOString();
    this.parts.changed({ type, timestamp, ...(data && { data }) });
  }
}
