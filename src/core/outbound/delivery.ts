import type { History, StoredEvent } from "../ports/history.ts";
import type { Entry } from "../protocol/entry.ts";
import { numberOf } from "../protocol/generation.ts";
import { numbered } from "../protocol/numbered.ts";
import type { AnyProtocol } from "../protocol/protocol.ts";
import type { Outcome } from "../protocol/reducer.ts";
import type { Settled } from "../protocol/system-sender.ts";
import type { Connection } from "./connection.ts";
import type { Rooms } from "./rooms.ts";

/** A request of a backend, which waits for a log of several nodes for a limited time. */
export interface Asked {
  /** It was told to come again: what of it is not on its way to the log yet need not be stored. */
  readonly isGivenUp: boolean;
}

/** Who gets the result of an entry, and how. */
export interface Completion extends Settled {
  readonly connection?: Connection;
  /** Where it is no connection that asks: the room that hears in order. */
  readonly room?: string;
  readonly ref?: string | undefined;
  /** Which of the connection's messages asked for it; none did when this is missing. */
  readonly message?: number | undefined;
  /** The connection hears nothing of it. */
  readonly quiet?: boolean | undefined;
  readonly repeated?: () => void;
  readonly asked?: Asked | undefined;
}

/** The number of rooms that are kept in memory; others are read from the history. */
const MAX_SHOWN = 10_000;

/** Publishes, confirms or refuses an entry once it is applied and committed. */
export class Delivery {
  /** Rooms whose last event is known to have been shown, with its number on the wire and that of the one before. */
  readonly #shown = new Map<string, readonly [number: number, before: number]>();
  /** The last event that a message made besides the one that confirms it, of a sender who wants offsets. */
  #quiet: (Pick<Completion, "connection" | "message"> & { readonly event: StoredEvent }) | undefined;

  constructor(
    private readonly rooms: Rooms,
    private readonly protocols: ReadonlyMap<string, AnyProtocol>,
    private readonly history: Pick<History, "shownBefore">,
    /** An entry was applied that makes no event: what follows from it besides its rows, on every node. */
    private readonly applied: (entry: Entry) => void = () => {},
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
        const frame = protocol.confirm?.(event, ref) ?? protocol.envelope(event.kind, event.body, event);
        connection.send(this.#forSender(connection, event, frame));
      }
      completion.repeated?.();
    } else {
      const isConfirmed = protocol ? this.#tell(protocol, entry, completion, outcome) : false;
      completion.applied?.(outcome.events);
      for (const event of outcome.events) protocol?.onStored?.(event);
      const last = outcome.events.at(-1);
      // It is not sent again among the missed events, also of a room that the event itself has brought the sender into.
      if (isConfirmed && last) connection?.catchingUp?.get(last.room)?.add(last.offset);
      if (outcome.events.length === 0) this.applied(entry);
    }
  }

  /** Whether the sender has a confirmation instead of the events. */
  #tell(
    protocol: AnyProtocol,
    entry: Entry,
    { connection, message, quiet, ref }: Completion,
    { confirm, events, publish }: Extract<Outcome, { is: "applied" }>,
  ): boolean {
    // Of what was committed, before anything of it is heard.
    const last =
      events.at(-1) ?? (confirm && { ...entry, kind: confirm.kind, body: JSON.stringify(confirm.data) });
    const confirmation = connection && last && !quiet ? protocol.confirm?.(last, ref) : undefined;
    const others = confirmation !== undefined || quiet === true;
    // What a backend posts nobody may hear.
    if (connection || this.rooms.isHeard(entry.room)) {
      for (const event of events) {
        if (event.silent) continue;
        const frame = protocol.envelope(event.kind, event.body, event);
        this.#publish(frame, entry.room, connection, others, event);
      }
    }
    if (publish) {
      const frame = protocol.envelope(publish.kind, JSON.stringify(publish.data), entry);
      const made = events.at(-1);
      // An event that is shown where it is stored has its number there: those who hear this have not resumed that room.
      const stored = made?.silent && made.kind === publish.kind ? made : undefined;
      this.#publish(frame, publish.room ?? entry.room, connection, others, stored);
    }
    const event = events.at(-1);
    if (quiet && connection?.offsets && event) this.#quiet = { connection, message, event };
    if (confirmation === undefined || !connection) return others;
    // Where the message is stored in a room that its sender hears, and confirmed by another, that one numbers it.
    const own =
      event && connection.rooms.has(event.room) ? event : (this.#quietOf(connection, message) ?? event);
    const first = own === event ? events[0] : own;
    connection.send(own ? this.#forSender(connection, own, confirmation, first) : confirmation);
    return others;
  }

  #quietOf(connection: Connection, message: number | undefined): StoredEvent | undefined {
    const quiet = this.#quiet;
    return quiet?.connection === connection && quiet.message === message ? quiet.event : undefined;
  }

  /** To the room; to the sender too, even if not in it, unless something else confirms it to him. */
  #publish(
    frame: string,
    room: string,
    sender: Connection | undefined,
    others: boolean,
    event: StoredEvent | undefined,
  ): void {
    const isNumbered = event !== undefined && this.rooms.wantsOffsets(room);
    this.rooms.publish(
      room,
      frame,
      others ? sender : undefined,
      isNumbered ? this.#numbered(event, frame) : frame,
    );
    // While it catches up, the event comes in its place.
    if (sender && !others && !sender.rooms.has(room) && !sender.catchingUp?.has(room)) sender.send(frame);
  }

  /** A number means that everything before it was sent, so it is only for members. */
  #forSender(sender: Connection, event: StoredEvent, frame: string, first = event): string {
    if (!sender.offsets || !sender.rooms.has(event.room)) return frame;
    // A batch holds them, and with a repeat also the message itself.
    sender.diversion?.flush();
    return this.#numbered(event, frame, first);
  }

  /** `first`: of the events that the frame stands for, of which `event` is the last. */
  #numbered(
    event: StoredEvent & { readonly silent?: boolean },
    frame: string,
    first: StoredEvent = event,
  ): string {
    const { room, silent = false } = event;
    const number = numberOf(event);
    const [last, previous] = (first === event && this.#shown.get(room)) || [];
    const known = last === number ? previous : last === number - 1 ? last : undefined;
    const before = known ?? this.history.shownBefore(room, first.offset);
    if (this.#shown.size >= MAX_SHOWN) this.#shown.clear();
    // The room that it is stored in was shown nothing: another hears it.
    if (!silent) this.#shown.set(room, [number, before]);
    return numbered(frame, room, number, before);
  }
}
