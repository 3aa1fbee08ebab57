import { z } from "zod";
import type { Frames } from "../../core/protocol/frames.ts";
import { parseObject } from "../../core/protocol/json.ts";
import { Refusal } from "../../core/protocol/refusal.ts";
import type { Incoming } from "../../core/protocol/rule.ts";
import { safeParse } from "../../core/protocol/safe-parse.ts";
import { iso } from "../../core/protocol/time.ts";
import { envelope } from "./schema.ts";

const VERSION = "1.0.0";

/** Thrown for a client of another major version, before anything else is checked in its frame. */
export class UnsupportedVersion extends Refusal {
  constructor() {
    super("bad_envelope", `This server speaks version ${VERSION}`);
  }
}

/** A value that is not a version at all is left to the schemas. */
const isSupported = (version: unknown): boolean =>
  typeof version !== "string" || (/^(\d+)(?:\.|$)/.exec(version)?.[1] ?? "1") === "1";

/** Contract: Message Format. */
export function decode(frame: string): Incoming {
  const object = parseObject(frame);
  if (!isSupported(object["version"])) throw new UnsupportedVersion();
  const { success, data, error } = safeParse(envelope, object);
  if (!success) {
    const issues = error.issues.map(({ path, message }) => ({ path: path.join("."), message }));
    throw new Refusal("bad_envelope", "bad_envelope", { issues });
  }
  const { type, payload } = data;
  if (type === "connection:init" && !isSupported(payload["version"])) throw new UnsupportedVersion();
  return { kind: type, body: payload };
}

/** `time` is in milliseconds since the epoch. */
export const encode = (kind: string, payload: string, time: number): string =>
  `{"type":"${kind}","payload":${payload},"timestamp":"${iso(time)}","version":"${VERSION}"}`;

/** Contract: Message Format. */
export const frames: Frames<unknown> = {
  message: (kind, payload) => envelope.extend({ type: z.literal(kind), payload }),
  example: (type, payload, time) => ({ type, payload, timestamp: iso(time), version: VERSION }),
  event: (kind, payload) => envelope.extend({ type: z.literal(kind), payload }).required(),
  others: {},
};
