import type { z } from "zod";
import type { Connection } from "../outbound/connection.ts";
import type { Clock } from "../ports/clock.ts";
import { Refusal } from "../protocol/refusal.ts";
import type { Incoming, Rule } from "../protocol/rule.ts";
import { safeParse } from "../protocol/safe-parse.ts";
import type { Access } from "./access.ts";
import type { ConnectionContext } from "./context.ts";
import type { Limiter } from "./limits.ts";

export interface PipelineParts {
  readonly clock: Clock;
  readonly limiter: Limiter;
  /** The rate of a room, if a contract limits it. */
  readonly roomLimiter: Limiter;
  readonly access: Access;
  /** The longest frame that is looked at, in bytes. */
  readonly maxMessageBytes: number;
  report(error: unknown, context: Record<string, unknown>): void;
}

/** A frame that is too broken to have a kind is charged as this kind. */
const NO_KIND = "";

/**
 * The way of every message: decode, limit, validate, authorize, handle. The effects that the handler asks for wait
 * for the turn. Every step may throw a `Refusal`, which is answered here in the contract's words.
 */
export function receive(parts: PipelineParts, ctx: ConnectionContext, frame: string | Uint8Array): void {
  ctx.begin();
  try {
    handle(parts, ctx, frame);
  } finally {
    ctx.end();
  }
}

function handle(parts: PipelineParts, ctx: ConnectionContext, frame: string | Uint8Array): void {
  const { connection } = ctx;
  try {
    checkSession(parts.clock, connection);
    const { kind, body, ref } = decode(parts, connection, frame);
    ctx.ref = ref;
    const { protocol } = connection;
    // A client may send a kind such as `constructor`.
    const named = Object.hasOwn(protocol.rules, kind) ? protocol.rules[kind] : undefined;
    const rule = named?.at?.(connection.state) === false ? undefined : named;
    charge(parts, connection, rule ? kind : NO_KIND, rule ? costOf(rule, connection) : 1);
    if (!rule) throw new Refusal("unknown_kind");
    const message = validate(protocol.messages[kind], body);
    authorize(parts, connection, rule, message);
    protocol.handlers[kind]?.(ctx, message);
  } catch (error) {
    if (!(error instanceof Refusal)) parts.report(error, { where: "handler", connection: connection.id });
    const refusal = error instanceof Refusal ? error : new Refusal("internal");
    // Before it has authenticated, nothing that a connection says wrong is worth another answer.
    const isStranger = !connection.identity && !connection.protocol.guests;
    ctx.refuse(isStranger ? new Refusal("unauthenticated", refusal.message) : refusal);
  }
}

function checkSession(clock: Clock, connection: Connection): void {
  if (connection.identity && clock.now() >= connection.identity.expiresAt)
    throw new Refusal("session_expired");
}

/** Counts the bytes of a string only if there may be too many. */
export function isTooLong(frame: string | Uint8Array, maxBytes: number): boolean {
  if (typeof frame !== "string") return frame.length > maxBytes;
  return frame.length * 3 > maxBytes && Buffer.byteLength(frame) > maxBytes;
}

/** A flood of broken frames is a flood. */
function decode(parts: PipelineParts, connection: Connection, frame: string | Uint8Array): Incoming {
  const { maxMessageBytes } = parts;
  try {
    if (isTooLong(frame, maxMessageBytes)) {
      const issues = [{ path: "frame", message: `is too long (at most ${maxMessageBytes} bytes)` }];
      throw new Refusal("too_long", "too_long", { issues });
    }
    if (typeof frame !== "string") throw new Refusal("bad_envelope");
    return connection.protocol.decode(frame, connection.state);
  } catch (error) {
    charge(parts, connection, NO_KIND, 1);
    throw error;
  }
}

const costOf = ({ cost }: Rule<unknown>, { state }: Connection): number =>
  typeof cost === "number" ? cost : cost(state);

function charge(parts: PipelineParts, connection: Connection, kind: string, cost: number): void {
  if (parts.limiter.isOff) return;
  const { protocol, identity } = connection;
  const key =
    protocol.limitBy === "connection" || !identity
      ? connection.id
      : `${protocol.name} ${kind} ${identity.userId}`;
  const retryAfter = parts.limiter.take(key, cost);
  if (retryAfter > 0) throw new Refusal("rate_limited", "rate_limited", { retryAfter });
}

function validate(schema: z.ZodType, body: unknown): unknown {
  const parsed = safeParse(schema, body);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.map(({ path, message }) => ({ path: path.join("."), message }));
  const tooLong = parsed.error.issues.some((issue) => issue.code === "custom" && issue.params?.["tooLong"]);
  throw new Refusal(tooLong ? "too_long" : "invalid", "invalid", { issues });
}

function authorize(
  { access, roomLimiter }: PipelineParts,
  connection: Connection,
  rule: Rule<unknown>,
  message: unknown,
): void {
  const { identity } = connection;
  if (!identity) {
    if (rule.allow === "guest") return;
    throw new Refusal("unauthenticated");
  }
  const sender = rule.sender?.(message);
  if (sender !== undefined && sender !== identity.userId)
    throw new Refusal("forbidden", "not the sender's own id");
  const room = rule.room?.(message, connection.state);
  if (room !== undefined && !connection.rooms.has(room) && !access.may(identity, room)) {
    throw new Refusal("forbidden");
  }
  const retryAfter = room !== undefined && rule.broadcasts ? roomLimiter.take(room) : 0;
  if (retryAfter > 0) throw new Refusal("room_rate_limited", "room_rate_limited", { retryAfter });
}
