import type { Connection } from "../outbound/connection.ts";
import type { Completion } from "../outbound/delivery.ts";
import { Delivery } from "../outbound/delivery.ts";
import type { Rooms } from "../outbound/rooms.ts";
import type { Clock } from "../ports/clock.ts";
import type { Store } from "../ports/store.ts";
import { StoreUnavailable } from "../ports/store.ts";
import type { Entry } from "../protocol/entry.ts";
import type { AnyProtocol } from "../protocol/protocol.ts";
import type { Outcome } from "../protocol/reducer.ts";
import { Refusal } from "../protocol/refusal.ts";
import type { Applier } from "./apply.ts";
import type { Batch, Log } from "./log.ts";
import type { StoreHealth } from "./store-health.ts";
import type { TurnTimes } from "./turn-times.ts";

interface Step {
  readonly entry?: Entry;
  readonly completion?: Completion;
  readonly effect?: () => void;
  readonly snapshot?: (() => void) | undefined;
}

/** A turn that has grown to this ends at once, which bounds a transaction and a burst of writes. */
const MAX_STEPS = 1_024;
const BUSY_RETRY_MS = 1_000;
const busy = () => new Refusal("busy", "busy", { retryAfter: BUSY_RETRY_MS });

/** Where handlers leave what they want done. */
export interface TurnQueue {
  /** Returns the id of the entry. */
  record(entry: Omit<Entry, "v" | "id" | "time">, completion: Completion): string;
  /** So many entries that are recorded now fall into one turn. */
  reserve(entries: number): void;
  /**
   * Runs in its place among the turn's publishes, after the commit; when that fails, not at all. `snapshot` runs
   * before the commit, when the entries before this place have been applied and those after it have not; and again
   * when the commit fails and the effect runs all the same, because no message asked for it.
   */
  after(effect: () => void, completion?: Completion, snapshot?: () => void): void;
  /** Once the turn is over, the room's protocol is told if nobody is in the room then. */
  settle(room: string): void;
}

export interface TurnParts {
  readonly clock: Clock;
  readonly newId: () => string;
  readonly log: () => Log;
  readonly store: Store;
  readonly applier: Applier;
  readonly rooms: Rooms;
  readonly health: StoreHealth;
  readonly times: TurnTimes;
  readonly protocols: ReadonlyMap<string, AnyProtocol>;
  readonly report: (error: unknown, context: Record<string, unknown>) => void;
  /** Entries were committed, and their frames are out: called once a turn. */
  readonly committed?: (() => void) | undefined;
  /** An entry was applied and committed that makes no event, whichever node took it. */
  readonly applied?: ((entry: Entry) => void) | undefined;
  /** The turn is over, and nobody is in this room. */
  readonly emptied: (room: string) => void;
}

/**
 * A turn is a transaction: everything that was handled in a turn or two of the event loop is applied in one
 * commit, and only after it do publishes, effects and confirmations go out, in the order of the messages.
 * When the commit fails nothing goes out and every sender is told.
 */
export class Turns implements TurnQueue {
  #steps: Step[] = [];
  #scheduled = false;
  #ending = false;
  #batches = 0;
  readonly #inFlight = new Map<number, Step[]>();
  /** Rooms that somebody has left or asked to join since they were last settled. */
  #unsettled = new Set<string>();
  readonly #delivery: Delivery;

  constructor(private readonly parts: TurnParts) {
    this.#delivery = new Delivery(parts.rooms, parts.protocols, parts.store, parts.applied);
  }

