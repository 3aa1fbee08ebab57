import { z } from "zod";
import type { Frames, Stamp } from "../../core/protocol/frames.ts";
import { id } from "../../core/protocol/identifiers.ts";
import { isObject, parseObject } from "../../core/protocol/json.ts";
import { Refusal } from "../../core/protocol/refusal.ts";
import type { Incoming } from "../../core/protocol/rule.ts";
import { iso, time } from "../../core/protocol/time.ts";
import type { State } from "./entrance.ts";
import { events as sessionEvents } from "./session.ts";

/**
 * Contract: Message Format. The contract's own clients send only `type` and `data`, and a ping has only its
 * `type`.
 */
export function decode(frame: string): Incoming {
  const { type, id: ref, timestamp: _, data, ...flat } = parseObject(frame);
  if (typeof type !== "string" || type === "") throw new Refusal("bad_envelope");
  if (data !== undefined && data !== null && !isObject(data)) throw new Refusal("bad_envelope");
  // Contract: Initial Message Authentication.
  const body = type === "auth" ? flat : (data ?? {});
  if (ref === undefined || ref === null) return { kind: type, body };
  const { success, data: known } = id.safeParse(ref);
  if (!success) throw new Refusal("bad_envelope", "Invalid id");
  return { kind: type, body, ref: known };
}

/** The id that a backend gives its post stays between the backend and the server. */
export function encode(kind: string, body: string, { time, clientId, sender }: Stamp): string {
  const id = clientId && sender !== null ? `"id":${JSON.stringify(clientId)},` : "";
  return `{"type":"${kind}",${id}"timestamp":"${iso(time)}","data":${body}}`;
}

export const error = (text: string, time: number, id?: string): string =>
  JSON.stringify({ type: "error", id, error: text, timestamp: iso(time) });

const timestamp = time;
const frame = (kind: string) => z.object({ type: z.literal(kind), id: id.optional() });
/** Events of one endpoint alone; `error`, `connected` and `pong` belong to all of them. */
const isMetric = (name: string) => name === "metric_update";
const isSession = (name: string) => Object.hasOwn(sessionEvents, name);
const isCommon = (name: string) => ["connected", "pong", "error"].includes(name);

/** Contract: Message Format, Initial Message Authentication. */
export const frames: Frames<State> = {
  message: (kind, data) =>
    kind === "auth"
      ? frame(kind).and(data)
      : frame(kind).extend({
          timestamp: timestamp.optional(),
          data: kind === "ping" ? data.optional() : data,
        }),
  example: (type, data, time) =>
    type === "auth" ? Object.assign({ type }, data) : { type, id: "m-1", timestamp: iso(time), data },
  event: (kind, data) => frame(kind).extend({ timestamp, data }),
  others: {
    error: frame("error")
      .extend({ error: z.string(), timestamp })
      .meta({
        examples: [
          { type: "error", id: "m-1", error: "Access denied", timestamp: "2024-01-01T00:00:00.000Z" },
        ],
      }),
  },
  query: z.object({ contextId: id.optional() }),
  isHeard(name, { endpoint }) {
    if (isCommon(name)) return true;
    if (isMetric(name)) return endpoint === "analytics";
    return isSession(name) === (endpoint === "collaboration") && endpoint !== "analytics";
  },
};
