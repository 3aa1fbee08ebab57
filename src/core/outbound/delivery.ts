import type { Entry } from "../protocol/entry.ts";
import type { AnyProtocol } from "../protocol/protocol.ts";
import type { Outcome } from "../protocol/reducer.ts";
import type { Settled } from "../protocol/system-sender.ts";
import type { Connection } from "./connection.ts";
import type { Rooms } from "./rooms.ts";

/** Who is told when an entry is settled, and how. */
export interface Completion extends Settled {
  readonly connection?: Connection;
  readonly ref?: string | undefined;
  /** Which of the connection's messages asked for it; none did when this is missing. */
  readonly message?: number | undefined;
  /** The connection hears nothing of it. */
  readonly quiet?: boolean | undefined;
  readonly repeated?: () => void;
}

/** Publishes, confirms or refuses an entry once it is applied and committed. */
export class Delivery {
  constructor(
    private readonly rooms: Rooms,
    private readonly protocols: ReadonlyMap<string, AnyProtocol>,
  ) {}

  deliver(entry: Entry, completion: Completion, outcome: Outcome): void {
    const protocol = this.protocols.get(entry.protocol);
    const { connection, quiet, ref } = completion;
    if (outcome.is === "refused") {
      if (!quiet) connection?.refuse(outcome.refusal, ref);
      completion.refused?.(outcome.refusal);
    } else if (outcome.is === "repeated") {
      const { event } = outcome;
      if (protocol && connection && !quiet) {
        connection.send(protocol.confirm?.(event, ref) ?? protocol.envelope(event.kind, event.body, event));
      }
      completion.repeated?.();
    } else {
      if (protocol) this.#tell(protocol, entry, completion, outcome);
      completion.applied?.(outcome.events);
      for (const event of outcome.events) protocol?.onStored?.(event);
    }
  }

  #tell(
    protocol: AnyProtocol,
    entry: Entry,
    { connection, quiet, ref }: Completion,
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
