import type { Cancel, Clock } from "../../core/ports/clock.ts";
import type { Context } from "../../core/protocol/context.ts";
import type { State } from "./entrance.ts";
import type { events } from "./schema.ts";

/** A user who sends no further typing message is shown as typing for this long. */
const SILENCE_MS = 5_000;

type Ctx = Context<typeof events, Record<never, never>, State>;

/** Who is shown as typing, by user: a user types on one device at a time. */
export class Typing {
  readonly #shown = new Map<string, { readonly on: State; readonly cancel: Cancel }>();

  constructor(private readonly clock: Clock) {}

  show(ctx: Ctx, room: string, isTyping: boolean): void {
    const { userId } = ctx.identity;
    const key = `${room} ${userId}`;
    const shown = this.#shown.get(key);
    if (!isTyping && shown && shown.on !== ctx.state) return;
    shown?.cancel();
    this.#shown.delete(key);
    if (isTyping) {
      const cancel = this.clock.after(SILENCE_MS, () => this.show(ctx, room, false));
      this.#shown.set(key, { on: ctx.state, cancel });
    }
    ctx.relay(room, "typing", { userId, isTyping });
  }

  /** The connection leaves the room. */
  left(ctx: Ctx, room: string): void {
    if (this.#shown.has(`${room} ${ctx.identity.userId}`)) this.show(ctx, room, false);
  }
}
