import { BATCH_FORMAT } from "../core/log/log.ts";

/** Behind the log for longer than this, a node is not ready. */
const LAG_MS = 1_000;
/** Behind for longer than this, what it knows of members and tokens may be old. */
const BEHIND_MS = 100;
/** The servers are asked for the end of the log each second. Without an answer for this long a node is in doubt. */
const DOUBT_MS = 2_500;
/** The servers may elect a leader for this long before a node says that it cannot reach the log. */
const SILENT_MS = 10_000;
/** A node without a connection to any server for this long cannot reach the log. */
const CUT_OFF_MS = 2_000;
/** After this a node sends its clients to other nodes. */
const ISOLATED_MS = 15_000;

/** Why a node can follow the log no more, and what to do. */
export const tooNew = (format: number): string =>
  `entry format ${format} is too new: this version reads up to ${BATCH_FORMAT}`;
export const leftBehind = (first: number, applied: number): string =>
  `the log begins at ${first}, and the database is at ${applied}: start from an empty database or from a newer backup`;
export const differsAt = (position: string): string =>
  `differs from the other nodes at position ${position}: remove its database, and it begins with a snapshot of another`;

/** Whether this node can follow the log, and for how long it could not. Times are of one monotonic clock. */
export class LogHealth {
  /** What stops this node for good. */
  fatal: string | undefined;
  /** Nodes differ in what they have made of the log. */
  differs = false;
  #answeredAt: number;
  #disconnectedAt: number | undefined;
  /** Ends of the log that were not applied when they were heard of, the oldest first. */
  readonly #ahead: { readonly position: number; readonly at: number }[] = [];
  /** The end of the log, as far as it is known. */
  last = 0;
  #hasCaughtUp = false;

  constructor(
    private readonly now: () => number,
    private readonly applied: () => number,
    /** For how long a batch has not been committed. */
    private readonly heldMs: () => number,
  ) {
    this.#answeredAt = now();
  }

  /** A server has answered. */
  answered(last?: number): void {
    this.#answeredAt = this.now();
    if (last === undefined) return;
    this.last = Math.max(this.last, last);
    if (last > this.applied()) this.#ahead.push({ position: last, at: this.now() });
  }

  caughtUp(): void {
    this.#hasCaughtUp = true;
  }

  disconnected(): void {
    this.#disconnectedAt ??= this.now();
  }

  reconnected(): void {
    this.#disconnectedAt = undefined;
  }

  /** For how long this node has known of something that it has not applied. */
  get lagMs(): number {
    const applied = this.applied();
    while (this.#ahead[0] && this.#ahead[0].position <= applied) this.#ahead.shift();
    return Math.max(this.heldMs(), this.#ahead[0] ? this.now() - this.#ahead[0].at : 0);
  }

  /** It knows of something that it has not applied. */
  get isBehind(): boolean {
    return this.lagMs > BEHIND_MS;
  }

  /** It cannot know whether there is something, because it does not hear of the log. */
  get isInDoubt(): boolean {
    return this.#disconnectedAt !== undefined || this.now() - this.#answeredAt > DOUBT_MS;
  }

  get #cutOffMs(): number {
    return this.#disconnectedAt === undefined ? 0 : this.now() - this.#disconnectedAt;
  }

  whyNotReady(): string | undefined {
    if (this.fatal !== undefined) return this.fatal;
    if (!this.#hasCaughtUp)
      return `catching up (${Math.max(0, this.last - this.applied()).toLocaleString("en")} behind)`;
    const silent = this.now() - this.#answeredAt;
    if (silent > SILENT_MS || this.#cutOffMs > CUT_OFF_MS)
      return `the log cannot be reached since ${Math.round(Math.max(silent, this.#cutOffMs) / 1_000)} s`;
    if (this.lagMs > LAG_MS) return `lagging ${(this.lagMs / 1_000).toFixed(1)} s`;
    return undefined;
  }

  /** It applies nothing, for good or for long, so it makes no progress with work for others. One that is slow does. */
  get isStuck(): boolean {
    return this.fatal !== undefined || this.heldMs() > ISOLATED_MS;
  }

  /** Clients are better served by another node: this one knows nothing of what the others confirm. */
  get isIsolated(): boolean {
    return this.fatal !== undefined || this.#cutOffMs > ISOLATED_MS || this.lagMs > ISOLATED_MS;
  }
}
