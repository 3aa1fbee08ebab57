import type { Clock } from "../../core/ports/clock.ts";
import type { StoredEvent } from "../../core/ports/history.ts";
import type { Services } from "../../core/protocol/protocol.ts";
import type { Ctx } from "./client.ts";
import type { Entries } from "./entries.ts";
import { encode } from "./frames.ts";
import { inboxFrom } from "./inbox.ts";
import type { events } from "./schema.ts";

/**
 * Events, and about how many bytes, that are delivered at a time. Other connections are served in between.
 */
const PAGE = 25;
const PAGE_BYTES = 128 * 1_024;
/** The next page waits while more unsent bytes than this are queued. */
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
 * Delivers the pending events of a user's inbox, oldest first, and joins the connection to the inbox when
 * none is left. Events that are stored meanwhile come from the log too, in order.
 */
export function createCatchUp({
  clock,
  history,
  state,
}: Pick<Services<typeof events, Entries, unknown>, "history" | "state"> & { clock: Clock }) {
  return function enter(ctx: Ctx, inbox: string): void {
    // What is still unread from before was delivered to this client already.
    if (ctx.resumes(inbox)) {
      ctx.join(inbox);
      return;
    }
    /**
     * The events still to be delivered: these offsets, then everything from `next` on. It advances only with
     * a commit.
     */
    let rest: Rest = {
      waiting: inboxFrom(state(inbox)).waiting(),
      next: (history.last(inbox)?.offset ?? 0) + 1,
    };
    const own = new Set<string>();
    ctx.state.own = own;

    // The event may have been read on another connection since, or be past its retention.
    const stillWaiting = (offset: number) =>
      inboxFrom(state(inbox)).isWaiting(offset) ? history.at(inbox, offset) : undefined;

    function stored(offset: number): StoredEvent | undefined {
      const event = history.at(inbox, offset);
      // The sender of a message gets its response instead.
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
        frames.push(ctx.withOffset(encode(event.kind, event.body, event), event));
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
