import type { Connection } from "../outbound/connection.ts";
import { Delivery } from "../outbound/delivery.ts";
import type { Rooms } from "../outbound/rooms.ts";
import type { History } from "../ports/history.ts";
import type { Entry } from "../protocol/entry.ts";
import type { AnyProtocol } from "../protocol/protocol.ts";
import type { Outcome } from "../protocol/reducer.ts";
import { Refusal } from "../protocol/refusal.ts";
import type { Step } from "./step.ts";

export interface CompletionParts {
  readonly rooms: Rooms;
  readonly protocols: ReadonlyMap<string, AnyProtocol>;
  readonly store: Pick<History, "shownBefore">;
  readonly report: (error: unknown, context: Record<string, unknown>) => void;
  /** An entry was applied and committed that makes no event, whichever node took it. */
  readonly applied?: ((entry: Entry) => void) | undefined;
  /** The turn is over, and nobody is in this room. */
  readonly emptied: (room: string) => void;
}

/** Ends the steps of a turn, in order: each takes effect and is delivered, or is refused. */
export class Completions {
  /** Rooms that somebody has left or asked to join since they were last settled. */
  #unsettled = new Set<string>();
  readonly #delivery: Delivery;

  constructor(private readonly parts: CompletionParts) {
    this.#delivery = new Delivery(parts.rooms, parts.protocols, parts.store, parts.applied);
  }

  /** After the turn, tells the room's protocol if the room is empty then. */
  left(room: string): void {
    this.#unsettled.add(room);
  }

  takeSnapshot({ snapshot, completion }: Step): void {
    try {
      snapshot?.();
    } catch (error) {
      // One fault in reading must not cost the turn its commit.
      this.parts.report(error, { where: "snapshot" });
      completion?.connection?.refuse(new Refusal("internal"), completion.ref);
    }
  }

  finish(steps: readonly Step[], outcomes: readonly Outcome[]): void {
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
    this.settle();
  }

  /**
   * A greeting may register its connection for what happens in the room before an earlier step of the turn leaves the
   * room. So rooms are asked about when all steps have run: a room that was left and joined again never was empty.
   */
  settle(): void {
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

  /** Refuses each message once. Steps that no message asked for still take effect. */
  refuse(steps: readonly Step[], refusal: Refusal): void {
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
    for (const step of rest) this.takeSnapshot(step);
    this.finish(rest, []);
  }
}
