import type { EventType } from "../../../src/protocols/diet/schema.ts";
import type { DietCipher } from "./cipher.ts";
import { Client, type Posted } from "./client.ts";
import type { ConnectOptions } from "./connection.ts";
import type {
  AuthResponse,
  DietAnswers,
  DietEvents,
  DietMessage,
  DietResponse,
  EventHandler,
  WebSocketMessage,
} from "./diet-messages.ts";
import { newId } from "./id.ts";
import type { ClientOptions } from "./options.ts";
import { Refused } from "./outbox.ts";
import { RecentIds } from "./recent.ts";
import type { Sealing } from "./sealing.ts";
import type { Address } from "./socket.ts";
import type { QueuedMessage } from "./store.ts";
import { claimsOf } from "./token.ts";

/** Contract: Connection Establishment. Browsers let no page set headers. Times are in milliseconds. */
export interface WebSocketConnection {
  readonly url: string;
  readonly protocols?: string[];
  readonly heartbeat?: { readonly interval: number; readonly timeout: number };
  readonly reconnect?: {
    readonly maxAttempts: number;
    readonly backoffMultiplier: number;
    readonly maxBackoff: number;
  };
}

export interface DietOptions extends Omit<ClientOptions, "url"> {
  readonly url?: string;
  /** Of this device; made where it is left out. */
  readonly sessionId?: string;
  /** `DietCipher.init`, to have everything encrypted. */
  readonly encryption?: () => Promise<DietCipher>;
}

type Frame = AuthResponse | DietResponse | DietEvents[EventType];
/** These pass. */
const PASSING = ["RATE_LIMIT_EXCEEDED", "SERVICE_UNAVAILABLE", "INTERNAL_SERVER_ERROR"];

// More types for methods of `Client`, which cost nothing when it runs.
export interface DietWebSocketClient {
  send<M extends DietMessage>(message: M): Promise<DietResponse>;
  /** Contract: WebSocketClient. Of a type that is known when it runs; one that is written down is checked. */
  send<const M extends WebSocketMessage>(message: string extends M["type"] ? M : never): Promise<void>;
  subscribe<Type extends keyof DietEvents>(eventType: Type, handler: (event: DietEvents[Type]) => void): void;
  subscribe<Type extends string>(eventType: string extends Type ? Type : never, handler: EventHandler): void;
  unsubscribe<Type extends keyof DietEvents>(
    eventType: Type,
    handler: (event: DietEvents[Type]) => void,
  ): void;
  unsubscribe<Type extends string>(
    eventType: string extends Type ? Type : never,
    handler: EventHandler,
  ): void;
}

/** Contract diet-game. */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: all that is declared is inherited.
export class DietWebSocketClient extends Client<DietEvents, DietMessage, DietAnswers> {
  protected readonly contract = "diet";
  declare protected readonly options: ClientOptions & DietOptions;
  readonly sessionId: string;
  #protocols: string[] = [];
  #userId = "";
  readonly #seen = new RecentIds();
  #cipher: DietCipher | undefined;
  /** Of this connection, once it is to be encrypted. */
  #sealing: Sealing | undefined;

  constructor(options: DietOptions) {
    super({ url: "", ...options }, { reconnect: { maxAttempts: 10 } });
    this.sessionId = options.sessionId ?? newId();
  }

  override connect(config: Partial<WebSocketConnection> & ConnectOptions = {}): Promise<void> {
    const { url, protocols, reconnect, heartbeat } = config;
    this.url = url ?? this.url;
    this.#protocols = protocols ?? this.#protocols;
    this.attempts.backoff = { ...this.attempts.backoff, ...reconnect };
    Object.assign(this.heart, heartbeat);
    return super.connect(config);
  }

  protected override async address(): Promise<Address> {
    this.#cipher = await this.options.encryption?.();
    return { url: this.url, protocols: this.#protocols };
  }

  protected opened(token = ""): void {
    const { sessionId } = this;
    const userId = this.options.userId ?? String(claimsOf(token)["sub"] ?? "");
    this.#userId = userId;
    this.transmit(JSON.stringify({ type: "auth", token, userId, sessionId }));
    this.#sealing = this.#cipher?.begin({
      say: (type, data) => this.#say(type, data),
      write: (text) => this.transmit(text),
      read: (frame) => super.arrived(frame),
      ready: () => this.ready(),
      ping: () => this.ping(),
      drop: (reason, code) => this.drop(reason, code),
    });
  }

  protected override lost(): void {
    super.lost();
    this.#sealing?.end();
    this.#sealing = undefined;
  }

  /** The contract has no ping: the server answers this message and delivers it to nobody else. */
  protected ping(): void {
    const userId = this.#userId;
    this.#say("typing.indicator", { userId, isTyping: false, conversationId: `dm:${userId}:${userId}` });
  }

  protected override isFleeting(type: string): boolean {
    return type === "typing.indicator";
  }

  protected override prepare({ id, type, ...rest }: DietMessage): Posted {
    return { id, type, data: rest };
  }

  protected write({ id, type, data: { data, metadata, timestamp } }: QueuedMessage): void {
    this.#say(type, data, { id, metadata, timestamp });
  }

  protected override arrived(frame: object): void {
    if (this.#sealing) this.#sealing.heard(frame);
    else super.arrived(frame);
  }

  protected override heard(frame: Frame): void {
    if (!("success" in frame)) {
      if (!this.#seen.add(frame.id)) return;
      if (frame.type === "reconnect") this.attempts.wish = { ms: frame.data.nextAttemptIn, exact: true };
      this.listeners.tell(frame.type, frame);
    } else if ("id" in frame) this.#answered(frame);
    else this.#welcomed(frame);
  }

  #welcomed(frame: AuthResponse): void {
    this.explain(frame.error?.message);
    this.listeners.tell("auth_response", frame);
    if (frame.success && !this.#cipher) this.ready();
  }

  #answered(frame: DietResponse): void {
    const { awaited } = this.outbox;
    if (frame.id !== awaited?.id) return;
    const { code = "", message = "" } = frame.error ?? {};
    const refused = new Refused(message, code);
    // Of a rate: when there is room again.
    const ms = Date.parse(String(frame.data?.["resetTime"])) - this.clock.now();
    if (frame.success) this.outbox.settle(frame);
    else if (PASSING.includes(code)) this.outbox.retry(refused, ms >= 0 ? ms : undefined);
    else this.outbox.refuse(refused);
  }

  #say(
    type: string,
    data: unknown,
    more: { readonly id?: string; readonly [key: string]: unknown } = {},
  ): string {
    const timestamp = more["timestamp"] ?? new Date(this.clock.now()).toISOString();
    const frame = { id: newId(), type, data, ...more, timestamp };
    const text = JSON.stringify(frame);
    if (this.#sealing) this.#sealing.send(text);
    else this.transmit(text);
    return frame.id;
  }
}
