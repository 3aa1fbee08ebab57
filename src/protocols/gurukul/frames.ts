import { isObject, parseObject } from "../../core/json.ts";
import type { Incoming } from "../../core/protocol.ts";
import { Refusal } from "../../core/refusal.ts";

/** Contract: Base Message Structure. `timestamp` is in milliseconds since the epoch. */
export function decode(frame: string): Incoming {
  const { type, data, timestamp, messageId } = parseObject(frame);
  // Contract: Message Validation. An empty type and the time 0 count as missing.
  if (typeof type !== "string" || !type || !isObject(data) || typeof timestamp !== "number" || !timestamp) {
    throw new Refusal("bad_envelope");
  }
  const body = messageId === undefined || data["messageId"] !== undefined ? data : { ...data, messageId };
  return { kind: type, body };
}

export const envelope = (kind: string, body: string, time: number): string =>
  `{"type":"${kind}","data":${body},"timestamp":${time}}`;

/** Frames that are encoded already, together in one (contract: Message Batching). */
export const batch = (frames: readonly string[], time: number): string =>
  envelope("batch", `{"messages":[${frames.join(",")}]}`, time);
