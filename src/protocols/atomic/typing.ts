import type { Cancel, Clock } from "../../core/ports/clock.ts";
import type { Context } from "../../core/protocol/context.ts";
import type { OpenRoster, Roster } from "../../core/protocol/roster.ts";
import type { State } from "./entrance.ts";
import type { events } from "./schema.ts";

/** A user who sends no further typing message is shown as typing for this long. */
const SILENCE_MS = 5_000;

type Ctx = Context<typeof events, Record<never, never>, State>;

/** Who is shown as typing, by user: a user types on one device at a time. */
export class Typing {
  readonly #shown = new Map<string, { readonly by: Ctx; readonly cancel: Cancel }>();
  /** By room and user, on all nodes: a node that is gone ends nothing any more. */
  readonly #onNodes: Roster<true>;

  constructor(
    private readonly clock: Clock,
    roster: OpenRoster<typeof events>,
  ) {
    this.#onNodes = roster("atomic typing", ({ group: room, key: userId, after, isLost }, tell) => {
      if (isLost && after.length === 0) tell(room, "typing", { userId, isTyping: false });
    });
  }

  show(ctx: Ctx, room: string, isTyping: boolean): void {
    const { userId } = ctx.identity;
    const key = `${room} ${userId}`;
    const shown = this.#shown.get(key);
    const isOwn = shown?.by.state === ctx.state;
    if (isTyping || isOwn) {
      shown?.cancel();
      this.#shown.delete(key);
    }
    if (shown && isTyping !== isOwn) this.#onNodes.delete(shown.by, room, userId);
    if (isTyping) {
      const cancel = this.clock.after(SILENCE_MS, () => this.show(ctx, room, false));
      this.#shown.set(key, { by: ctx, cancel });
      if (!isOwn) this.#onNodes.set(ctx, room, userId, true);
    } else if (this.#onNodes.values(room, userId).length > 0) return;
    ctx.relay(room, "typing", { userId, isTyping });
  }

  /** The connection leaves the room. */
  left(ctx: Ctx, room: string): void {
    if (this.#shown.has(`${room} ${ctx.identity.userId}`)) this.show(ctx, room, false);
  }
}
