import type { EventType } from "../../../src/protocols/diet/schema.ts";
import type { Announcement, DietCipher, SealedFrame } from "./cipher.ts";
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
import type { Address } from "./socket.ts";
import type { Letter } from "./store.ts";
import { userOf } from "./token.ts";

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

type Frame =
  | AuthResponse
  | DietResponse
  | DietEvents[EventType]
  | { readonly type: "encryption.ready"; readonly data: Announcement }
  | { readonly type: "encryption.rotate"; readonly data: Announcement };
/** These pass. */
const PASSING = ["SERVICE_UNAVAILABLE", "INTERNAL_SERVER_ERROR"];

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
  readonly sessionId: string;
  #address: Address;
  #userId = "";
  readonly #seen = new RecentIds();
  #cipher: DietCipher | undefined;
  /** The same, once the server has agreed: from then on everything is sealed. */
  #sealing: DietCipher | undefined;
  /** Id of the message that asks for encryption. */
  #init = "";
  /** Sealing and opening take time, and may change no order. */
  #done = Promise.resolve();
  /** Which connection it is: what is still being sealed for an earlier one is lost with it. */
  #turn = 0;

  constructor(private readonly own: DietOptions) {
    super({ url: "", ...own }, { reconnect: { maxAttempts: 10 } });
    this.#address = { url: own.url ?? "", protocols: [] };
    this.sessionId = own.sessionId ?? newId();
  }

  override connect(config: Partial<WebSocketConnection> & ConnectOptions = {}): Promise<void> {
    const { url, protocols = [], reconnect = {}, heartbeat = {} } = config;
    if (url !== undefined) this.#address = { url, protocols };
    this.line.configure(reconnect, heartbeat);
    return super.connect(config);
  }

  protected override get url(): string {
    return this.#address.url;
  }

  protected async address(): Promise<Address> {
    this.#cipher = await this.own.encryption?.();
    return this.#address;
  }

  protected opened(token = ""): void {
    const { sessionId } = this;
    const userId = this.own.userId ?? userOf(token) ?? "";
    this.#userId = userId;
    this.line.send(JSON.stringify({ type: "auth", token, userId, sessionId }));
    // At once, so that little of what waits for the user comes in plain text.
    const { publicKey } = this.#cipher ?? {};
    if (publicKey !== undefined) this.#init = this.#say("encryption.init", { publicKey });
  }

  protected override lost(): void {
    this.#turn++;
    this.#sealing = undefined;
  }

  /** The contract has no message for it: this one is answered, and is for nobody else. */
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

  protected write({ id, type, data: { data, metadata, timestamp } }: Letter): void {
    this.#say(type, data, { id, metadata, timestamp });
  }

  protected override heard(frame: Frame | SealedFrame): void {
    const cipher = this.#sealing;
    if (!cipher) {
      if (!("encryptedData" in frame)) this.#read(frame);
    } else {
      this.#afterwards(async (isCurrent) => {
        if (!("encryptedData" in frame)) throw new Error("not encrypted");
        const plain: Frame = JSON.parse(await cipher.open(frame));
        if (isCurrent()) await this.#read(plain);
      });
    }
  }

  #read(frame: Frame): Promise<void> | undefined {
    if ("success" in frame) {
      if ("id" in frame) this.#answered(frame);
      else this.#welcomed(frame);
    } else if (frame.type === "encryption.ready") this.#encrypt(frame.data);
    else if (frame.type === "encryption.rotate") return this.#rotate(frame.data);
    else if (this.#seen.add(frame.id)) {
      if (frame.type === "reconnect") this.line.comeBackIn(frame.data.nextAttemptIn, true);
      this.listeners.tell(frame.type, frame);
    }
    return undefined;
  }

  #welcomed(frame: AuthResponse): void {
    if (!frame.success && frame.error) this.line.explain(frame.error.message);
    this.listeners.tell("auth_response", frame);
    if (frame.success && !this.#cipher) this.#admit();
  }

  #admit(): void {
    this.line.admitted();
    this.outbox.open();
  }

  #encrypt(announcement: Announcement): void {
    this.#sealing = this.#cipher;
    this.#afterwards(async (isCurrent) => {
      await this.#cipher?.rotate(announcement);
      if (isCurrent()) this.#admit();
    });
  }

  async #rotate(announcement: Announcement): Promise<void> {
    await this.#cipher?.rotate(announcement);
    // The server forgets the old key at the first frame under the new one.
    this.ping();
  }

  #answered(frame: DietResponse): void {
    const { awaited } = this.outbox;
    if (frame.id === this.#init && !frame.success) this.line.giveUp("The server does not encrypt");
    if (frame.id !== awaited?.id) return;
    const { code = "", message = "" } = frame.error ?? {};
    const refused = new Refused(message, code);
    if (frame.success) this.outbox.settle(frame);
    else if (code === "RATE_LIMIT_EXCEEDED") {
      const ms = Date.parse(String(frame.data?.["resetTime"])) - this.clock.now();
      this.outbox.retry(refused, ms >= 0 ? ms : undefined);
    } else if (PASSING.includes(code)) this.outbox.retry(refused);
    else this.outbox.refuse(refused);
  }

  /** Does this when all before it is done, unless the connection is another one by then. */
  #afterwards(work: (isCurrent: () => boolean) => Promise<void>, what = "opened"): void {
    const turn = this.#turn;
    const isCurrent = () => turn === this.#turn;
    this.#done = this.#done
      .then(() => (isCurrent() ? work(isCurrent) : undefined))
      // Somebody has a hand in it, or the two sides have lost each other.
      .catch(() => {
        if (isCurrent()) this.line.reset(`A frame could not be ${what}`);
      });
  }

  #say(
    type: string,
    data: unknown,
    more: { readonly id?: string; readonly [key: string]: unknown } = {},
  ): string {
    const timestamp = more["timestamp"] ?? new Date(this.clock.now()).toISOString();
    const frame = { id: newId(), type, data, ...more, timestamp };
    const text = JSON.stringify(frame);
    const cipher = this.#sealing;
    if (!cipher) this.line.send(text);
    else {
      this.#afterwards(async (isCurrent) => {
        const sealed = await cipher.seal(text);
        if (isCurrent()) this.line.send(JSON.stringify(sealed));
      }, "sealed");
    }
    return frame.id;
  }
}
