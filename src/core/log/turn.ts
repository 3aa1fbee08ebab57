import type { Completion } from "../outbound/delivery.ts";
import type { Rooms } from "../outbound/rooms.ts";
import type { Clock } from "../ports/clock.ts";
import type { Store } from "../ports/store.ts";
import { StoreUnavailable } from "../ports/store.ts";
import type { Entry } from "../protocol/entry.ts";
import type { Outcome } from "../protocol/reducer.ts";
import { Refusal } from "../protocol/refusal.ts";
import type { Applier } from "./apply.ts";
import { type CompletionParts, Completions } from "./completions.ts";
import { busy, Lanes } from "./lanes.ts";
import type { Batch, Log } from "./log.ts";
import { areOfOneMessage } from "./parts.ts";
import type { Step } from "./step.ts";
import type { StoreHealth } from "./store-health.ts";
import type { TurnQueue } from "./turn-queue.ts";
import type { TurnTimes } from "./turn-times.ts";

/**
 * A turn that has grown to this ends before the next message, which bounds a transaction and a burst of writes. What one
 * message asks for is in one turn: part of it cannot be refused where the rest is stored.
 */
const MAX_STEPS = 1_024;

export interface TurnParts extends CompletionParts {
  readonly clock: Clock;
  readonly newId: () => string;
  readonly log: () => Log;
  readonly store: Store;
  readonly applier: Applier;
  readonly rooms: Rooms;
  readonly health: StoreHealth;
  readonly times: TurnTimes;
  /** Entries were committed, and their frames are out: called once a turn. */
  readonly committed?: (() => void) | undefined;
  /** A commit failed: what was read within its transaction may never have happened. */
  readonly rolledBack: () => void;
}

/**
 * A turn is a transaction: everything that was handled in a turn or two of the event loop is applied in one
 * commit, and only after it do publishes, effects and confirmations go out, in the order of the messages.
 * When the commit fails nothing goes out and every sender gets an error.
 */
export class Turns implements TurnQueue {
  #steps: Step[] = [];
  #scheduled = false;
  #ending = false;
  /** The batch that is on its way, the steps that wait for it, and when the first of their turns began. */
  #inFlight: { readonly id: string; readonly steps: readonly Step[]; readonly began: number } | undefined;
  /** While the log is shared. */
  readonly #lanes = new Lanes();
  /** Whether clients can hear what is applied: not yet while the server starts. */
  #delivers = true;
  /** The position of the last batch that could not be committed. */
  #reportedAt: number | undefined;
  readonly #completions: Completions;

  constructor(private readonly parts: TurnParts) {
    this.#completions = new Completions(parts);
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
    // A turn that others share could grow beyond what fits into a batch of a shared log.
    if (this.#steps.length + entries > MAX_STEPS || this.parts.log().shared) this.end();
  }

  after(effect: () => void, completion: Completion = {}, snapshot?: () => void): void {
    this.#push({ effect, completion, snapshot });
  }

  settle(room: string): void {
    this.#completions.left(room);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(this.#gathered);
  }

  #push(step: Step): void {
    const isFull = this.#steps.length >= MAX_STEPS && !this.#ending;
    if (isFull && !areOfOneMessage(step, this.#steps.at(-1))) this.end();
    this.#steps.push(step);
    if (this.#steps.length === 1) this.parts.times.began();
    this.#schedule();
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
      this.#completions.settle();
      return;
    }
    this.#steps = [];
    this.#ending = true;
    const began = this.parts.times.ended();
    const waits = this.parts.log().shared ? this.#appendShared(steps, began) : this.#append(steps, began);
    this.#ending = false;
    if (!waits) this.parts.times.delivered(began);
  };

  /** Returns whether some of it waits for the log. */
  #append(steps: readonly Step[], began: number): boolean {
    const entries: Entry[] = [];
    for (const step of steps) if (step.entry) entries.push(step.entry);
    if (entries.length === 0) {
      for (const step of steps) this.#completions.takeSnapshot(step);
      this.#completions.finish(steps, []);
    } else this.#send(steps, entries, began);
    return false;
  }

  #send(steps: readonly Step[], entries: readonly Entry[], began: number): void {
    const batch: Batch = { id: this.parts.newId(), entries };
    this.#inFlight = { id: batch.id, steps, began };
    this.parts.log().append(batch);
  }

