import type { Clock } from "../../core/clock.ts";
import type { StoredEvent } from "../../core/history.ts";
import type { Services } from "../../core/protocol.ts";
import type { Ctx } from "./client.ts";
import type { Entries } from "./entries.ts";
import { encode } from "./frames.ts";
import { inboxFrom } from "./inbox.ts";
import type { events } from "./schema.ts";

/** So many events, and about so many bytes, at a time: others are served in between. */
const PAGE = 100;
const PAGE_BYTES = 128 * 1_024;
/** The next page waits while more than this is still on its way. */
const ENOUGH_UNSENT = 128 * 1_024;
const WAIT_MS = 10;
const RETRY_MS = 1_000;

/**
 * Delivers what waits in a user's inbox, oldest first, and lets the connection into it when nothing is left: what
 * is stored meanwhile comes in its order too, from the log.
 */
export function createCatchUp({
  clock,
  history,
  state,
}: Pick<Services<typeof events, Entries, unknown>, "history" | "state"> & { clock: Clock }) {
  return function enter(ctx: Ctx, inbox: string): void {
    let next = (history.last(inbox)?.offset ?? 0) + 1;
    const waiting = inboxFrom(state(inbox)).waiting();
    const own = new Set<number>();
    ctx.state.own = own;

    function* missed(): Generator<StoredEvent> {
      for (const offset of waiting) {
        // Meanwhile it may have been read elsewhere, or be too old to be kept.
        const event = inboxFrom(state(inbox)).isWaiting(offset) ? history.at(inbox, offset) : undefined;
        if (event) yield event;
      }
      const last = history.last(inbox)?.offset ?? 0;
      for (let offset = next; offset <= last; offset++) {
        const event = own.has(offset) ? undefined : history.at(inbox, offset);
        if (event) yield event;
      }
    }

    /** Changes nothing: its turn may yet fail, and then it is asked for again. */
    function page() {
      const frames: string[] = [];
      let bytes = 0;
      let last: number | undefined;
      for (const event of missed()) {
        if (frames.length === PAGE || bytes > PAGE_BYTES) return { frames, isLast: false, last };
        frames.push(encode(event.kind, event.body, event));
        bytes += event.body.length;
        last = event.offset;
      }
      return { frames, isLast: true, last };
    }

    /** All up to this offset has been delivered. */
    function delivered(last: number): void {
      while (waiting[0] !== undefined && waiting[0] <= last) waiting.shift();
      next = Math.max(next, last + 1);
    }

    function deliver(): void {
      if (ctx.state.closed) return;
      if (ctx.unsent() > ENOUGH_UNSENT) {
        clock.after(WAIT_MS, deliver);
        return;
      }
      let found: ReturnType<typeof page> | undefined;
      const greet = () => {
        found = undefined;
        found = page();
        return found.frames;
      };
      const unless = () => {
        if (found?.last !== undefined) delivered(found.last);
        if (found?.isLast) ctx.state.own = undefined;
        else if (found) deliver();
        // It could not be read.
        else clock.after(RETRY_MS, deliver);
        return !found?.isLast;
      };
      ctx.join(inbox, greet, { unless });
    }

    deliver();
  };
}
