import { type Clock, systemClock } from "./clock.ts";
import type { ConnectionEvent, ConnectionState } from "./connection.ts";
import { Listeners } from "./listeners.ts";
import type { ClientOptions } from "./options.ts";

/** Tells what becomes of a connection. */
export abstract class ConnectionEvents {
  protected readonly clock: Clock;
  readonly #listeners = new Listeners<{ connection: ConnectionEvent }>();

  constructor(protected readonly options: ClientOptions) {
    this.clock = options.clock ?? systemClock;
  }

  abstract getConnectionState(): ConnectionState;

  isConnected(): boolean {
    return this.getConnectionState() === "connected";
  }

  /** The result ends it. */
  onConnectionEvent(handler: (event: ConnectionEvent) => void): () => void {
    return this.#listeners.on("connection", handler);
  }

  protected announce(type: ConnectionEvent["type"], data?: ConnectionEvent["data"]): void {
    const timestamp = new Date(this.clock.now()).toISOString();
    this.#listeners.tell("connection", { type, timestamp, ...(data && { data }) });
  }

  /** Resolves once there is a connection; rejects once it is given up, or its user ends it. Then `done` is called. */
  protected settled(done?: () => void): Promise<void> {
    const settled = new Promise<void>((resolve, reject) => {
      const stop = this.onConnectionEvent(({ data }) => {
        const state = this.getConnectionState();
        if (state === "connecting") return;
        stop();
        done?.();
        // The user wanted that: no error that the page must catch.
        if (state === "disconnected") settled.catch(() => {});
        if (state === "connected") resolve();
        else reject(data?.error ?? new Error("disconnected"));
      });
    });
    return settled;
  }
}
