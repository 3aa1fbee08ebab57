import type { z } from "zod";
import type { messages, events as serverEvents } from "../../../src/protocols/hyperfocus/schema.ts";
import { Client } from "./client.ts";
import { POLICY } from "./connection.ts";
import { newId } from "./id.ts";
import type { ClientOptions } from "./options.ts";
import type { Address } from "./socket.ts";

type Schemas = typeof messages;
type ServerEvents = typeof serverEvents;
/** Contract hyperfocus-gifts: Message Format. `timestamp` is ISO 8601. */
type Events = {
  [Type in keyof ServerEvents]: {
    readonly type: Type;
    readonly payload: z.output<ServerEvents[Type]>;
    readonly timestamp: string;
    readonly version: string;
  };
};

/** What arrives, by type; a gift that comes again, because its acknowledgement was lost, comes as an event once. */
export type GiftEvents = Events;
export type Gift = Events["gift:received"]["payload"];
type Frame = Events[keyof Events];
type Acknowledgement = z.input<Schemas["gift:ack"]>;

export interface GiftOptions extends ClientOptions {
  readonly streamId: string;
  /** The same every time, so that a host is sent what it has not acknowledged. */
  readonly clientId?: string;
  /** "webgl", "webgpu", "notifications". */
  readonly capabilities?: readonly string[];
}

const PROTOCOL = "hyperfocus-protocol-v1";
const VERSION = "1.0.0";
/** Characters that the server takes. */
const MAX_ERROR = 1_000;
const BYTES_OF_A_MB = 1_048_576;

/** The number of gifts that are recognised when they come again: as many as the server sends again. */
const KNOWN = 1_000;

/** Contract hyperfocus-gifts: a stream's gifts and status. */
abstract class GiftClient extends Client<GiftEvents, never, object> {
  protected readonly contract = "hyperfocus";
  declare protected readonly options: GiftOptions;
  readonly clientId: string;
  /** Gifts that have come, each with its acknowledgement once it has one. */
  readonly #gifts = new Map<string, Acknowledgement | undefined>();
  /** How many gifts are being shown. */
  #showing = 0;
  #askedAt = 0;
  #latency = 0;
  #silentUntil = 0;

  constructor(
    options: GiftOptions,
    private readonly clientType: "host" | "viewer",
  ) {
    super(options);
    this.clientId = options.clientId ?? newId();
  }

  /**
   * Shows each gift once and acknowledges it when the promise resolves; the error of one that rejects is sent to
   * the server. The result ends it.
   */
  show(render: (gift: Gift) => void | Promise<void>): () => void {
    const handler = ({ payload }: Events["gift:received"]) => void this.#render(payload, render);
    this.subscribe("gift:received", handler);
    return () => this.unsubscribe("gift:received", handler);
  }

  /** `error`: why it could not be rendered. A lost acknowledgement is repeated when the gift comes again. */
  acknowledge(giftId: string, error: string | null = null): void {
    const ack = { giftId, receivedAt: this.#iso(), rendered: error === null, error };
    if (this.#gifts.has(giftId)) this.#gifts.set(giftId, ack);
    this.#acknowledge(ack);
  }

  /** Contract: Error Handling. */
  report(code: string, message: string): void {
    this.#say("error", { code, message, details: null, retryable: false, retryAfter: null });
  }

  protected override address(): Address {
    return { url: this.url, protocols: [PROTOCOL] };
  }

  protected opened(token: string | undefined): void {
    const { streamId, capabilities = [] } = this.options;
    const { clientId, clientType } = this;
    this.#askedAt = this.clock.now();
    const init = { clientId, streamId, clientType, capabilities, version: VERSION, token };
    this.#say("connection:init", init);
  }

  protected override heard(frame: Frame): void {
    if (frame.type === "connection:ack") {
      this.#latency = this.clock.now() - this.#askedAt;
      const { pingInterval } = frame.payload.config;
      this.heart.interval = pingInterval;
      // Nothing answers here: the next ping of the server is the sign of life.
      this.heart.timeout = 2 * pingInterval;
      this.admitted();
    } else if (frame.type === "heartbeat:ping") this.#pong(frame.payload.sequence);
    else if (frame.type === "error") this.#failed(frame.payload);
    if (frame.type !== "gift:received" || this.#isNew(frame.payload.giftId)) {
      this.listeners.tell(frame.type, frame);
    }
  }

  protected write(): void {}

  /** The server pings. */
  protected ping(): void {}

  async #render(gift: Gift, render: (gift: Gift) => void | Promise<void>): Promise<void> {
    let error: string | null = null;
    this.#showing++;
    try {
      await render(gift);
    } catch (thrown) {
      error = (thrown instanceof Error ? thrown.message : String(thrown)).slice(0, MAX_ERROR);
    }
    this.#showing--;
    this.acknowledge(gift.giftId, error);
  }

  #isNew(giftId: string): boolean {
    const ack = this.#gifts.get(giftId);
    if (ack) this.#acknowledge(ack);
    if (this.#gifts.has(giftId)) return false;
    this.#gifts.set(giftId, undefined);
    for (const oldest of this.#gifts.keys()) {
      if (this.#gifts.size <= KNOWN) break;
      this.#gifts.delete(oldest);
    }
    return true;
  }

  /** A host's are free of the server's rate; a viewer's give way when there are too many. */
  #acknowledge(ack: Acknowledgement): void {
    const isDue =
      this.clientType === "host" || (this.clock.now() >= this.#silentUntil && this.take("gift:ack") === 0);
    if (isDue && this.isConnected()) this.#say("gift:ack", ack);
  }

  #pong(sequence: number): void {
    const stats = { latency: this.#latency, memory: memory(), queueSize: this.#showing };
    this.#say("heartbeat:pong", { timestamp: this.#iso(), sequence, stats });
  }

  #failed({ code, message, retryAfter }: Events["error"]["payload"]): void {
    this.explain(message);
    if (retryAfter !== null) {
      this.#silentUntil = this.clock.now() + retryAfter;
      this.attempts.wish = { ms: retryAfter, exact: false };
    }
    // The connection stays, and is for nothing.
    if (code === "FORBIDDEN" && !this.isConnected()) this.drop(message, POLICY);
  }

  #iso(): string {
    return new Date(this.clock.now()).toISOString();
  }

  #say(type: string, payload: object): void {
    this.transmit(JSON.stringify({ type, payload, timestamp: this.#iso(), version: VERSION }));
  }
}

/** The host that shows the stream. Back with the same `clientId`, it gets the gifts that it has not acknowledged. */
export class GiftHostClient extends GiftClient {
  constructor(options: GiftOptions) {
    super({ ...options, resume: false }, "host");
  }
}

export class GiftViewerClient extends GiftClient {
  constructor(options: GiftOptions) {
    super(options, "viewer");
  }
}

/** MB of memory in use, where a browser tells it. */
function memory(): number {
  const bytes: number = Object(Reflect.get(performance, "memory")).usedJSHeapSize ?? 0;
  return Math.round(bytes / BYTES_OF_A_MB);
}
