import { isObject, parseObject } from "../../core/json.ts";
import { id } from "../../core/names.ts";
import type { Incoming, Stamp } from "../../core/protocol.ts";
import { Refusal } from "../../core/refusal.ts";

/** Contract: Message Format. Of it the contract's own clients send `type` and `data`, and a ping its `type` alone. */
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

export const iso = (time: number): string => new Date(time).toISOString();

/** A backend's id for what it posts is between it and the server. */
export function encode(kind: string, body: string, { time, clientId, sender }: Stamp): string {
  const id = clientId && sender !== null ? `"id":${JSON.stringify(clientId)},` : "";
  return `{"type":"${kind}",${id}"timestamp":"${iso(time)}","data":${body}}`;
}

export const error = (text: string, time: number, id?: string): string =>
  JSON.stringify({ type: "error", id, error: text, timestamp: iso(time) });
