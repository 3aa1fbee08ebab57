import { Buffer } from "node:buffer";
import type { Clock } from "../ports/clock.ts";
import type { History, StoredEvent } from "../ports/history.ts";
import { numberOf } from "../protocol/generation.ts";
import { numbered } from "../protocol/numbered.ts";
import type { AnyProtocol } from "../protocol/protocol.ts";

/** Offsets that one page covers at most. Other connections are served between two pages. */
const PAGE = 64;
/** Missed events that are sent in one turn of the event loop, to all connections together. */
const FRAMES_A_TURN = 1_024;
/** How long a page is shared by those who ask for the same, and how many pages are. */
const SHARED_MS = 200;
const MAX_SHARED = 256;

export interface MissedFrame {
  /** The stored event in it; undefined for a greeting or a verdict. */
  readonly event?: Pick<StoredEvent, "room" | "offset">;
  readonly frame: string;
}

export interface MissedPage {
  readonly frames: readonly MissedFrame[];
  /** Everything up to this offset is in this page or before it. */
  readonly until: number;
}

/** What a page is made for. */
export interface Reader {
  readonly protocol: AnyProtocol;
  /** Its frames carry their room and offset. */
  readonly offsets: boolean;
}

/**
 * Pages of missed events, encoded once for all connections that ask for the same. When a crowd comes back at once,
 * they bound what one turn of the event loop spends on it.
 */
export class MissedPages {
  readonly #shared = new Map<string, MissedPage>();
  #left = FRAMES_A_TURN;

  constructor(
    private readonly history: History,
    clock: Clock,
    /** A page ends with the event that reaches this size. */
    private readonly maxBytes: number,
  ) {
    clock.every(SHARED_MS, this.forget);
  }

  readonly forget = (): void => this.#shared.clear();

  /** The next page after an offset; undefined when this turn has sent enough. `last` is the room's last offset. */
  take(reader: Reader, room: string, after: number, last: number): MissedPage | undefined {
    if (!this.#hasBudget()) return undefined;
    const key = `${reader.offsets ? "" : "plain "}${room} ${after}`;
    const page = this.#shared.get(key) ?? this.#read(reader, room, after, last);
    if (this.#shared.size < MAX_SHARED) this.#shared.set(key, page);
    this.#left -= page.frames.length + 1;
    return page;
  }

  /** The first of these events that `isOwed` names, for one reader; how many of them are dealt with. */
  takeOwed(
    reader: Reader,
    room: string,
    offsets: readonly number[],
    isOwed: (offset: number) => boolean,
  ): { readonly frames: MissedFrame[]; readonly done: number } | undefined {
    if (!this.#hasBudget()) return undefined;
    const frames: MissedFrame[] = [];
    let [done, bytes] = [0, 0];
    while (done < offsets.length && done < PAGE && bytes < this.maxBytes) {
      const offset = offsets[done++]!;
      // It may have been read on another connection since, or be past its retention.
      const event = isOwed(offset) ? this.history.at(room, offset) : undefined;
      if (!event) continue;
      const plain = reader.protocol.envelope(event.kind, event.body, event);
      frames.push({ event, frame: reader.offsets ? numbered(plain, room, numberOf(event)) : plain });
      bytes += Buffer.byteLength(plain);
    }
    this.#left -= frames.length + 1;
    return { frames, done };
  }

  #hasBudget(): boolean {
    if (this.#left === FRAMES_A_TURN) setImmediate(this.#refill);
    return this.#left > 0;
  }

  readonly #refill = (): void => {
    this.#left = FRAMES_A_TURN;
  };

  #read({ protocol, offsets }: Reader, room: string, after: number, last: number): MissedPage {
    const missed = this.history.since(room, after, PAGE);
    const events = protocol.again?.(room, missed) ?? missed;
    let before = offsets ? this.history.shownBefore(room, after + 1) : 0;
    let [bytes, until] = [0, after];
    const frames: MissedFrame[] = [];
    for (const event of events) {
      if (bytes >= this.maxBytes) return { frames, until };
      const plain = protocol.envelope(event.kind, event.body, event);
      const number = numberOf(event);
      frames.push({ event, frame: offsets ? numbered(plain, room, number, before) : plain });
      bytes += Buffer.byteLength(plain);
      before = number;
      until = event.offset;
    }
    return { frames, until: Math.min(last, after + PAGE) };
  }
}
