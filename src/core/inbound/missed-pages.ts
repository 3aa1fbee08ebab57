import type { Clock } from "../ports/clock.ts";
import type { History, StoredEvent } from "../ports/history.ts";
import { numbered } from "../protocol/numbered.ts";
import type { AnyProtocol } from "../protocol/protocol.ts";

/** Offsets that one page covers. Other connections are served between two pages. */
const PAGE = 64;
/** Missed events that are sent in one turn of the event loop, to all connections together. */
const FRAMES_A_TURN = 1_024;
/** How long a page is shared by those who ask for the same, and how many pages are. */
const SHARED_MS = 200;
const MAX_SHARED = 256;

export interface MissedPage {
  readonly frames: readonly { readonly event: StoredEvent; readonly frame: string }[];
  /** Everything up to this offset is in this page or before it. */
  readonly until: number;
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
  ) {
    clock.every(SHARED_MS, () => this.forget());
  }

  forget(): void {
    this.#shared.clear();
  }

  /** The next page after an offset; undefined when this turn has sent enough. `last` is the room's last offset. */
  take(protocol: AnyProtocol, room: string, after: number, last: number): MissedPage | undefined {
    if (this.#left <= 0) return undefined;
    if (this.#left === FRAMES_A_TURN) setImmediate(this.#refill);
    const key = `${room} ${after}`;
    const page = this.#shared.get(key) ?? this.#read(protocol, room, after, last);
    if (this.#shared.size < MAX_SHARED) this.#shared.set(key, page);
    this.#left -= page.frames.length + 1;
    return page;
  }

  readonly #refill = (): void => {
    this.#left = FRAMES_A_TURN;
  };

  #read(protocol: AnyProtocol, room: string, after: number, last: number): MissedPage {
    let before = this.history.shownBefore(room, after + 1);
    const frames = this.history.since(room, after, PAGE).map((event) => {
      const plain = protocol.envelope(event.kind, event.body, event);
      const frame = numbered(plain, room, event.offset, before);
      before = event.offset;
      return { event, frame };
    });
    return { frames, until: Math.min(last, after + PAGE) };
  }
}
