import type { History, StoredEvent } from "../../core/ports/history.ts";
import { SlidingWindow } from "./window.ts";

const MINUTE_MS = 60_000;
/** Small, so that a read goes little further back than the last minute. */
const PAGE = 100;

/** Counts the messages of the last minute in each context where somebody subscribes to the count. */
export class Activity {
  readonly #windows = new Map<string, SlidingWindow>();

  constructor(private readonly history: History) {}

  watch(room: string, now: number): void {
    if (this.#windows.has(room)) return;
    const pages: StoredEvent[][] = [];
    for (let before = Number.MAX_SAFE_INTEGER; ; ) {
      const page = this.history.page(room, { kind: "message", limit: PAGE, before });
      pages.push(page);
      const [oldest] = page;
      if (!oldest || page.length < PAGE || oldest.time <= now - MINUTE_MS) break;
      before = oldest.offset;
    }
    const window = new SlidingWindow(MINUTE_MS);
    for (const page of pages.toReversed()) for (const { time, offset } of page) window.add(time, offset);
    this.#windows.set(room, window);
  }

  drop(room: string): void {
    this.#windows.delete(room);
  }

  /** The room was removed with its messages; later ones are counted. */
  clear(room: string): void {
    if (this.#windows.has(room)) this.#windows.set(room, new SlidingWindow(MINUTE_MS));
  }

  add({ room, time, offset }: StoredEvent): void {
    this.#windows.get(room)?.add(time, offset);
  }

  count(room: string, now: number): number {
    return this.#windows.get(room)?.count(now) ?? 0;
  }

  /** The time at which the count will fall if no message follows. */
  changesAt(room: string): number | undefined {
    return this.#windows.get(room)?.changesAt();
  }
}
