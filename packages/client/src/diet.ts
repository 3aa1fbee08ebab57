import type { EventType } from "../../../src/protocols/diet/schema.ts";
import type { Announcement, DietCipher, SealedFrame } from "./cipher.ts";
import { Client, type Posted } from "./client.ts";
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
  /** Where the token does not say it. */
  readonly userId?: string;
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

/** Contract diet-game. */
export class DietWebSocketClient extends Client<DietEvents, DietMessage, DietAnswers> {
  readonly sessionId: string;
  #url: string;
  #protocols: string[] = [];
  #userId = "";
  #token = "";
  readonly #seen = new RecentIds();
  #cipher: DietCipher | undefined;
  #isSealed = false;
  /** Id of the message that asks for encryption. */
  #init = "";
  /** Sealing and opening take time, and may change no order. */
  #out = Promise.resolve();
  #in = Promise.resolve();
  /** Which connection it is: what is still being sealed for an earlier one is lost with it. */
  #turn = 0;

  constructor(private readonly own: DietOptions) {
    const { url = "", ...rest } = own;
    super(
      { ...rest, url },
      { heartbeat: { interval: 25_000, timeout: 10_000 }, reconnect: { maxAttempts: 10 } },
    );
    this.#url = url;
    this.sessionId = own.sessionId ?? newId();
  }

  override connect(config?: WebSocketConnection): Promise<void> {
    if (config) {
      this.#url = config.url;
      this.#protocols = config.protocols ?? [];
      this.line.configure(config.reconnect ?? {}, config.heartbeat ?? {});
    }
    return super.connect();
  }

  override send<M extends DietMessage>(message: M): Promise<DietResponse>;
  /** Contract: WebSocketClient. Of a type that is known when it runs; one that is written down is checked. */
  override send<const M extends WebSocketMessage>(
    message: string extends M["type"] ? M : never,
  ): Promise<void>;
  override send(message: never): Promise<unknown> {
    return super.send(message);
  }

  override subscribe<Type extends keyof DietEvents>(
    eventType: Type,
    handler: (event: DietEvents[Type]) => void,
  ): void;
  override subscribe<Type extends string>(
    eventType: string extends Type ? Type : never,
    handler: EventHandler,
  ): void;
  override subscribe(eventType: string, handler: (event: never) => void): void {
    super.subscribe(eventType as keyof DietEvents, handler as (event: unknown) => void);
  }

  override unsubscribe<Type extends keyof DietEvents>(
    eventType: Type,
    handler: (event: DietEvents[Type]) => void,
  ): void;
  override unsubscribe<Type extends string>(
    eventType: string extends Type ? Type : never,
    handler: EventHandler,
  ): void;
  override unsubscribe(eventType: string, handler: (event: never) => void): void {
    super.unsubscribe(eventType as keyof DietEvents, handler as (event: unknown) => void);
  }

  protected async address(token: string | undefined): Promise<Address> {
    this.#cipher = await this.own.encryption?.();
    this.#token = token ?? "";
    this.#userId = this.own.userId ?? userOf(token) ?? "";
    return { url: this.#url, protocols: this.#protocols };
  }

  protected opened(): void {
    const { sessionId } = this;
    const auth = { type: "auth", token: this.#token, userId: this.#userId, sessionId };
    this.line.send(JSON.stringify(auth));
    // At once, so that little of what waits for the user comes in plain text.
    const { publicKey } = this.#cipher ?? {};
    if (publicKey !== undefined) this.#init = this.#say("encryption.init", { publicKey });
  }

  protected override lost(): void {
    this.#turn++;
    this.#isSealed = false;
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
    this.#say(type, data, { id, metadata, ...(timestamp !== undefined && { timestamp }) });
  }

  protected override heard(frame: Frame | SealedFrame): void {
    const cipher = this.#cipher;
    if (!this.#isSealed || !cipher) {
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
    this.listeners.tell("auth_response", frame);
    if (frame.success && !this.#cipher) this.#admit();
  }

  #admit(): void {
    this.line.admitted();
    this.outbox.open();
  }

  #encrypt(announcement: Announcement): void {
    this.#isSealed = true;
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
    else if (code === "RATE_LIMIT_EXCEEDED")
      this.outbox.retry(refused, this.#until(frame.data?.["resetTime"]));
    else if (PASSING.includes(code)) this.outbox.retry(refused);
    else this.outbox.refuse(refused);
  }

  #until(time: unknown): number | undefined {
    const ms = Date.parse(String(time)) - this.clock.now();
    return Number.isNaN(ms) ? undefined : Math.max(0, ms);
  }

  /** Does this when all before it is done, unless the connection is another one by then. */
  #afterwards(work: (isCurrent: () => boolean) => Promise<void>): void {
    const turn = this.#turn;
    const isCurrent = () => turn === this.#turn;
    this.#in = this.#in
      .then(() => (isCurrent() ? work(isCurrent) : undefined))
      // Somebody has a hand in it, or the two sides have lost each other.
      .catch(() => isCurrent() && this.line.reset("A frame could not be opened"))
      .then(() => {});
  }

  #say(type: string, data: unknown, more: object = {}): string {
    const timestamp = new Date(this.clock.now()).toISOString();
    const frame = { id: newId(), type, timestamp, data, ...more };
    const text = JSON.stringify(frame);
    const [cipher, turn] = [this.#cipher, this.#turn];
    if (!this.#isSealed || !cipher) this.line.send(text);
    else {
      this.#out = this.#out.then(async () => {
        const sealed = turn === this.#turn ? await cipher.seal(text) : undefined;
        if (sealed && turn === this.#turn) this.line.send(JSON.stringify(sealed));
      });
    }
    return frame.id;
  }
}
