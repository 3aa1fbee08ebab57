import type { ConnectionContext } from "../inbound/context.ts";
import type { Connection } from "../outbound/connection.ts";
import { ConnectionIndex } from "../outbound/connection-index.ts";
import type { Activity } from "../ports/activity.ts";
import type { Clock } from "../ports/clock.ts";
import type { Identity } from "../ports/identity.ts";
import type { Roster } from "../protocol/roster.ts";

/** How long a user's last activity may be in memory only. */
const SAVE_MS = 1_000;
/** All users are in one group. */
const USERS = "";

/** The users who are online now, with their connections. */
export class Presence {
  readonly #connections = new ConnectionIndex();
  #unsaved = new Map<string, number>();

  constructor(
    private readonly clock: Clock,
    private readonly activity: Activity,
    private readonly failed: (error: unknown) => void,
    /** Where there are other nodes: by user, when the token of each of their connections was issued. */
    private readonly everywhere?: Roster<number>,
  ) {
    clock.every(SAVE_MS, () => this.save());
  }

  add({ userId, issuedAt }: Identity, context: ConnectionContext): void {
    this.#connections.add(userId, context.connection);
    this.#unsaved.set(userId, this.clock.now());
    this.everywhere?.set(context, USERS, userId, issuedAt);
  }

  /** Connections of the user were opened or closed, here or on another node. */
  changed(userId: string): void {
    if (!this.#connections.has(userId)) this.#unsaved.set(userId, this.clock.now());
  }

  remove(userId: string, connection: Connection): void {
    this.#connections.remove(userId, connection);
    this.#unsaved.set(userId, Math.max(connection.lastSeen, this.#unsaved.get(userId) ?? 0));
  }

  of(userId: string): Iterable<Connection> {
    return this.#connections.of(userId);
  }

  /** How many connections the user has, on all nodes. */
  count(userId: string): number {
    return this.everywhere?.values(USERS, userId).length ?? this.#connections.size(userId);
  }

  isOnline(userId: string): boolean {
    return this.count(userId) > 0;
  }

  /** When the tokens of all connections of the user were issued. */
  tokensOf(userId: string): readonly number[] {
    return (
      this.everywhere?.values(USERS, userId) ??
      Array.from(this.of(userId), ({ identity }) => identity?.issuedAt ?? 0)
    );
  }

  /** When a user was last active, also one who has just left; undefined when the store has the same time. */
  lastSeen(userId: string): number | undefined {
    if (!this.#connections.has(userId)) return this.#unsaved.get(userId);
    return Math.max(...Array.from(this.of(userId), (connection) => connection.lastSeen));
  }

  /** That the user has been here is not saved. */
  forget(userId: string): void {
    this.#unsaved.delete(userId);
  }

  /** Writes what changed. A failure keeps it for the next time. */
  save(): void {
    if (this.#unsaved.size === 0) return;
    const unsaved = this.#unsaved;
    try {
      this.activity.save(unsaved);
      this.#unsaved = new Map();
    } catch (error) {
      this.failed(error);
    }
  }
}