  record(entry: Omit<Entry, "v" | "id" | "time">, completion: Completion): string {
    const { protocol, room, kind, sender, clientId, body } = entry;
    const time = this.parts.clock.now();
    const id = this.parts.newId();
    this.#push({
      entry: { v: 1, id, time, protocol, room, kind, sender, clientId, body },
      completion,
    });
    return id;
  }

  reserve(entries: number): void {
    if (this.#steps.length + entries > MAX_STEPS) this.end();
  }

  after(effect: () => void, completion: Completion = {}, snapshot?: () => void): void {
    this.#push({ effect, completion, snapshot });
  }

  settle(room: string): void {
    this.#unsettled.add(room);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(this.#gathered);
  }

  #push(step: Step): void {
    this.#steps.push(step);
    if (this.#steps.length === 1) this.parts.times.began();
    this.#schedule();
    if (this.#steps.length >= MAX_STEPS && !this.#ending) this.end();
  }

  /** Where messages come together more are on their way, and the commit costs the same for all of them. */
  readonly #gathered = (): void => {
    if (this.#steps.length > 1) setImmediate(this.end);
    else this.end();
  };

  /** Ends the turn now. What its effects ask for falls into the next one. */
  end = (): void => {
    this.#scheduled = false;
    const steps = this.#steps;
    if (steps.length === 0) {
      this.#settle();
      return;
    }
    this.#steps = [];
    this.#ending = true;
    this.parts.times.ended();
    this.#append(steps);
    this.#ending = false;
    this.parts.times.delivered();
  };

  #append(steps: Step[]): void {
    const entries: Entry[] = [];
    for (const step of steps) if (step.entry) entries.push(step.entry);
    if (entries.length === 0) {
      for (const step of steps) this.#takeSnapshot(step);
      this.#finish(steps, []);
      return;
    }
    const batch: Batch = { id: ++this.#batches, entries };
    this.#inFlight.set(batch.id, steps);
    if (this.parts.log().append(batch)) return;
    this.#inFlight.delete(batch.id);
    this.#refuse(steps, busy());
  }

  /** The log's consumer: applies a batch, commits it with its position, then lets the turn speak. */
  apply = (position: number, batch: Batch): void => {
    const steps = this.#inFlight.get(batch.id) ?? [];
    this.#inFlight.delete(batch.id);
    let outcomes: Outcome[];
    try {
      outcomes = this.parts.store.transaction(() => {
        const applied: Outcome[] = [];
        const applyNext = () => {
          const index = applied.length;
          applied.push(this.parts.applier.apply(position + index, batch.entries[index]!));
        };
        for (const step of steps) {
          if (step.entry) applyNext();
          else this.#takeSnapshot(step);
        }
        // All of them, when the batch came from elsewhere.
        while (applied.length < batch.entries.length) applyNext();
        this.parts.store.savePosition(position + batch.entries.length - 1);
        return applied;
      });
    } catch (error) {
      this.parts.health.failed(error);
      if (error instanceof StoreUnavailable) {
        // Nothing was applied, and the operator has been told once.
        this.#refuse(steps, error.passes ? busy() : new Refusal("internal"));
        return;
      }
      this.parts.applier.forget();
      this.parts.report(error, { where: "commit", entries: batch.entries.length });
      this.#refuse(steps, new Refusal("internal"));
      return;
    }
    this.parts.health.committed();
    this.parts.times.committed(batch.entries.length);
    this.#finish(steps, outcomes);
    this.parts.committed?.();
    for (const { room } of batch.entries) if (!this.parts.rooms.has(room)) this.parts.applier.idle(room);
  };

  #takeSnapshot({ snapshot, completion }: Step): void {
    try {
      snapshot?.();
    } catch (error) {
      // One fault in reading must not cost the turn its commit.
      this.parts.report(error, { where: "snapshot" });
      completion?.connection?.refuse(new Refusal("internal"), completion.ref);
    }
  }

  #finish(steps: readonly Step[], outcomes: readonly Outcome[]): void {
    let applied = 0;
    for (const step of steps) {
      try {
        if (step.entry) this.#delivery.deliver(step.entry, step.completion ?? {}, outcomes[applied++]!);
        else step.effect?.();
      } catch (error) {
        // One fault must not cost the rest of the turn its confirmations.
        this.parts.report(error, { where: "turn", kind: step.entry?.kind });
      }
    }
    this.#settle();
  }

  /**
   * A greeting may register its connection for what happens in the room before an earlier step of the turn leaves the
   * room. So rooms are asked about when all steps have run: a room that was left and joined again never was empty.
   */
  #settle(): void {
    if (this.#unsettled.size === 0) return;
    const rooms = this.#unsettled;
    this.#unsettled = new Set();
    for (const room of rooms) {
      try {
        if (!this.parts.rooms.has(room)) this.parts.emptied(room);
      } catch (error) {
        this.parts.report(error, { where: "emptied" });
      }
    }
  }

  /** Each message is refused once, whatever it asked for. What no message asked for still takes effect. */
  #refuse(steps: readonly Step[], refusal: Refusal): void {
    const told = new Map<Connection, Set<number>>();
    const rest: Step[] = [];
    // The last first: each takes back a change of what the one before it has left.
    for (let at = steps.length - 1; at >= 0; at--) steps[at]?.completion?.refused?.(refusal);
    for (const step of steps) {
      const { connection, ref, message } = step.completion ?? {};
      if (message === undefined && !step.entry) rest.push(step);
      if (message === undefined) {
        if (step.entry) connection?.refuse(refusal, ref);
      } else if (connection) {
        const messages = told.get(connection) ?? new Set();
        told.set(connection, messages);
        if (!messages.has(message)) connection.refuse(refusal, ref);
        messages.add(message);
      }
    }
    // What they saw is undone.
    for (const step of rest) this.#takeSnapshot(step);
    this.#finish(rest, []);
  }
}
