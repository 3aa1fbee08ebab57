import type { Clock } from "../../core/clock.ts";
import type { StoredEvent } from "../../core/history.ts";
import type { Services } from "../../core/protocol.ts";
import type { Ctx } from "./client.ts";
import type { Entries } from "./entries.ts";
import { encode } from "./frames.ts";
import { inboxFrom } from "./inbox.ts";
import type { events } from "./schema.ts";

/** So many events, and about so many bytes, at a time: others are served in between. */
const PAGE = 25;
const PAGE_BYTES = 128 * 1_024;
/** The next page waits while more than this is still on its way. */
const ENOUGH_UNSENT = 128 * 1_024;
const WAIT_MS = 10;
const RETRY_MS = 1_000;

interface Rest {
  readonly waiting: readonly number[];
  readonly next: number;
}
interface Page {
  readonly frames: readonly string[];
  /** Undefined when nothing is left. */
  readonly rest: Rest | undefined;
}

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
    /** What is still to be delivered: these offsets, and then all from `next` on. It moves on with a commit only. */
    let rest: Rest = {
      waiting: inboxFrom(state(inbox)).waiting(),
      next: (history.last(inbox)?.offset ?? 0) + 1,
    };
    const own = new Set<string>();
    ctx.state.own = own;

    // Meanwhile it may have been read elsewhere, or be too old to be kept.
    const stillWaiting = (offset: number) =>
      inboxFrom(state(inbox)).isWaiting(offset) ? history.at(inbox, offset) : undefined;

    function stored(offset: number): StoredEvent | undefined {
      const event = history.at(inbox, offset);
      // The sender of a message gets its response.
      const isOwn =
        event?.sender === ctx.identity.userId && event.clientId !== null && own.has(event.clientId);
      return isOwn ? undefined : event;
    }

    function page(): Page {
      const frames: string[] = [];
      let bytes = 0;
      let [at, next] = [0, rest.next];
      const last = history.last(inbox)?.offset ?? 0;
      while (at < rest.waiting.length || next <= last) {
        if (frames.length === PAGE || bytes > PAGE_BYTES) {
          return { frames, rest: { waiting: rest.waiting.slice(at), next } };
        }
        const offset = rest.waiting[at];
        const event = offset === undefined ? stored(next++) : stillWaiting(offset);
        if (offset !== undefined) at++;
        if (!event) continue;
        frames.push(encode(event.kind, event.body, event));
        bytes += event.body.length;
      }
      return { frames, rest: undefined };
    }

    function deliver(): void {
      if (ctx.state.closed) return;
      if (ctx.unsent() > ENOUGH_UNSENT) {
        clock.after(WAIT_MS, deliver);
        return;
      }
      let found: Page | undefined;
      const greet = () => {
        found = undefined;
        found = page();
        return found.frames;
      };
      const unless = () => {
        if (!found) clock.after(RETRY_MS, deliver);
        else if (!found.rest) ctx.state.own = undefined;
        else {
          rest = found.rest;
          deliver();
        }
        return !found || found.rest !== undefined;
      };
      ctx.join(inbox, greet, { unless });
    }

    deliver();
  };
}
