import { z } from "zod";
import type { Stamp } from "../../core/protocol/frames.ts";
import { parseObject } from "../../core/protocol/json.ts";
import type { Incoming } from "../../core/protocol/rule.ts";
import { safeParse } from "../../core/protocol/safe-parse.ts";
import { iso } from "../../core/protocol/time.ts";
import { type ErrorCode, type ErrorEvent, envelope } from "./schema.ts";

const around = envelope.omit({ type: true, data: true });

/** A message with this data, in its envelope. */
export const enveloped = <Data extends z.ZodType>(data: Data) => {
  const found: unknown = data.meta()?.["examples"];
  const head = { id: "frame-1", timestamp: "2026-03-02T08:30:00.000Z" };
  const examples = Array.isArray(found) ? found.map((data) => ({ ...head, data })) : [];
  return around.extend({ data }).meta({ examples });
};
export type Enveloped<Data> = z.output<typeof around> & { readonly data: Data };

/** The fields of a message that its answer repeats. */
const head = around
  .pick({ id: true })
  .extend({ type: z.string(), metadata: around.shape.metadata.catch(undefined) });
type Head = z.output<typeof head>;

/** `open` decrypts the frame first. The message's `ref` is the head of its answer. */
export function decode(frame: string, open?: (frame: unknown) => string): Incoming {
  const message = parseObject(open ? open(parsed(frame)) : frame);
  const type = typeof message["type"] === "string" ? message["type"] : "";
  if (type === "auth") return { kind: type, body: message };
  const answerable = safeParse(head, { ...message, type });
  return {
    kind: type,
    body: message,
    ...(answerable.success && { ref: JSON.stringify(answerable.data) }),
  };
}

/**
 * Undefined for a text that is not a JSON object: `open` has one error for every frame that cannot be opened.
 */
function parsed(frame: string): unknown {
  try {
    return parseObject(frame);
  } catch {
    return undefined;
  }
}

/**
 * The id of a stored event is its room and offset, and that of an event that an entry only publishes is the entry's:
 * so one happening has one id on every node. An event that is in no log gets an id without meaning.
 */
export function encode(type: string, data: string, { time, room, offset, id }: Stamp): string {
  const stored = room !== undefined && offset !== undefined ? `${room}/${offset}` : undefined;
  const known = stored ?? id ?? crypto.randomUUID();
  return `{"id":${JSON.stringify(known)},"type":${JSON.stringify(type)},"timestamp":"${iso(time)}","data":${data}}`;
}

/** Contract: Base Message Structure, WebSocketResponse. `data` is JSON text. */
export function response(ref: string | undefined, data: string, time: number): string {
  const { id, type, metadata } = headOf(ref);
  const more = metadata === undefined ? "" : `,"metadata":${JSON.stringify(metadata)}`;
  return `{"id":${JSON.stringify(id)},"type":${JSON.stringify(type)},"timestamp":"${iso(time)}","success":true,"data":${data}${more}}`;
}

/** The answer to a refused message: a response, or an `error` event if the message has no id. */
export interface Failure {
  /** In an `error` event this becomes the general code, one of the contract's six. */
  readonly code: ErrorCode | "FORBIDDEN";
  readonly message: string;
  readonly details?: unknown;
}

export function failure({ code, message, details }: Failure, ref: string | undefined, time: number): string {
  const timestamp = iso(time);
  if (ref === undefined) {
    const general = code === "FORBIDDEN" ? "AUTHENTICATION_FAILED" : code;
    const data: ErrorEvent = { code: general, message, details, timestamp };
    return encode("error", JSON.stringify(data), { time });
  }
  const { id, type, metadata } = headOf(ref);
  return JSON.stringify({ id, type, timestamp, success: false, error: { code, message, details }, metadata });
}

/** Rate limit exceeded: an event, and the response to the message if it has an id. */
export function rateLimited(data: unknown, message: string, ref: string | undefined, time: number): string {
  const type = "rate_limit_exceeded";
  if (ref === undefined) return encode(type, JSON.stringify(data), { time });
  const { id, metadata } = headOf(ref);
  const error = { code: "RATE_LIMIT_EXCEEDED", message };
  return JSON.stringify({ id, type, timestamp: iso(time), success: false, data, error, metadata });
}

/** Contract: Authentication, AuthResponse. */
export const welcomed = (userId: string): string =>
  JSON.stringify({ type: "auth_response", success: true, userId });
export const turnedAway = (code: ErrorCode, message: string): string =>
  JSON.stringify({ type: "auth_response", success: false, error: { code, message } });

/** The type of the message that an answer is for. */
export const typeOf = (ref: string | undefined): string => (ref === undefined ? "" : headOf(ref).type);

function headOf(ref: string | undefined): Head {
  if (ref === undefined) throw new Error("cannot answer a message without an id");
  return JSON.parse(ref);
}
