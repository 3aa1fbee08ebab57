import type { Outcome } from "./apply.ts";
import type { Connection } from "./connection.ts";
import type { StoredEvent } from "./history.ts";
import type { Entry } from "./log.ts";
import type { AnyProtocol } from "./protocol.ts";
import type { Refusal } from "./refusal.ts";
import type { Rooms } from "./rooms.ts";

/** What a recorded entry came to, once it is committed and no repeat. */
export type Applied = (events: readonly StoredEvent[]) => void;

/** Who waits for the result of an entry. */
export interface Waiting {
  readonly connection?: Connection;
  readonly ref?: string | undefined;
  /** Which of the connection's messages asked for it; none did when this is missing. */
  readonly message?: number | undefined;
  readonly applied?: Applied | undefined;
  /** The connection hears nothing of it. */
  readonly quiet?: boolean | undefined;
  /** For an entry of no connection's, or a commit that failed. */
  readonly refused?: (refusal: Refusal) => void;
  readonly repeated?: () => void;
}

/** Lets an entry that was applied and committed be heard: published, confirmed or refused. */
export class Speaker {
  constructor(
    private readonly rooms: Rooms,
    private readonly protocols: ReadonlyMap<string, AnyProtocol>,
  ) {}

  speak(entry: Entry, waiting: Waiting, outcome: Outcome): void {
    const protocol = this.protocols.get(entry.protocol);
    const { connection, quiet, ref } = waiting;
    if (outcome.is === "refused") {
      if (!quiet) connection?.refuse(outcome.refusal, ref);
      waiting.refused?.(outcome.refusal);
    } else if (outcome.is === "repeated") {
      const { event } = outcome;
      if (protocol && connection && !quiet) {
        connection.send(protocol.confirm?.(event, ref) ?? protocol.envelope(event.kind, event.body, event));
      }
      waiting.repeated?.();
    } else {
      if (protocol) this.#tell(protocol, entry, waiting, outcome);
      waiting.applied?.(outcome.events);
      for (const event of outcome.events) protocol?.stored?.(event);
    }
  }

  #tell(
    protocol: AnyProtocol,
    entry: Entry,
    { connection, quiet, ref }: Waiting,
    { confirm, events, publish }: Extract<Outcome, { is: "applied" }>,
  ): void {
    // Of what was committed, before anything of it is heard.
    const last =
      events.at(-1) ?? (confirm && { ...entry, kind: confirm.kind, body: JSON.stringify(confirm.data) });
    const confirmation = connection && last && !quiet ? protocol.confirm?.(last, ref) : undefined;
    const others = confirmation !== undefined || quiet === true;
    // What a backend posts nobody may hear.
    if (connection || this.rooms.isHeard(entry.room)) {
      for (const event of events) {
        if (event.silent) continue;
        this.#publish(protocol.envelope(event.kind, event.body, event), entry.room, connection, others);
      }
    }
    if (publish) {
      const frame = protocol.envelope(publish.kind, JSON.stringify(publish.data), entry);
      this.#publish(frame, publish.room ?? entry.room, connection, others);
    }
    if (confirmation !== undefined) connection?.send(confirmation);
  }

  /** To the room; to the sender too, even if not in it, unless something else confirms it to him. */
  #publish(frame: string, room: string, sender: Connection | undefined, others: boolean): void {
    this.rooms.publish(room, frame, others ? sender : undefined);
    if (sender && !others && !sender.rooms.has(room)) sender.send(frame);
  }
}
