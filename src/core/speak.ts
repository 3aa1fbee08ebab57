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
  /** The frame that confirms it, in the place of what is published: that goes to the others. */
  readonly answer?: ((event: StoredEvent | undefined) => string) | undefined;
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
    if (outcome.is === "refused") {
      if (!waiting.quiet) waiting.connection?.refuse(outcome.refusal, waiting.ref);
      waiting.refused?.(outcome.refusal);
    } else if (outcome.is === "repeated") {
      if (protocol && !waiting.quiet) confirmRepeat(protocol, waiting, outcome.event);
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
    { answer, connection, quiet }: Waiting,
    { confirm, events, publish }: Extract<Outcome, { is: "applied" }>,
  ): void {
    const others = confirm !== undefined || answer !== undefined || quiet === true;
    const say = (frame: string, room = entry.room) => this.#publish(frame, room, connection, others);
    // What a backend posts nobody may hear.
    if (connection || this.rooms.isHeard(entry.room)) {
      for (const event of events) if (!event.silent) say(protocol.envelope(event.kind, event.body, event));
    }
    if (publish) say(protocol.envelope(publish.kind, JSON.stringify(publish.data), entry), publish.room);
    if (!connection || quiet) return;
    if (answer) connection.send(answer(events[0]));
    else if (confirm) connection.send(protocol.envelope(confirm.kind, JSON.stringify(confirm.data), entry));
  }

  /** To the room; to the sender too, even if not in it, unless something else confirms it to him. */
  #publish(frame: string, room: string, sender: Connection | undefined, others: boolean): void {
    this.rooms.publish(room, frame, others ? sender : undefined);
    if (sender && !others && !sender.rooms.has(room)) sender.send(frame);
  }
}

function confirmRepeat(protocol: AnyProtocol, { answer, connection }: Waiting, event: StoredEvent): void {
  const other = protocol.confirmRepeat?.(event);
  const frame =
    answer?.(event) ??
    (other
      ? protocol.envelope(other.kind, JSON.stringify(other.data), event)
      : protocol.envelope(event.kind, event.body, event));
  connection?.send(frame);
}
