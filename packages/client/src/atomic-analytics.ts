import type { z } from "zod";
import type { createMessages, events as serverEvents } from "../../../src/protocols/atomic/schema.ts";
import { AtomicClient, type AtomicError, type AtomicFrame, type AtomicOptions } from "./atomic.ts";
import type { QueuedMessage } from "./store.ts";

type Schemas = ReturnType<typeof createMessages>;
type Kind = "connected" | "metric_update";
type Events = { [Type in Kind]: AtomicFrame<Type, z.output<(typeof serverEvents)[Type]>> };

export type AnalyticsEvents = Events & { error: AtomicError };
export type AnalyticsMessage = {
  [Type in "subscribe" | "unsubscribe"]: {
    readonly type: Type;
    readonly id?: string;
    readonly data: z.input<Schemas[Type]>;
  };
}["subscribe" | "unsubscribe"];
/** The first of the metrics as it stands; the others come as events. */
export type AnalyticsAnswers = { subscribe: Events["metric_update"] };

/** Contract atomic-guide: Analytics WebSocket API. */
export class AnalyticsWebSocketClient extends AtomicClient<
  AnalyticsEvents,
  AnalyticsMessage,
  AnalyticsAnswers
> {
  protected readonly contract = "atomic/analytics";
  readonly #metrics = new Set<string>();

  /** Metrics are state: there is nothing to resume. */
  constructor(options: AtomicOptions) {
    super({ ...options, resume: false });
  }

  /** A later page has subscriptions of its own. */
  protected override isKept(): boolean {
    return false;
  }

  protected isAnswered(type: string): boolean {
    return type === "subscribe";
  }

  protected resume(): void {
    this.admitted();
    if (this.#metrics.size > 0) this.say("subscribe", { metrics: [...this.#metrics] });
    this.open();
  }

  protected override write(message: QueuedMessage): void {
    if (message.type === "unsubscribe") for (const metric of metricsOf(message)) this.#metrics.delete(metric);
    super.write(message);
  }

  protected override told(frame: AtomicError | Events[Kind] | AtomicFrame<"pong", unknown>): void {
    if (frame.type === "pong") return;
    const { awaited } = this.outbox;
    // One that was refused would have all of them refused after a reconnect.
    if (frame.type === "metric_update" && awaited?.type === "subscribe" && frame.id === awaited.id) {
      for (const metric of metricsOf(awaited)) this.#metrics.add(metric);
    }
    this.listeners.tell(frame.type, frame);
  }
}

const metricsOf = ({ data: { metrics } }: QueuedMessage): string[] =>
  Array.isArray(metrics) ? metrics.map(String) : [];
