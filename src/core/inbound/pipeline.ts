import type { z } from "zod";
import { busy } from "../log/lanes.ts";
import type { Connection } from "../outbound/connection.ts";
import type { Clock } from "../ports/clock.ts";
import type { Identity } from "../ports/identity.ts";
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
  /**
   * Where this node has not applied all of the log, what it knows of members may be old: undefined, or resolves to
   * whether it has caught up.
   */
  catchUp(inDoubt: boolean): Promise<boolean> | undefined;
  /** The connection's next frames wait until then; nothing happens when it closes before. */
  hold(connection: Connection, until: Promise<boolean>, then: (isCaughtUp: boolean) => void): void;
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
  let rule: Rule<unknown> | undefined;
  let kind = NO_KIND;
  let message: unknown;
  try {
    checkSession(parts.clock, connection);
    const decoded = decode(parts, connection, frame);
    ctx.ref = decoded.ref;
    const { protocol } = connection;
    kind = decoded.kind;
    // A client may send a kind such as `constructor`.
    const named = Object.hasOwn(protocol.rules, kind) ? protocol.rules[kind] : undefined;
    rule = named?.at?.(connection.state) === false ? undefined : named;
    charge(parts, connection, rule ? kind : NO_KIND, rule ? costOf(rule, connection) : 1);
    if (!rule) throw new Refusal("unknown_kind");
    message = validate(protocol.messages[kind], decoded.body);
    authorize(parts, connection, rule, message, false);
    protocol.handlers[kind]?.(ctx, message);
  } catch (error) {
    const isHeld = rule !== undefined && isForbidden(error) && holdBack(parts, ctx, kind, rule, message);
    if (!isHeld) answer(parts, ctx, error);
  }
}

function answer(parts: PipelineParts, ctx: ConnectionContext, error: unknown): void {
  const { connection } = ctx;
  if (!(error instanceof Refusal)) parts.report(error, { where: "handler", connection: connection.id });
  const refusal = error instanceof Refusal ? error : new Refusal("internal");
  // Before it has authenticated, nothing that a connection says wrong is worth another answer.
  const isStranger = !connection.identity && !connection.protocol.guests;
  ctx.refuse(isStranger ? new Refusal("unauthenticated", refusal.message) : refusal);
}

const isForbidden = (error: unknown): error is Refusal =>
  error instanceof Refusal && error.reason === "forbidden";

/**
 * The user may have become a member, or be none any more, in what this node has not applied yet: the message is judged
 * again when it has. False: it has applied everything, so the refusal stands. A node that does not catch up is busy.
 */
function holdBack(
  parts: PipelineParts,
  ctx: ConnectionContext,
  kind: string,
  rule: Rule<unknown>,
  message: unknown,
): boolean {
  const { connection, ref } = ctx;
  const caughtUp = connection.identity && parts.catchUp(true);
  if (!caughtUp) return false;
  parts.hold(connection, caughtUp, (isCaughtUp) => {
    ctx.begin();
    ctx.ref = ref;
    try {
      if (!isCaughtUp) throw busy();
      authorize(parts, connection, rule, message, true);
      connection.protocol.handlers[kind]?.(ctx, message);
    } catch (error) {
      answer(parts, ctx, error);
    } finally {
      ctx.end();
    }
  });
  return true;
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
  const reason = tooLong ? "too_long" : "invalid";
  throw new Refusal(reason, reason, { issues });
}

/** `isCaughtUp`: this node has applied everything that was confirmed before the message came. */
function authorize(
  parts: PipelineParts,
  connection: Connection,
  rule: Rule<unknown>,
  message: unknown,
  isCaughtUp: boolean,
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
  const isOutside = room !== undefined && !connection.rooms.has(room);
  if (isOutside && !maySend(parts, identity, rule, room, isCaughtUp)) throw new Refusal("forbidden");
  const retryAfter = room !== undefined && rule.broadcasts ? parts.roomLimiter.take(room) : 0;
  if (retryAfter > 0) throw new Refusal("room_rate_limited", "room_rate_limited", { retryAfter });
}

/** For a connection that is not in the room. While this node is behind, access to the room may have ended meanwhile. */
function maySend(
  { access, catchUp }: PipelineParts,
  identity: Identity,
  { leaves }: Rule<unknown>,
  room: string,
  isCaughtUp: boolean,
): boolean {
  const hasAccess = access.may(identity, room);
  if (leaves) return hasAccess || isCaughtUp || !catchUp(true);
  return hasAccess && (isCaughtUp || !catchUp(false));
}
