import type { Connection } from "../outbound/connection.ts";
import type { Clock } from "../ports/clock.ts";
import type { History, StoredEvent } from "../ports/history.ts";
import type { Store } from "../ports/store.ts";
import type { Joining } from "../protocol/context.ts";
import { generationOf, numberOf, startOf } from "../protocol/generation.ts";
import { numbered } from "../protocol/numbered.ts";
import { allOf, isStored, kindOf } from "../protocol/room-name.ts";
import type { Verdict } from "./verdict.ts";

/** Rooms of a kind whose place a client gets that joins all of them. It may resume 100 rooms, its own included. */
const MAX_PLACED = 90;
const NONE: readonly never[] = [];

interface Joiner {
  readonly connection: Connection;
  readonly room: string;
  readonly joining: Joining;
}

/** What a client gets about a room besides its events, with offsets as on the wire: a verdict, or the place of the room. */
export class ResumeFrames {
  constructor(
    private readonly history: History & Pick<Store, "position">,
    private readonly clock: Clock,
  ) {}

  /**
   * Where a room is that a client joins without resuming it, or each of a kind. The client resumes it from there, also
   * when it hears nothing in it. Empty when the client wants no offsets, has the place already, or cannot resume the room.
   */
  placed({ connection, room, joining }: Joiner): readonly string[] {
    const { catchingUp, offsets, protocol, rooms } = connection;
    if (!offsets || joining.muted || rooms.has(room)) return NONE;
    const kind = kindOf(room);
    const places =
      room === allOf(kind)
        ? this.history.lastOffsets(kind, MAX_PLACED)
        : [{ room, last: this.history.span(room).last }];
    const isNew = ({ room: one }: { room: string }) =>
      isStored(protocol, one) && (one === room || !(rooms.has(one) || catchingUp?.has(one)));
    return places.filter(isNew).map(({ room: one, last }) => {
      const body = JSON.stringify({ room: one, offset: this.#numberAt(one, last) });
      return protocol.envelope("placed", body, { time: this.clock.now() });
    });
  }

  /** The frame of a stored event as a client hears it that wants offsets. Nothing is looked up if it follows `before`. */
  numbered(frame: string, event: StoredEvent, before?: StoredEvent): string {
    const { offset, room } = event;
    if (before?.offset === offset - 1) return numbered(frame, room, numberOf(event));
    return numbered(frame, room, numberOf(event), this.history.shownBefore(room, offset));
  }

  verdict({ protocol }: Connection, { room, after, until, ...verdict }: Verdict): string {
    const [from, to] = [this.#numberAt(room, after), this.#numberAt(room, until)];
    const body = JSON.stringify({ room, after: from, until: to, ...verdict });
    return protocol.envelope("resumed", body, { time: this.clock.now() });
  }

  #numberAt(room: string, offset: number): number {
    // Before a backup was ever restored, nothing has to be read.
    const event = generationOf(this.history.position()) === 0 ? undefined : this.history.at(room, offset);
    return event ? numberOf(event) : offset;
  }

  /** Infinite for the number of an event that was lost when a backup was restored. */
  offsetOf(room: string, number: number): number {
    const [generation, now] = [generationOf(number), generationOf(this.history.position())];
    if (now === 0) return number;
    const offset = number - startOf(generation);
    const isGone = offset <= this.history.span(room).gone;
    return isGone || this.#numberAt(room, offset) === number ? offset : Number.POSITIVE_INFINITY;
  }
}
