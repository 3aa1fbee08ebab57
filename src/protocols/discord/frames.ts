import { z } from "zod";
import type { Frames } from "../../core/protocol/frames.ts";
import { id } from "../../core/protocol/identifiers.ts";
import { parseObject } from "../../core/protocol/json.ts";
import { Refusal } from "../../core/protocol/refusal.ts";
import type { Incoming } from "../../core/protocol/rule.ts";

/** Contract: Message Envelope. `ts` is in milliseconds since the epoch. */
export function decode(frame: string): Incoming {
  const { v, type, ts, ...body } = parseObject(frame);
  if (v !== 1) throw new Refusal("bad_envelope", "Unsupported protocol version");
  if (typeof type !== "string" || typeof ts !== "number") throw new Refusal("bad_envelope");
  return { kind: type, body };
}

export const event = (kind: string, payload: string, ts: number): string =>
  `{"v":1,"type":"event","event":${JSON.stringify(kind)},"payload":${payload},"ts":${ts}}`;

/** `guildId` is absent for a token that names no guild. */
export const ack = (guildId: string | undefined, ts: number): string =>
  JSON.stringify({ v: 1, type: "ack", event: "auth.ok", guildId, ts });

export const error = (text: string, ts: number): string =>
  JSON.stringify({ v: 1, type: "error", error: text, ts });

/** `ts`: milliseconds since the epoch. */
const frame = <Type extends string>(type: Type) =>
  z.object({ v: z.literal(1), type: z.literal(type), ts: z.number() });

/** Contract: Message Envelope, Authentication Acknowledgment, Error Messages. */
export const frames: Frames<unknown> = {
  message: (kind, body) => frame(kind).and(body),
  example: (type, body, ts) => Object.assign({ v: 1, type, ts }, body),
  event: (kind, payload) => frame("event").extend({ event: z.literal(kind), payload }),
  others: {
    ack: frame("ack")
      .extend({ event: z.literal("auth.ok"), guildId: id.optional() })
      .meta({
        examples: [
          { v: 1, type: "ack", event: "auth.ok", guildId: "123456789012345678", ts: 1_704_240_000_000 },
        ],
      }),
    error: frame("error")
      .extend({ error: z.string() })
      .meta({ examples: [{ v: 1, type: "error", error: "Authentication failed", ts: 1_704_240_000_000 }] }),
  },
};
