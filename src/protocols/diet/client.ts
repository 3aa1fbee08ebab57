import type { z } from "zod";
import type { Context, Recording } from "../../core/protocol/context.ts";
import type { Entries } from "./entries.ts";
import { type Enveloped, response } from "./frames.ts";
import type { createMessages, events } from "./schema.ts";
import { cleaned } from "./texts.ts";

/** The protocol's own state of a connection. */
export interface State {
  /** Decrypts a frame of an encrypted connection. Throws a `Refusal`. */
  unseal: ((frame: unknown) => string) | undefined;
}
export const open = (): State => ({ unseal: undefined });

export type Ctx = Context<typeof events, Entries, State>;
type Messages = ReturnType<typeof createMessages>;
/** A message of this type, with its envelope. */
export type Message<Type extends keyof Messages> = Enveloped<z.output<Messages[Type]>>;

/** Records the effect of a message in a second room: committed with the message and confirmed by it. */
export const ALSO = { quiet: true } as const;

/** Records a message. Its sender gets the stored data once it is committed; the others get the event. */
export function record<Kind extends keyof Entries>(
  ctx: Ctx,
  { id }: Enveloped<unknown>,
  room: string,
  kind: Kind,
  body: Entries[Kind],
  more: Pick<Recording, "applied" | "quiet"> = {},
): void {
  ctx.record(room, kind, body, { clientId: id, ...more });
}

/** Answers a message that is not stored. */
export function confirm(ctx: Ctx, { data }: Enveloped<unknown>): void {
  ctx.replyFrame(response(ctx.ref, JSON.stringify(cleaned(data)), ctx.now()));
}
