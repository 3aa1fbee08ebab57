import { Throttle } from "../../core/outbound/throttle.ts";
import type { Clock } from "../../core/ports/clock.ts";
import type { Status } from "./schema.ts";

/** The shortest time between two status updates for those who watch a stream. */
const STATUS_MS = 1_000;

/**
 * Shows the status of streams to those who watch: on change, at most once a second, and always the last
 * status.
 */
export class StatusBoard {
  /** The last status that each watched stream has shown. */
  readonly #shown = new Map<string, string>();
  readonly #pace: Throttle;
  /** The stream that a client enters again right now. */
  #entered: string | undefined;

  constructor(
    clock: Clock,
    private readonly statusOf: (room: string) => Status,
    tell: (room: string, status: Status) => void,
  ) {
    this.#pace = new Throttle(clock, STATUS_MS, (room) => this.#show(room, (status) => tell(room, status)));
  }

  /** A connection has joined and has got the current status. */
  joined(room: string, tellOthers: (status: Status) => void): void {
    // Nobody else is there who would have to be told.
    if (!this.#shown.has(room)) this.#shown.set(room, JSON.stringify(this.statusOf(room)));
    this.#pace.touch(room, () => this.#show(room, tellOthers));
    // The others are told later. If it has passed by then, only the one who has joined must hear of that.
    if (this.#change(room)) this.#shown.set(room, "");
  }

  /** A client of the stream enters it again: what changes while it does is shown when it has joined. */
  entersAgain(room: string, enter: () => void): void {
    this.#entered = room;
    try {
      enter();
    } finally {
      this.#entered = undefined;
    }
  }

  /** The status may have changed. `tell` sends it to those who do not have it yet, if it is sent at once. */
  update(room: string, tell?: (status: Status) => void): void {
    if (room !== this.#entered && this.#change(room))
      this.#pace.touch(room, tell && (() => this.#show(room, tell)));
  }

  emptied(room: string): void {
    this.#shown.delete(room);
  }

  stop(): void {
    this.#shown.clear();
  }

  #show(room: string, tell: (status: Status) => void): void {
    const change = this.#change(room);
    if (!change) return;
    this.#shown.set(room, change.text);
    tell(change.status);
  }

  #change(room: string): { status: Status; text: string } | undefined {
    const shown = this.#shown.get(room);
    if (shown === undefined) return undefined;
    const status = this.statusOf(room);
    const text = JSON.stringify(status);
    return text === shown ? undefined : { status, text };
  }
}
