import { parseObject } from "../../core/json.ts";
import type { Incoming } from "../../core/protocol.ts";
import { Refusal } from "../../core/refusal.ts";

/** Contract: Message Envelope. `ts` is in milliseconds since the epoch. */
export function decode(frame: string): Incoming {
  const { v, type, ts, ...body } = parseObject(frame);
  if (v !== 1) throw new Refusal("bad_envelope", "Unsupported protocol version");
  if (typeof type !== "string" || typeof ts !== "number") throw new Refusal("bad_envelope");
  return { kind: type, body };
}

export const event = (kind: string, payload: string, ts: number): string =>
  `{"v":1,"type":"event","event":${JSON.stringify(kind)},"payload":${payload},"ts":${ts}}`;

/** `guildId` is left out for a token that names no guild. */
export const ack = (guildId: string | undefined, ts: number): string =>
  JSON.stringify({ v: 1, type: "ack", event: "auth.ok", guildId, ts });

export const error = (text: string, ts: number): string =>
  JSON.stringify({ v: 1, type: "error", error: text, ts });
