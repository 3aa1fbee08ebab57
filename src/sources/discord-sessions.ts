import type { SessionInfo } from "@discordjs/ws";
import type { Clock } from "../core/ports/clock.ts";

/** How long a session survives an unreachable gateway; Discord itself forgets it after minutes. */
const KEPT_MS = 120_000;

/**
 * The gateway sessions that can be resumed, by shard. The library drops a session as soon as the gateway
 * cannot be reached once. Here it survives a short outage, so that Discord sends the missed events again.
 */
export class Sessions {
  readonly #sessions = new Map<number, SessionInfo>();
  readonly #unreachableSince = new Map<number, number>();
  #stopped = false;

  constructor(private readonly clock: Clock) {}

  unreachable(shardId: number): void {
    if (!this.#unreachableSince.has(shardId)) this.#unreachableSince.set(shardId, this.clock.monotonic());
  }

  reached = (shardId: number): void => {
    this.#unreachableSince.delete(shardId);
  };

  retrieve = (shardId: number): SessionInfo | null | Promise<never> =>
    // The library asks for the session before it connects, and it connects again even after it was told to
    // end.
    this.#stopped ? new Promise(() => {}) : (this.#sessions.get(shardId) ?? null);

  update = (shardId: number, session: SessionInfo | null): void => {
    if (session) this.#sessions.set(shardId, session);
    else if (!this.#isKept(shardId)) this.#sessions.delete(shardId);
  };

  stop(): void {
    this.#stopped = true;
  }

  #isKept(shardId: number): boolean {
    const since = this.#unreachableSince.get(shardId);
    return since !== undefined && this.clock.monotonic() - since < KEPT_MS;
  }
}