  /** Delivers everything at once that does not wait for the log, and the rest when it is applied. */
  #appendShared(steps: readonly Step[], began: number): boolean {
    const { free, held } = this.#lanes.divide(steps);
    for (const step of free) this.#completions.takeSnapshot(step);
    this.#completions.finish(free, []);
    if (held.length > 0)
      for (const { steps, refusal } of this.#lanes.add(held, began, this.parts.clock.monotonic()))
        this.#completions.refuse(steps, refusal);
    this.#sendNext();
    return held.length > 0;
  }

  #sendNext(): void {
    while (!this.#inFlight) {
      const next = this.#lanes.take(this.parts.clock.monotonic());
      if (!next) return;
      if (next.refusal) this.#completions.refuse(next.steps, next.refusal);
      else
        this.#send(
          next.steps,
          next.steps.flatMap(({ entry }) => entry ?? []),
          next.began,
        );
    }
  }

  /** Delivers nothing of what is applied until `startDelivery`: the server does not listen yet. */
  mute(): void {
    this.#delivers = false;
  }

  startDelivery(): void {
    this.#delivers = true;
  }

  /** Nothing that was recorded waits to be applied. */
  get isDrained(): boolean {
    return this.#steps.length === 0 && !this.#inFlight && this.#lanes.isEmpty;
  }

  /** Steps that wait for the log, and how many messages were refused because too much did. */
  get waiting(): { readonly steps: number; readonly refused: number } {
    return this.#lanes.waiting;
  }

  /** The log's consumer: applies a batch, commits it with its position, then tells clients, whichever node took it. */
  apply = (position: number, batch: Batch): boolean => {
    const own = this.#inFlight?.id === batch.id ? this.#inFlight : undefined;
    const steps: readonly Step[] = own?.steps ?? batch.entries.map((entry) => ({ entry }));
    const { shared } = this.parts.log();
    this.parts.times.applying();
    if (own && !shared) this.#inFlight = undefined;
    let outcomes: Outcome[];
    try {
      outcomes = this.parts.store.transaction(() => {
        const applied: Outcome[] = [];
        for (const step of steps) {
          if (step.entry) applied.push(this.parts.applier.apply(position, batch.entries[applied.length]!));
          else this.#completions.takeSnapshot(step);
        }
        this.parts.store.savePosition(position);
        return applied;
      });
    } catch (error) {
      this.parts.health.failed(error);
      if (shared) {
        // It is in the log, so to refuse it would be a lie, and to go on without it another history.
        this.parts.rolledBack();
        // It is tried again every 100 ms: a disk that is full for an hour is reported once.
        if (!(error instanceof StoreUnavailable) && this.#reportedAt !== position)
          this.parts.report(error, { where: "commit" });
        this.#reportedAt = position;
        return false;
      }
      if (error instanceof StoreUnavailable) {
        // Nothing was applied, and the log has the error.
        this.#completions.refuse(steps, error.passes ? busy() : new Refusal("internal"));
        return true;
      }
      this.parts.rolledBack();
      this.parts.report(error, { where: "commit", entries: batch.entries.length });
      this.#completions.refuse(steps, new Refusal("internal"));
      return true;
    }
    this.parts.health.committed();
    this.parts.times.committed(batch.entries.length);
    if (this.#delivers) this.#completions.finish(steps, outcomes);
    // Not before: a full turn may end meanwhile, and what waits would be answered before the rest of this.
    if (own && shared) {
      this.#inFlight = undefined;
      this.#lanes.applied(steps);
      this.parts.times.delivered(own.began);
    }
    this.parts.committed?.();
    for (const { room } of batch.entries) if (!this.parts.rooms.has(room)) this.parts.applier.idle(room);
    if (shared) this.#sendNext();
    return true;
  };

  /** The log will never take this batch: its senders get an error. */
  refused = (id: string, refusal: Refusal): void => {
    if (this.#inFlight?.id !== id) return;
    const { steps } = this.#inFlight;
    this.#completions.refuse(steps, refusal);
    this.#inFlight = undefined;
    this.#lanes.applied(steps);
    this.#sendNext();
  };
}
